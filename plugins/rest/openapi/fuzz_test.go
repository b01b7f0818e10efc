package openapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

const fuzzed = head + `
paths:
  /a/{p}/b/{q}:
    post:
      operationId: call
      parameters:
      - { name: p, in: path, required: true, schema: { type: string } }
      - { name: q, in: path, required: true, style: matrix, explode: true, schema: { type: array, items: { type: string } } }
      - { name: "l[]&=", in: query, schema: { type: array, items: { type: string } } }
      - { name: one, in: query, schema: { type: string } }
      - { name: open, in: query, allowReserved: true, schema: { type: string } }
      - { name: deep, in: query, style: deepObject, schema: { type: object, additionalProperties: { type: string } } }
      - { name: json, in: query, content: { application/json: { schema: {} } } }
      - { name: X-H, in: header, schema: { type: string } }
      - { name: c, in: cookie, schema: { type: string } }
      responses: {}
`

// However hostile the values, they arrive as values: net/url and net/http read out of the call what was put into it, and
// nothing else is there.
func FuzzCall(f *testing.F) {
	for _, seed := range []string{
		"a", "..", ".", "a/b", "a%2Fb", "%2e%2e", "a?b#c", "a&one=b", "a=b;c=d", "é", "😀", "a b+c", `"\`, "\r\nX-Evil: 1", "\x00", "\xff",
		"{}", "[]", "null", `{"a":{"b":["c"]}}`, ";q=x", "a,b", "a|b", "%", "%zz", "\u2028",
	} {
		f.Add(seed, seed)
	}
	function, set, err := bound(f, compiledText(f, fuzzed), "call", map[string]string{
		"body.p": "{p}", "body.q": "{q*}", "body.l": "{l____}", "body.one": "{one}", "body.open": "{open}", "body.deep": "{deep}",
		"body.json": "{json}", "body.h": "{x_h}", "body.c": "{c}",
	}, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?")
		if a == "" || b == "" {
			return // Such values count as missing.
		}
		body := `{"p":` + quote(a) + `,"q":[` + quote(a) + `,` + quote(b) + `],"l":[` + quote(b) + `,` + quote(a) + `],"one":` + quote(b) +
			`,"open":` + quote(a) + `,"deep":{` + quote("k"+a) + `:` + quote(b) + `},"json":[` + quote(a) + `],"h":` + quote(b) + `,"c":` + quote(a) + `}`
		call, err := send(function, set, client{method: "POST", path: "/", body: body})
		if err != nil {
			if !strings.Contains(err.Error(), "bad_parameter") {
				t.Fatalf("a body of our own: %v", err)
			}
			return
		}
		target, err := url.ParseRequestURI(call.Headers.Get(":path"))
		if err != nil {
			t.Fatal(err)
		}
		segments := strings.Split(target.EscapedPath(), "/")
		if len(segments) != 5 || segments[1] != "a" || segments[3] != "b" {
			t.Fatalf("path %s", target.EscapedPath())
		}
		if got, err := url.PathUnescape(segments[2]); err != nil || got != a || got == "." || got == ".." {
			t.Errorf("p: got %q, %v, want %q", got, err, a)
		}
		if want := ";q=" + escaped(a) + ";q=" + escaped(b); segments[4] != want {
			t.Errorf("q: got %s, want %s", segments[4], want)
		}
		query, err := url.ParseQuery(target.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string][]string{
			"l[]&=": {b, a}, "one": {b}, "open": {a}, "deep[k" + a + "]": {b}, "json": {asJSON(a)},
		} {
			if !slices.Equal(query[name], want) {
				t.Errorf("%s: got %q, want %q", name, query[name], want)
			}
			delete(query, name)
		}
		if len(query) > 0 {
			t.Errorf("the query has more: %q", query)
		}
		if got := call.Headers.Get("x-h"); got != strings.Trim(b, " \t") || strings.ContainsAny(got, "\r\n\x00") {
			t.Errorf("x-h: got %q, want %q", got, b)
		}
		cookies, err := http.ParseCookie(call.Headers.Get("cookie"))
		if err != nil || len(cookies) != 1 || cookies[0].Value != escaped(a) {
			t.Errorf("cookies: got %v, %v", cookies, err)
		}
		if headers := call.Headers.(*plugintest.Headers).List(); len(headers) != 6 {
			t.Errorf("headers: got %q", headers)
		}
	})
}

func quote(s string) string { return asJSONText(s) }

func asJSON(s string) string { return "[" + asJSONText(s) + "]" }

func asJSONText(s string) string {
	w := writer{parameter: &parameter{}, encode: func(out []byte, s string) []byte { return append(out, s...) }}
	_ = w.asJSON(s)
	return string(w.out)
}

// escaped is what RFC 3986 makes of a text, by other means than ours.
func escaped(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// What we take for a value of a type, kin-openapi's filter takes for one as well.
func FuzzCoerce(f *testing.F) {
	for _, seed := range []string{
		"7", "-7", "007", "+7", "7.0", "7e2", "1e999", "0x7", "1_000", "9223372036854775807", "9223372036854775808", "-0", "-", "true", "True",
		"false", "null", "NaN", "Inf", "", " 7", "7 ", "2026-11-21", "2147483648", "[7]", "{\"a\":7}", "a,b",
	} {
		f.Add(seed)
	}
	schemas := []*openapi3.Schema{
		openapi3.NewIntegerSchema(), openapi3.NewInt32Schema(), openapi3.NewInt64Schema(), openapi3.NewFloat64Schema(), openapi3.NewBoolSchema(),
		openapi3.NewStringSchema(), openapi3.NewStringSchema().WithFormat("date"), openapi3.NewIntegerSchema().WithMin(-5).WithMax(5),
		openapi3.NewArraySchema().WithItems(openapi3.NewIntegerSchema()), openapi3.NewStringSchema().WithEnum("a", "7"),
	}
	c, err := newCompiler(&openapi3.T{OpenAPI: "3.0.3"})
	if err != nil {
		f.Fatal(err)
	}
	type pair struct {
		ours   *schema
		theirs *openapi3.Parameter
	}
	var pairs []pair
	for _, s := range schemas {
		ours, err := c.checkedSchemaOf(s.NewRef())
		if err != nil {
			f.Fatal(err)
		}
		pairs = append(pairs, pair{ours, openapi3.NewQueryParameter("v").WithSchema(s)})
	}
	set, err := parameters.Compile(map[string]string{"body.v": "{v}"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		values, err := set.Extract(client{path: "/", body: `{"v":` + quote(text) + `}`})
		if err != nil {
			return
		}
		value, _ := values.Get("v")
		for _, p := range pairs {
			if _, err := p.ours.coerce(value); err != nil {
				continue
			}
			request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://x/?v="+url.QueryEscape(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			input := &openapi3filter.RequestValidationInput{Request: request}
			err = openapi3filter.ValidateParameter(context.Background(), input, p.theirs)
			if err != nil && !strings.Contains(err.Error(), "an invalid integer: value out of range") { // It knows no more than 64 bits.
				t.Errorf("%q as %s: we take it, but %v", text, p.ours.types, err)
			}
		}
	})
}

// Whatever a file holds, reading it ends without a panic.
func FuzzRead(f *testing.F) {
	f.Add(fuzzed)
	f.Add(strings.Replace(fuzzed, "3.0.3", "3.1.0", 1))
	f.Add("swagger: '2.0'\npaths: { /a: { get: { operationId: a, parameters: [ { in: body, name: b, schema: {} } ] } } }")
	f.Add(`{"openapi":"3.1.0","paths":{"/a":{"get":{"operationId":"a","parameters":[{"name":"a","in":"query","schema":{"$ref":"#/components/schemas/a"}}]}}},` +
		`"components":{"schemas":{"a":{"allOf":[{"$ref":"#/components/schemas/a"}]}}}}`)
	circular := callWith(`requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/a" } } } }`) +
		`components: { schemas: { a: { allOf: [ { $ref: "#/components/schemas/a" }, { $ref: "#/components/schemas/a" }, { $ref: "#/components/schemas/b" } ] }, ` +
		`b: { oneOf: [ { $ref: "#/components/schemas/a" }, { $ref: "#/components/schemas/b" } ], properties: { a: { $ref: "#/components/schemas/a" } } } } }`
	f.Add(circular)
	f.Add(strings.Replace(circular, "3.0.3", "3.1.0", 1))
	f.Fuzz(func(t *testing.T, text string) {
		doc, _, err := read(write(t, t.TempDir(), "api.yaml", text))
		if err != nil {
			return
		}
		for name, offered := range doc.operations {
			operation, err := offered.compiled()
			if (operation == nil) == (err == nil) {
				t.Errorf("operation %s: got %v, %v", name, operation, err)
			}
			if err != nil {
				continue
			}
			if function, set, err := bound(t, doc, name, nil, Options{Validate: true}); err == nil {
				_, _ = send(function, set, client{method: "POST", path: "/", body: `{"a":1}`, headers: [][2]string{{"content-type", "application/json"}}})
			}
		}
	})
}
