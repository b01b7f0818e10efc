package openapi

import (
	"fmt"
	"strings"
	"testing"
)

// What becomes of values whose schemas are composed, in every place of a parameter.
func TestCompositions(t *testing.T) {
	const components = `
components:
  schemas:
    Ints: { type: array, items: { type: integer } }
    Link: { allOf: [ { $ref: "#/components/schemas/Ints" } ] }
    Tree: { anyOf: [ { type: integer }, { type: array, items: { $ref: "#/components/schemas/Tree" } } ] }
    Named: { type: object, properties: { name: { type: string } }, required: [ name ] }
    Aged: { type: object, properties: { age: { type: integer } }, required: [ age ] }
`
	const fastAPI = `{ anyOf: [ { type: array, items: { type: integer } }, { type: "null" } ] }`
	const list = `{"v":["1","2"]}`
	in := func(place, more, schema string) string {
		return "parameters: [ { name: v, in: " + place + ", " + more + "schema: " + schema + " } ]"
	}
	query := func(schema string) string { return in("query", "", schema) }
	cases := []struct {
		name      string
		version   string // both if it says none
		operation string
		key       string // query.v* if it says none
		client    client
		want      string // path, header, cookie
		err       string
	}{
		{name: "what FastAPI writes for list[int] | None", version: "3.1.0", operation: query(fastAPI), client: client{path: "/?v=1&v=2"}, want: "/call?v=1&v=2"},
		{name: "none of its integers", version: "3.1.0", operation: query(fastAPI), client: client{path: "/?v=1&v=x"}, err: `"v" (query) value 2 must be an integer`},
		{name: "a list of one", version: "3.1.0", operation: query(fastAPI), key: "{v}", client: client{path: "/?v=1"}, want: "/call?v=1"},
		{name: "of a JSON body", version: "3.1.0", operation: query(fastAPI), key: "body", client: client{path: "/", body: list}, want: "/call?v=1&v=2"},
		{name: "a type that is null as well", version: "3.1.0", operation: query(`{ type: [ array, "null" ], items: { type: integer } }`), client: client{path: "/?v=1&v=2"}, want: "/call?v=1&v=2"},
		{name: "nullable", version: "3.0.3", operation: query(`{ type: array, nullable: true, items: { type: integer, nullable: true } }`), client: client{path: "/?v=1&v=2"}, want: "/call?v=1&v=2"},
		{name: "nullable around a reference", version: "3.0.3", operation: query(`{ nullable: true, allOf: [ { $ref: "#/components/schemas/Link" } ] }`), client: client{path: "/?v=1&v=2"}, want: "/call?v=1&v=2"},
		{name: "a chain of references", operation: query(`{ $ref: "#/components/schemas/Link" }`), client: client{path: "/?v=1&v=x"}, err: "value 2 must be an integer"},
		{name: "oneOf", operation: query(`{ oneOf: [ { type: string, format: uuid }, { $ref: "#/components/schemas/Link" } ] }`), client: client{path: "/?v=1&v=2"}, want: "/call?v=1&v=2"},
		{name: "allOf that says type and elements apart", version: "3.1.0", operation: query(`{ allOf: [ { type: array }, { items: { type: integer } }, { items: { maximum: 5 } } ] }`), client: client{path: "/?v=1&v=6"}, err: `"v" (query) at /1`},
		{name: "the second of two lists", operation: query(`{ anyOf: [ { $ref: "#/components/schemas/Ints" }, { type: array, items: { type: boolean } } ] }`), client: client{path: "/?v=true&v=false"}, want: "/call?v=true&v=false"},
		{name: "elements that are composed", operation: query(`{ type: array, items: { anyOf: [ { type: integer }, { type: boolean } ] } }`), client: client{path: "/?v=1&v=true&v=x"}, err: "value 3 must be an integer or true or false"},
		{name: "an element that no way allows", operation: query(`{ anyOf: [ { type: array, items: { type: integer, maximum: 1 } }, { type: boolean } ] }`), client: client{path: "/?v=1&v=2"}, err: `"v" (query) `},
		{name: "a composition within itself", operation: query(`{ $ref: "#/components/schemas/Tree" }`), key: "body", client: client{path: "/", body: `{"v":["1",2]}`}, want: "/call?v=1&v=2"},
		{name: "a tuple", version: "3.1.0", operation: query(`{ type: array, prefixItems: [ { type: integer }, { type: string } ], items: { type: boolean } }`), client: client{path: "/?v=1&v=2&v=true"}, want: "/call?v=1&v=2&v=true"},
		{name: "what a condition adds", version: "3.1.0", operation: query(`{ if: { type: array }, then: { items: { type: integer } }, else: { type: integer } }`), client: client{path: "/?v=1&v=2"}, want: "/call?v=1&v=2"},
		{name: "a path", operation: `parameters: [ { name: v, in: path, required: true, schema: { anyOf: [ { $ref: "#/components/schemas/Ints" }, { type: boolean } ] } } ]`, client: client{path: "/?v=1&v=2"}, want: "/call/1,2"},
		{name: "a header", operation: in("header", "", `{ oneOf: [ { $ref: "#/components/schemas/Link" }, { type: boolean } ] }`), client: client{path: "/?v=1&v=2"}, want: "/call 1,2"},
		{name: "a client's own header", operation: in("header", "", `{ oneOf: [ { $ref: "#/components/schemas/Link" }, { type: boolean } ] }`), key: "-", client: client{path: "/", headers: [][2]string{{"v", "1, 2"}}}, want: "/call 1, 2"},
		{name: "a client's own header, wrong", operation: in("header", "", `{ oneOf: [ { $ref: "#/components/schemas/Link" }, { type: boolean } ] }`), key: "-", client: client{path: "/", headers: [][2]string{{"v", "1, x"}}}, err: `"v" (header) value 2 must be an integer`},
		{name: "a cookie", operation: in("cookie", "explode: false, ", `{ anyOf: [ { $ref: "#/components/schemas/Ints" }, { type: boolean } ] }`), client: client{path: "/?v=1&v=2"}, want: "/call v=1,2"},
		{name: "pipes", operation: in("query", "style: pipeDelimited, explode: false, ", `{ anyOf: [ { $ref: "#/components/schemas/Ints" }, { type: boolean } ] }`), client: client{path: "/?v=1&v=2"}, want: "/call?v=1%7C2"},
		{name: "JSON", operation: `parameters: [ { name: v, in: query, content: { application/json: { schema: { anyOf: [ { $ref: "#/components/schemas/Ints" }, { type: boolean } ] } } } } ]`, client: client{path: "/?v=1&v=2"}, want: "/call?v=%5B1%2C2%5D"},
		{name: "an object of one kind", operation: in("query", "style: deepObject, explode: true, ", `{ oneOf: [ { $ref: "#/components/schemas/Named" }, { $ref: "#/components/schemas/Aged" } ] }`), key: "body", client: client{path: "/", body: `{"v":{"age":"7"}}`}, want: "/call?v%5Bage%5D=7"},
		{name: "an object of neither", operation: in("query", "style: deepObject, explode: true, ", `{ oneOf: [ { $ref: "#/components/schemas/Named" }, { $ref: "#/components/schemas/Aged" } ] }`), key: "body", client: client{path: "/", body: `{"v":{"age":"x"}}`}, err: `parameter "v" (query) `},
		{name: "members that have no name", operation: in("query", "style: deepObject, explode: true, ", `{ type: object, additionalProperties: { type: integer } }`), key: "body", client: client{path: "/", body: `{"v":{"a":"x"}}`}, err: `member "a" must be an integer`},
		{name: "a number rather than a text", operation: in("query", "", `{ anyOf: [ { type: string, maxLength: 2 }, { type: integer } ] }`), key: "{v}", client: client{path: "/?v=1234"}, want: "/call?v=1234"},
		{name: "an integer of few bits in a composition", operation: query(`{ allOf: [ { type: integer, format: int32 } ], minimum: 0 }`), key: "{v}", client: client{path: "/?v=2147483648"}, err: "must be an integer of 32 bits"},
	}
	for _, c := range cases {
		versions := []string{c.version}
		if c.version == "" {
			versions = []string{"3.0.3", "3.1.0"}
		}
		for _, version := range versions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				text := strings.Replace(callWith(c.operation)+components, "3.0.3", version, 1)
				if strings.Contains(c.operation, "in: path") {
					text = strings.Replace(text, "/call:", "/call/{v}:", 1)
				}
				templates := map[string]map[string]string{
					"": {"query.v": "{v*}"}, "{v}": {"query.v": "{v}"}, "body": {"body.v": "{v}"}, "-": {},
				}[c.key]
				function, set, err := bound(t, compiledText(t, text), "call", templates, Options{})
				if err != nil {
					t.Fatal(err)
				}
				c.client.method = "POST"
				call, err := send(function, set, c.client)
				if c.err != "" || err != nil {
					if c.err == "" || err == nil || !strings.Contains(err.Error(), c.err) {
						t.Errorf("error: got %v, want %q", err, c.err)
					}
					return
				}
				got := strings.Join(strings.Fields(call.Headers.Get(":path")+" "+call.Headers.Get("v")+" "+call.Headers.Get("cookie")), " ")
				if got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
	}
}

