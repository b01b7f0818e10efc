package openapi

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const head = "openapi: 3.0.3\ninfo: { title: t, version: \"1\" }\n"

// callWith is a document with one operation, `call`, that has this parameter or body beside its id.
func callWith(rest string) string {
	return head + "paths:\n  /call:\n    post:\n      operationId: call\n      responses: { \"200\": { description: ok } }\n      " + rest + "\n"
}

// callWithFiles is a document with that many parameters, each in a file of its own.
func callWithFiles(n int) map[string]string {
	files := map[string]string{}
	var references []string
	for i := range n {
		name := fmt.Sprintf("p%d", i)
		files[name+".yaml"] = "name: " + name + "\nin: query\nschema: { type: integer }\n"
		references = append(references, "{ $ref: "+name+".yaml }")
	}
	files["api.yaml"] = callWith("parameters: [ " + strings.Join(references, ", ") + " ]")
	return files
}

func TestRead(t *testing.T) {
	parameter := "name: id\nin: query\nschema: { type: integer }\n"
	cases := []struct {
		name  string
		files map[string]string
		want  string // in the error, empty if it can be read
		alone bool   // the error is that of the operation, others are well
	}{
		{name: "a file beside it", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "id.yaml" } ]`), "id.yaml": parameter}},
		{name: "a file below it", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "common/id.yaml" } ]`), "common/id.yaml": parameter}},
		{
			name: "a part of a file, which refers to another",
			files: map[string]string{
				"api.yaml":          callWith(`parameters: [ { $ref: "common/all.yaml#/components/parameters/id" } ]`),
				"common/all.yaml":   "components: { parameters: { id: { name: id, in: query, schema: { $ref: \"types.yaml#/id\" } } } }",
				"common/types.yaml": "id: { type: integer }",
			},
		},
		{
			name: "a path in a file",
			files: map[string]string{
				"api.yaml": head + "paths: { /call: { $ref: path.yaml } }", "path.yaml": "post: { operationId: call, parameters: [ { $ref: id.yaml } ], responses: {} }",
				"id.yaml": parameter,
			},
		},
		{
			name: "a file of version 2.0",
			files: map[string]string{
				"api.yaml": "swagger: \"2.0\"\ninfo: { title: t, version: \"1\" }\npaths: { /call: { post: { operationId: call, " +
					"parameters: [ { name: b, in: body, schema: { $ref: pet.yaml } } ], responses: { 200: { description: ok } } } } }",
				"pet.yaml": "type: object\nproperties: { name: { type: string } }\n",
			},
		},
		{
			name: "version 2.0, the network",
			files: map[string]string{
				"api.yaml": "swagger: \"2.0\"\ninfo: { title: t, version: \"1\" }\npaths: { /call: { post: { operationId: call, " +
					"parameters: [ { name: b, in: body, schema: { $ref: \"http://127.0.0.1/pet.yaml\" } } ], responses: { 200: { description: ok } } } } }",
			},
			want: "nothing from the network", alone: true,
		},
		{
			name: "a file in another folder", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "../id.yaml" } ]`), "../id.yaml": parameter},
			want: "only files in its own folder or below are read", alone: true,
		},
		{
			name: "a file by its whole path", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "/etc/passwd" } ]`)},
			want: "only files in its own folder or below are read", alone: true,
		},
		{
			name: "a file by its URL", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "file:///etc/passwd" } ]`)},
			want: "only files beside it are read", alone: true,
		},
		{
			name: "the network", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "http://169.254.169.254/id.yaml" } ]`)},
			want: "nothing from the network", alone: true,
		},
		{
			name: "the network, with the scheme left out", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "//127.0.0.1/id.yaml" } ]`)},
			want: "nothing from the network", alone: true,
		},
		{name: "a file that is not there", files: map[string]string{"api.yaml": callWith(`parameters: [ { $ref: "id.yaml" } ]`)}, want: "no such file", alone: true},
		{name: "no document", files: map[string]string{}, want: "no such file"},
		{name: "an empty file", files: map[string]string{"api.yaml": ""}, want: "no OpenAPI document"},
		{name: "something else", files: map[string]string{"api.yaml": "a: 1"}, want: "no OpenAPI document"},
		{name: "no YAML", files: map[string]string{"api.yaml": "{"}, want: "line 1: "},
		{name: "no operations", files: map[string]string{"api.yaml": head + "paths: {}"}, want: "it has no operation"},
		{name: "version 4", files: map[string]string{"api.yaml": strings.Replace(callWith(""), "3.0.3", "4.0.0", 1)}, want: `openapi: "4.0.0"`},
		{name: "many files", files: callWithFiles(300)},
		{name: "more references to files than bytes", files: map[string]string{"api.yaml": callWithFiles(maxBytes / leastFile)["api.yaml"]}, want: "larger than 32 MB"},
		{name: "too large", files: map[string]string{"api.yaml": callWith("") + "#" + strings.Repeat("x", maxBytes)}, want: "larger than 32 MB"},
		{
			name: "an alias bomb", files: map[string]string{"api.yaml": callWith("") + bomb()}, want: "excessive aliasing",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "specs")
			for name, content := range c.files {
				write(t, folder, name, content)
			}
			doc, _, err := read(filepath.Join(folder, "api.yaml"))
			if err == nil {
				_, err = doc.operations["call"].compiled()
			}
			switch {
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error: got %v, want %q", err, c.want)
			case c.want == "" && err != nil:
				t.Error(err)
			case c.alone != (c.want != "" && doc != nil):
				t.Errorf("whether it can be read but for the operation: got %t, want %t", doc != nil, c.alone)
			}
		})
	}
}

// bomb is YAML of some hundred bytes that stands for gigabytes.
func bomb() string {
	var out strings.Builder
	out.WriteString("x0: &x0 [ a, a, a, a, a, a, a, a, a, a ]\n")
	for i := range 9 {
		alias := "*x" + string(rune('0'+i))
		out.WriteString("x" + string(rune('1'+i)) + ": &x" + string(rune('1'+i)) + " [ " + strings.TrimSuffix(strings.Repeat(alias+", ", 10), ", ") + " ]\n")
	}
	return out.String()
}

// A link that leads out of the folder is no way out of it.
func TestALinkToElsewhere(t *testing.T) {
	outside := write(t, t.TempDir(), "id.yaml", "name: id\nin: query\nschema: { type: integer }\n")
	folder := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(folder, "id.yaml")); err != nil {
		t.Fatal(err)
	}
	_, err := compiled(t, write(t, folder, "api.yaml", callWith(`parameters: [ { $ref: "id.yaml" } ]`))).operations["call"].compiled()
	if err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestAnyKindOfFile(t *testing.T) {
	doc, _, err := read(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("a folder: got %v, %v", doc, err)
	}
}

// One broken operation harms no other.
func TestOperationsByThemselves(t *testing.T) {
	doc := compiledText(t, head+`
