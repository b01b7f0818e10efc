package format

import "testing"

func TestIsText(t *testing.T) {
	cases := map[string]struct {
		header       string
		text, binary []string
		want         bool
	}{
		"text":                          {header: "text/html", want: true},
		"text with parameters":          {header: "text/plain; charset=utf-8", want: true},
		"capitals":                      {header: "TEXT/HTML", want: true},
		"json":                          {header: "application/json", want: true},
		"json with parameters":          {header: " Application/JSON ;charset=utf-8", want: true},
		"xml":                           {header: "application/xml", want: true},
		"javascript":                    {header: "application/javascript", want: true},
		"json suffix":                   {header: "application/problem+json"},
		"form":                          {header: "application/x-www-form-urlencoded"},
		"image":                         {header: "image/png"},
		"none":                          {header: ""},
		"no type":                       {header: "json"},
		"begins like one":               {header: "application/jsonp"},
		"added":                         {header: "image/svg+xml", text: []string{"image/svg+xml"}, want: true},
		"added by its kind":             {header: "image/svg+xml", text: []string{"image/*"}, want: true},
		"added by its suffix":           {header: "image/svg+XML", text: []string{"*/*+xml"}, want: true},
		"another suffix":                {header: "image/svg+xmlx", text: []string{"*/*+xml"}},
		"added by kind and suffix":      {header: "image/svg+xml", text: []string{"image/*+xml"}, want: true},
		"another kind":                  {header: "audio/svg+xml", text: []string{"image/*+xml"}},
		"all":                           {header: "image/png", text: []string{"*/*"}, want: true},
		"all, none given":               {header: "", text: []string{"*/*"}, want: true},
		"capitals in the pattern":       {header: "image/svg", text: []string{"IMAGE/SVG"}, want: true},
		"taken away":                    {header: "text/csv", binary: []string{"text/csv"}},
		"taken away whatever was added": {header: "text/csv", text: []string{"*/*"}, binary: []string{"text/*"}},
		"others stay":                   {header: "text/html", binary: []string{"text/csv"}, want: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var types contentTypes
			var err error
			if types.text, err = parseContentTypes(c.text); err != nil {
				t.Fatal(err)
			}
			if types.binary, err = parseContentTypes(c.binary); err != nil {
				t.Fatal(err)
			}
			if got := types.isText(c.header, isGatewayType); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestContentTypesThatAreNone(t *testing.T) {
	for _, pattern := range []string{"", "json", "text", "*", "*/json", "te*/html", "text/ht*", "text/html;charset=utf-8", "a/b/c", "a /b"} {
		if got, err := parseContentTypes([]string{pattern}); err == nil {
			t.Errorf("%q: got %+v, want an error", pattern, got)
		}
	}
}