// What may be spent on a value that could be meant in several ways at each of many levels has an end.
func TestWaysOfAHostileValue(t *testing.T) {
	const schema = `parameters: [ { name: v, in: query, schema: { $ref: "#/components/schemas/A" } } ]`
	const components = `
components: { schemas: { A: { anyOf: [
  { type: array, items: { $ref: "#/components/schemas/A" } }, { type: array, items: { $ref: "#/components/schemas/A" }, maxItems: 9 }, { type: integer } ] } } }
`
	function, set, err := bound(t, compiledText(t, callWith(schema)+components), "call", map[string]string{"body.v": "{v}"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = send(function, set, client{method: "POST", path: "/", body: `{"v":` + strings.Repeat("[", 12) + `"x"` + strings.Repeat("]", 12) + `}`})
	if err == nil || !strings.Contains(err.Error(), errUndecided.Error()) {
		t.Errorf("got %v, want %v", err, errUndecided)
	}
}

// Schemas that lead to the same ones by several ways do not multiply with each level when an operation is compiled.
func TestCompositionsThatMultiply(t *testing.T) {
	const levels = 40
	ref := func(i int) string { return fmt.Sprintf(`{ $ref: "#/components/schemas/S%d" }`, i) }
	cases := []struct {
		name  string
		level func(i int) string
		err   string
	}{
		{name: "allOf", level: func(i int) string { return "{ allOf: [ " + ref(i+1) + ", { allOf: [ " + ref(i+1) + " ] } ] }" }},
		{name: "oneOf", level: func(i int) string { return "{ oneOf: [ " + ref(i+1) + ", " + ref(i+1) + " ] }" }},
		{name: "anyOf of allOf", level: func(i int) string {
			return "{ anyOf: [ { allOf: [ " + ref(i+1) + " ] }, { allOf: [ " + ref(i+1) + ", { maxLength: 7 } ] } ] }"
		}},
		{
			// Each choice of parts is another schema, of which there are as many as sets of levels.
			name: "members of several parts", err: "its schemas say in more than",
			level: func(i int) string {
				if i == 0 {
					return "{ allOf: [ { properties: { a: " + ref(0) + ", b: " + ref(1) + " } }, { properties: { a: " + ref(1) + ", b: " + ref(2) + " } } ] }"
				}
				return "{ properties: { a: " + ref(i+1) + ", b: { allOf: [ " + ref(i+1) + ", " + ref(0) + " ] } } }"
			},
		},
	}
	for _, c := range cases {
		for _, version := range bothVersions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				var text strings.Builder
				text.WriteString(callWith(`requestBody: { content: { application/x-www-form-urlencoded: { schema: ` + ref(0) + ` } } }`))
				text.WriteString("components:\n  schemas:\n")
				for i := range levels {
					fmt.Fprintf(&text, "    S%d: %s\n", i, c.level(i))
				}
				fmt.Fprintf(&text, "    S%d: { type: string }\n", levels)
				_, err := compiledText(t, strings.Replace(text.String(), "3.0.3", version, 1)).operations["call"].compiled()
				if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("got %v, want %q", err, c.err)
				}
			})
		}
	}
}
