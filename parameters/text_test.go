package parameters

import (
	"errors"
	"testing"
)

func TestText(t *testing.T) {
	s := mustCompile(t, map[string]string{
		"path": "/{tenant}/{id?}", "query.tag": "{tags*?}", "body.order": "{order?}", "query.n": "{n=7}",
	})
	v := mustExtract(t, s, &testRequest{path: "/a%20c/42?tag=x&tag=y", body: []byte(`{"order": {"a" : "b"}}`)})
	without := mustExtract(t, s, &testRequest{path: "/acme"})

	tests := []struct {
		name, text  string
		values      Values
		want, error string
		constant    bool
	}{
		{name: "nothing", text: "", constant: true},
		{name: "a constant", text: "resize", want: "resize", constant: true},
		{name: "literal braces", text: "{{x}", error: "compile"},
		{name: "literal braces in pairs", text: `{{"a": 1}}`, want: `{"a": 1}`, constant: true},
		{name: "one parameter", text: "{tenant}", values: v, want: "a c"},
		{name: "text around", text: "x-{tenant}-{id}.y", values: v, want: "x-a c-42.y"},
		{name: "placeholders may touch", text: "{tenant}{id}", values: v, want: "a c42"},
		{name: "a parameter in braces", text: "{{{id}}}", values: v, want: "{42}"},
		{name: "a list", text: "{tags}", values: v, want: "x,y"},
		{name: "JSON", text: "{order}", values: v, want: `{"a":"b"}`},
		{name: "a default", text: "{n}", values: without, want: "7"},
		{name: "absent", text: "{id}", values: without, error: `parameter "id" (path) is missing`},
		{name: "absent among others", text: "{tenant}-{order}", values: without, error: `parameter "order" (body.order) is missing`},
		{name: "no values", text: "{tenant}", error: `parameter "tenant" (path) is missing`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text, err := CompileText(test.text, s)
			if err != nil {
				if test.error != "compile" {
					t.Fatal(err)
				}
				return
			}
			got, err := text.Expand(test.values)
			if errorText(err) != test.error && (err != nil || test.error != "") {
				t.Errorf("got error %v, want %s", err, test.error)
			}
			var e *Error
			if err != nil && !errors.As(err, &e) {
				t.Errorf("%T is no *Error", err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			constant, isConstant := text.Constant()
			if isConstant != test.constant || isConstant && constant != test.want {
				t.Errorf("constant: got %q, %t", constant, isConstant)
			}
		})
	}
}

func TestTextWithGaps(t *testing.T) {
	s := mustCompile(t, map[string]string{"path": "/{event}/{action?}", "query.n": "{n?}"})
	all := mustExtract(t, s, &testRequest{path: "/issues/opened?n=7"})
	without := mustExtract(t, s, &testRequest{path: "/push"})
	for _, c := range []struct{ text, all, without, error string }{
		{text: "{event}{.action?}", all: "issues.opened", without: "push"},
		{text: "{event}.{action?}", all: "issues.opened", without: "push."},
		{text: "{event}{.action?}{/n?}", all: "issues.opened/7", without: "push"},
		{text: "{event}{ - action?}", all: "issues - opened", without: "push"},
		{text: "{action?}", all: "opened"},
		{text: "{event}{.action}", error: "{.action}: what is left out where a parameter is absent is written {.action?}"},
		{text: "{.action=x}", error: "{.action}: what is left out where a parameter is absent is written {.action?}"},
		{text: "{event}{.typo?}", error: "there is no parameter {typo}; funcroute.parameters defines {action}, {event}, {n}"},
		{text: "{.}", error: illegalName(".").Error()},
		{text: "{.7?}", error: illegalName("7?").Error()},
		{text: "com.{{event}}", error: "{{event}}: write {event} for the value of a parameter; doubled braces stand for a literal brace"},
		{text: "{event*?}", error: "write {event}; whether event is optional, has a default or takes several values is said in funcroute.parameters"},
	} {
		t.Run(c.text, func(t *testing.T) {
			text, err := CompileTextWithGaps(c.text, s)
			if err != nil || c.error != "" {
				if got := errorText(err); got != c.error {
					t.Errorf("\n got %s\nwant %s", got, c.error)
				}
				return
			}
			for _, x := range []struct {
				values Values
				want   string
			}{{all, c.all}, {without, c.without}} {
				if got, err := text.Expand(x.values); got != x.want || err != nil {
					t.Errorf("got %q, %v, want %q", got, err, x.want)
				}
			}
		})
	}
	if _, err := CompileText("{event}{.action?}", s); err == nil {
		t.Error("a text without gaps takes one")
	}
}

// Names of functions can hold braces: operations of OpenAPI documents are called by method and path.
func TestTextWithNamesInBraces(t *testing.T) {
	s := mustCompile(t, map[string]string{"path": "/{tenant}/{id}"})
	values := mustExtract(t, s, &testRequest{path: "/acme/7"})
	for text, want := range map[string]string{
		"GET /pets/{{id}}":                     "GET /pets/{id}",
		"GET /{{tenant}}/pets/{{id}}/{{name}}": "GET /{tenant}/pets/{id}/{name}",
		"{{tenant}}/{{id}}":                    "{tenant}/{id}",
		"{tenant} {{id}}":                      "acme {id}",
	} {
		t.Run(text, func(t *testing.T) {
			compiled, err := CompileText(text, s)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := compiled.Expand(values); got != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

func TestTextRefused(t *testing.T) {
	s := mustCompile(t, map[string]string{"path": "/{tenant}/{id?}"})
	tests := []struct {
		name, text string
		set        *Set
		want       string
	}{
		{"an unknown name", "{ids}", s, "there is no parameter {ids}; funcroute.parameters defines {id}, {tenant}"},
		{"no parameters", "{id}", nil, "there is no parameter {id}; funcroute.parameters defines none"},
		{
			"optional", "{id?}", s,
			"write {id}; whether id is optional, has a default or takes several values is said in funcroute.parameters",
		},
		{
			"several segments", "{+id}", s,
			"write {id}; whether id is optional, has a default or takes several values is said in funcroute.parameters",
		},
		{"a brace", "{id", s, `the brace that begins "{id" is not closed; a literal brace is written {{`},
		{"doubled braces", "{{id}}", s, "{{id}}: write {id} for the value of a parameter; doubled braces stand for a literal brace"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := CompileText(test.text, test.set)
			if got := errorText(err); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}
