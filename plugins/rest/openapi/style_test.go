package openapi

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/plugins"
)

// styleVector is an entry of testdata/styles.yaml.
type styleVector struct {
	In       string `yaml:"in"`
	Style    string `yaml:"style"`
	Content  string `yaml:"content"`
	Explode  bool   `yaml:"explode"`
	Reserved bool   `yaml:"reserved"`
	Text     string `yaml:"text"`
	List     string `yaml:"list"`
	Object   string `yaml:"object"`
	Strange  string `yaml:"strange"`
}

const strange = "a b,c&d=é%/?#+"

// The schemas allow these values and nothing else, so that whoever reads them otherwise says so.
const (
	textSchema    = "{ type: string, enum: [ blue ] }"
	strangeSchema = `{ type: string, enum: [ "` + strange + `" ] }`
	listSchema    = "{ type: array, items: { type: string }, minItems: 3, maxItems: 3, uniqueItems: true }"
	objectSchema  = "{ type: object, properties: { R: { type: integer, enum: [ 100 ] }, G: { type: integer, enum: [ 200 ] }, " +
		"B: { type: integer, enum: [ 150 ] } }, required: [ R, G, B ] }"
)

func (v styleVector) document(schema string) string {
	path, how := "/colors", fmt.Sprintf("style: %s, explode: %t, schema: %s", v.Style, v.Explode, schema)
	if v.In == "path" {
		path = "/colors/{color}"
	}
	if v.Content != "" {
		how = fmt.Sprintf("content: { %s: { schema: %s } }", v.Content, schema)
	}
	return fmt.Sprintf(`openapi: 3.0.3
info: { title: colors, version: "1" }
paths:
  %s:
    get:
      operationId: call
      parameters: [ { name: color, in: %s, required: true, allowReserved: %t, %s } ]
      responses: { "200": { description: ok } }
`, path, v.In, v.Reserved, how)
}

// part is what a call has in the place where the parameter stands.
func (v styleVector) part(call *plugins.Request) string {
	path, query, _ := strings.Cut(call.Headers.Get(":path"), "?")
	switch v.In {
	case "path":
		return strings.TrimPrefix(path, "/colors/")
	case "query":
		return query
	case "header":
		return call.Headers.Get("color")
	}
	return call.Headers.Get("cookie")
}

func TestStyles(t *testing.T) {
	content, err := os.ReadFile("testdata/styles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []styleVector
	if err := yaml.Unmarshal(content, &vectors); err != nil {
		t.Fatal(err)
	}
	// kin-openapi's filter reads no lists and objects from cookies whose style explodes, no cookies that are percent-encoded, and
	// splits queries in this style only after it has decoded them.
	unread := func(v styleVector, value string) bool {
		return v.In == "cookie" && (v.Explode && value != "text" || value == "strange")
	}
	for _, v := range vectors {
		for _, value := range []struct{ name, want, schema, body string }{
			{"text", v.Text, textSchema, `{"color":"blue"}`},
			{"list", v.List, listSchema, `{"color":["blue","black","brown"]}`},
			{"object", v.Object, objectSchema, `{"color":{"R":100,"G":200,"B":150}}`},
			{"strange", v.Strange, strangeSchema, `{"color":"` + strange + `"}`},
		} {
			if value.want == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s %s%s explode %t reserved %t %s", v.In, v.Style, v.Content, v.Explode, v.Reserved, value.name), func(t *testing.T) {
				path := write(t, t.TempDir(), "api.yaml", v.document(value.schema))
				function, set, err := bound(t, compiled(t, path), "call", map[string]string{"body.color": "{color}"}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				call, err := send(function, set, client{method: "POST", path: "/", body: value.body})
				if err != nil {
					t.Fatal(err)
				}
				if got := v.part(call); got != value.want {
					t.Errorf("got %s, want %s", got, value.want)
				}
				if !unread(v, value.name) {
					judge(t, path, call)
				}
			})
		}
	}
}

func TestWhatStylesCannotWrite(t *testing.T) {
	cases := []struct {
		name   string
		v      styleVector
		schema string
		body   string
		want   string
	}{
		{"a list in a list", styleVector{In: "query", Style: "form", Explode: true}, "{ type: array, items: {} }", `[["a"]]`, "must not hold lists or objects"},
		{"an object in an object", styleVector{In: "header", Style: "simple"}, "{ type: object }", `{"a":{"b":1}}`, "must not hold lists or objects"},
		{"a line break in a header", styleVector{In: "header", Style: "simple"}, "{ type: string }", `"a\r\nx: y"`, "must not hold control characters"},
		{"two dots in a path", styleVector{In: "path", Style: "simple"}, "{ type: string }", `".."`, `"." or ".." as a segment`},
		{"one dot, made by a style", styleVector{In: "path", Style: "label"}, "{ type: array, items: { type: string } }", `["."]`, `"." or ".." as a segment`},
		{"nothing in a path", styleVector{In: "path", Style: "simple"}, "{ type: array, items: { type: string } }", `[""]`, "is missing"},
		{"an empty list", styleVector{In: "query", Style: "form"}, "{ type: array, items: { type: string } }", `[]`, "is missing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			doc := compiledText(t, c.v.document(c.schema))
			function, set, err := bound(t, doc, "call", map[string]string{"body.color": "{color}"}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{method: "POST", path: "/", body: `{"color":` + c.body + `}`})
			if err == nil || !strings.Contains(err.Error(), "bad_parameter") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v, want a bad_parameter %q", call, err, c.want)
			}
		})
	}
}
