package openapi

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// Which description counts for a media type that a client sends.
func TestMediaTypes(t *testing.T) {
	const wants = `{ schema: { type: object, required: [ %s ] } }`
	content := func(names ...string) string {
		var all []string
		for i, name := range names {
			all = append(all, `"`+strings.ReplaceAll(name, `"`, `\"`)+`": `+strings.Replace(wants, "%s", string(rune('a'+i)), 1))
		}
		return `{ content: { ` + strings.Join(all, ", ") + ` } }`
	}
	cases := []struct {
		name, content, sent string
		want                string // the member that the description asks for, "" if none describes it
	}{
		{"the same", content("application/json"), "application/json", "a"},
		{"with a charset", content("application/json"), "application/json; charset=utf-8", "a"},
		{"a charset in another case, without the space", content("application/json; charset=utf-8"), "application/json;charset=UTF-8", "a"},
		{"in quotes", content("application/json; charset=utf-8"), `application/json; charset="utf-8"`, "a"},
		{"the case of the type", content("application/JSON"), "Application/Json", "a"},
		{"without the charset that is described", content("application/json; charset=utf-8"), "application/json", "a"},
		{"another charset than is described", content("application/json; charset=utf-8"), "application/json; charset=latin1", ""},
		{"parameters in another order", content("application/vnd.a+json; profile=x; version=1", "application/vnd.a+json"), `application/vnd.a+json;Version=1 ; profile="x"`, "a"},
		{"the case of a parameter's value counts", content("application/vnd.a+json; profile=x", "application/vnd.a+json"), "application/vnd.a+json; profile=X", "b"},
		{"one of two that differ by a parameter", content("application/json; version=1", "application/json; version=2"), "application/json; version=2", "b"},
		{"the one without", content("application/json; version=1", "application/json"), "application/json", "b"},
		{"a range of subtypes", content("*/*", "application/*"), "application/json", "b"},
		{"any", content("*/*", "text/*"), "application/json", "a"},
		{"a list of types", content("text/json, application/json"), "application/json", "a"},
		{"a parameter that cannot be read", content("application/json"), "application/json; charset", "a"},
		{"another type", content("application/json"), "application/problem+json", ""},
		{"no type", content("*/*"), "json", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := validated(t, "3.0.3", c.content, "", c.sent, `{}`)
			want := "The content-type must be one of "
			if c.want != "" {
				want = "The body at /" + c.want + " is missing"
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

// What the call accepts has each media type once, and a form is composed whatever the case of its media type.
func TestMediaTypesOfCalls(t *testing.T) {
	document := strings.Replace(callWith(`requestBody: { content: { "Application/X-WWW-Form-Urlencoded; charset=UTF-8": { schema: { type: object, properties: { a: { type: array, items: {} } } } } } }`),
		`description: ok }`, `description: ok, content: { "application/json; charset=utf-8": {}, "text/html": {} } }, "201": { description: ok, content: { "application/json;charset=UTF-8": {} } }`, 1)
	function, set, err := bound(t, compiledText(t, document), "call", map[string]string{"query.a": "{a*}"}, Options{Validate: true})
	if err != nil {
		t.Fatal(err)
	}
	call, err := send(function, set, client{method: "POST", path: "/?a=1&a=2"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := call.Headers.(*plugintest.Headers).Get("accept"), "application/json; charset=utf-8, text/html"; got != want {
		t.Errorf("accept: got %q, want %q", got, want)
	}
	if got, want := string(call.Body()), "a=1&a=2"; got != want {
		t.Errorf("body: got %q, want %q", got, want)
	}
}

func FuzzMediaType(f *testing.F) {
	for _, seed := range []string{"application/json", `text/plain; charset="utf-8"; a=b`, "*/*", "a/b;c", ";", "a/b; c*=utf-8''x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, ok := parseMediaType(s)
		if !ok {
			return
		}
		if !m.same(m) || m.covers(m) == 0 {
			t.Errorf("%q is not the same as itself", s)
		}
		again, ok := parseMediaType(strings.ToUpper(m.kind) + "/" + m.subtype)
		if !ok || again.kind != m.kind || again.subtype != m.subtype {
			t.Errorf("%q: got %v, want %v", s, again, m)
		}
	})
}

// Whatever a client sends as a form, reading it ends without a panic, and a form of nothing but texts that are described is read.
func FuzzForms(f *testing.F) {
	for _, seed := range []string{"a=1&b[c]=2&b[d][]=x&b[d][0]=y", "b[d][1]=&b[d][0]=%41", "a", "b={}&b[c]=1", "b[=]&[a]=b&a[]]=1", "b[c][c][c]=1"} {
		f.Add(seed, true)
		f.Add("--b\r\nContent-Disposition: form-data; name=\"b[c]\"\r\n\r\n"+seed+"\r\n--b--", false)
	}
	schema := `{ schema: { $ref: "#/components/schemas/A" } }`
	components := `
components: { schemas: { A: { type: object, properties: { a: { type: string }, b: { anyOf: [ { $ref: "#/components/schemas/A" }, { type: object,
  properties: { c: { type: integer }, d: { type: array, items: { $ref: "#/components/schemas/A" } } } } ] } } } } }
`
	document := callWith(`requestBody: { content: { application/x-www-form-urlencoded: ` + schema + `, multipart/form-data: ` + schema + ` } }`)
	function, set, err := bound(f, compiledText(f, document+components), "call", nil, Options{Validate: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, inOne bool) {
		contentType := formType
		if !inOne {
			contentType = "multipart/form-data; boundary=b"
		}
		_, err := send(function, set, client{method: "POST", path: "/", body: body, headers: [][2]string{{"content-type", contentType}}})
		if err != nil && !strings.Contains(err.Error(), "bad_body: The body ") {
			t.Errorf("got %v, want an error of the body", err)
		}
	})
}