paths:
  /good: { get: { operationId: good, responses: { "200": { description: ok } } } }
  /twice: { get: { operationId: twice, responses: {} }, put: { operationId: twice, responses: {} } }
  /{id}: { get: { operationId: undescribed, responses: {} } }
  /unused: { get: { operationId: unused, parameters: [ { name: id, in: path, required: true, schema: {} } ], responses: {} } }
  /style: { get: { operationId: style, parameters: [ { name: a, in: header, style: form, schema: {} } ], responses: {} } }
  /xml: { get: { operationId: xml, parameters: [ { name: a, in: query, content: { application/xml: {} } } ], responses: {} } }
  /host: { get: { operationId: host, parameters: [ { name: Host, in: header, schema: {} } ], responses: {} } }
  /pseudo: { get: { operationId: pseudo, parameters: [ { name: ":path", in: header, schema: {} } ], responses: {} } }
  /default: { get: { operationId: wrong_default, parameters: [ { name: a, in: query, schema: { type: integer, default: x } } ], responses: {} } }
  /server: { get: { operationId: server, servers: [ { url: "https://a.example.com/{version}" } ], responses: {} } }
  /up: { get: { operationId: up, servers: [ { url: "../v1" } ], responses: {} } }
  /escaped: { get: { operationId: escaped, servers: [ { url: "/v1/%2e%2E" } ], responses: {} } }
  /ignored: { get: { operationId: ignored, parameters: [ { name: Accept, in: header, required: true, schema: {} } ], responses: {} } }
`)
	for name, want := range map[string]string{
		"good": "", "ignored": "", "twice": "more than one operation", "undescribed": "{id}", "unused": `"id" (path) is not in its path`,
		"style": `"a" (header)`, "xml": "only application/json", "host": "the proxy alone sets that header", "pseudo": "no header can have that name", "wrong_default": "its default must be an integer",
		"server": "a variable without default", "up": `must not have ".."`,
		"escaped": `must not have "%2e%2E"`,
	} {
		_, err := doc.operations[name].compiled()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

func TestServers(t *testing.T) {
	cases := []struct{ name, document, path, operation, want string }{
		{name: "none", want: "/call"},
		{name: "the root", document: "[ { url: / } ]", want: "/call"},
		{name: "a path", document: "[ { url: https://api.example.com/v1 }, { url: /v2 } ]", want: "/v1/call"},
		{name: "a slash at the end", document: "[ { url: https://api.example.com/v1/ } ]", want: "/v1/call"},
		{name: "relative to the root", document: "[ { url: /v1 } ]", want: "/v1/call"},
		{name: "relative", document: "[ { url: v1/x } ]", want: "/v1/x/call"},
		{
			name:     "variables",
			document: "[ { url: \"https://{host}:{port}/{base}\", variables: { host: { default: a.example.com }, port: { default: \"8443\" }, base: { default: v3 } } } ]",
			want:     "/v3/call",
		},
		{name: "that of the path", document: "[ { url: /v1 } ]", path: "[ { url: /v2 } ]", want: "/v2/call"},
		{name: "that of the operation", document: "[ { url: /v1 } ]", path: "[ { url: /v2 } ]", operation: "[ { url: /v3 } ]", want: "/v3/call"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			servers := func(list, indent string) string {
				if list == "" {
					return ""
				}
				return indent + "servers: " + list + "\n"
			}
			doc := compiledText(t, head+servers(c.document, "")+"paths:\n  /call#fragment:\n"+servers(c.path, "    ")+
				"    get:\n      operationId: call\n      responses: {}\n"+servers(c.operation, "      "))
			function, set, err := bound(t, doc, "call", nil, Options{})
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{path: "/x?y=z"})
			if err != nil {
				t.Fatal(err)
			}
			if got := call.Headers.Get(":path"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
