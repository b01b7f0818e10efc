package openapi

import (
	"strings"
	"testing"
)

// No value makes a segment of a path that servers resolve, together with what the document has around it.
func TestDotSegments(t *testing.T) {
	const parameter = `get: { operationId: %, responses: {}, parameters: [ { name: p, in: path, required: true, schema: { type: string } }`
	paths := []struct{ name, path, more string }{
		{name: "plain", path: "/a/{p}/b"},
		{name: "last", path: "/a/{p}"},
		{name: "dot", path: "/a/.{p}/b"},
		{name: "small", path: "/a/%2e{p}/b"},
		{name: "capital", path: "/a/%2E{p}/b"},
		{name: "behind", path: "/a/{p}%2e/b"},
		{name: "query", path: "/a/%2e{p}?q=1"},
		{name: "parameters", path: "/a/{p}{m}", more: `, { name: m, in: path, required: true, style: matrix, schema: { type: string } }`},
		{name: "escaped", path: "/a/{p}/%2e%2E/b"},
	}
	document := head + "\npaths:\n"
	for _, p := range paths {
		document += "  " + p.path + ": { " + strings.ReplaceAll(parameter, "%", p.name) + p.more + " ] } }\n"
	}
	doc := compiledText(t, document)
	cases := []struct {
		operation, value string
		want             string // the path of the call, "" if it is refused
	}{
		{"plain", "x", "/a/x/b"},
		{"plain", ".", ""},
		{"plain", "..", ""},
		{"plain", "...", "/a/.../b"},
		{"plain", "%2e%2e", "/a/%252e%252e/b"},
		{"last", "..", ""},
		{"dot", ".", ""},
		{"dot", "..", "/a/.../b"},
		{"small", ".", ""},
		{"small", "..", "/a/%2e../b"},
		{"small", "x", "/a/%2ex/b"},
		{"capital", ".", ""},
		{"behind", ".", ""},
		{"behind", "x", "/a/x%2e/b"},
		{"query", ".", ""},
		{"query", "x", "/a/%2ex?q=1"},
		{"parameters", "..", ""},
		{"parameters", ".", ""},
		{"parameters", "x", "/a/x;m=1"},
		{"escaped", "x", ""},
	}
	for _, c := range cases {
		t.Run(c.operation+" "+c.value, func(t *testing.T) {
			function, set, err := bound(t, doc, c.operation, map[string]string{"query.p": "{p}", "query.m": "{m?}"}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{path: "/?m=1&p=" + strings.ReplaceAll(c.value, "%", "%25")})
			switch {
			case c.want == "" && (err == nil || !strings.Contains(err.Error(), `"." or ".." as a segment`)):
				t.Errorf("got %v, want it refused", err)
			case c.want != "" && err != nil:
				t.Errorf("got %v, want %s", err, c.want)
			case c.want != "":
				if got := call.Headers.Get(":path"); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
		})
	}
}
