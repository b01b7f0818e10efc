package openapi

import (
	"strings"
	"testing"
)

const uniqueBody = "requestBody: { content: { application/json: { schema: { type: array, uniqueItems: true } } } }"

// trees are all lists of n lists in all.
func trees(n int) []string {
	all := forests(n)
	for i := range all {
		all[i] = "[" + all[i] + "]"
	}
	return all
}

// forests are the insides of these lists.
func forests(n int) []string {
	if n == 0 {
		return []string{""}
	}
	var all []string
	for first := 1; first <= n; first++ {
		for _, inner := range forests(first - 1) {
			for _, rest := range forests(n - first) {
				all = append(all, strings.TrimSuffix("["+inner+"],"+rest, ","))
			}
		}
	}
	return all
}

// What version 3.1 has that 3.0 has not.
func TestVersion31(t *testing.T) {
	parameter := func(schema string) string {
		return "parameters: [ { name: v, in: query, schema: " + schema + " } ]"
	}
	cases := []struct {
		name, operation, value string
		body                   string // validated, if there is one
		want                   string // of the call, or a piece of the error
	}{
		{name: "several types, the first", operation: parameter("{ type: [ integer, \"null\" ] }"), value: "7", want: "/call?v=7"},
		{name: "several types, none", operation: parameter("{ type: [ integer, boolean ] }"), value: "x", want: "must be an integer or true or false"},
		{name: "const", operation: parameter("{ const: yes-please }"), value: "no", want: "bad_parameter"},
		{name: "const, fulfilled", operation: parameter("{ const: 7 }"), value: "7", want: "/call?v=7"},
		{name: "an exclusive minimum that is a number", operation: parameter("{ type: integer, exclusiveMinimum: 7 }"), value: "7", want: "is wrong: exclusiveMinimum: got 7, want 7"},
		{name: "a format", operation: parameter("{ type: string, format: date }"), value: "2026-13-01", want: "is wrong: '2026-13-01' is not valid date"},
		{name: "a pattern", operation: parameter("{ type: string, pattern: '^a' }"), value: "b", want: "does not match pattern"},
		{name: "a pattern that Go does not know", operation: parameter("{ type: string, pattern: '^(?!a)' }"), value: "a", want: "/call?v=a"},
		{name: "if and then", operation: parameter("{ type: integer, if: { minimum: 10 }, then: { multipleOf: 5 } }"), value: "11", want: "multipleOf"},
		{
			name: "numbers whose digits would fill megabytes", operation: "requestBody: { content: { application/json: { schema: { type: array, items: { type: [ integer, object ], minimum: 0 } } } } }",
			body: `[7,{"a/b":1e999999},` + strings.Repeat("1e999999,", 10_000) + `8]`, want: "bad_body: The body at /1/a~1b must be a number that programs can hold",
		},
		{
			name: "a number too near to zero", operation: "requestBody: { content: { application/json: { schema: { type: number, maximum: 1 } } } }",
			body: `1e-999999`, want: "bad_body: The body must be a number that programs can hold",
		},
		{
			name: "a number that no exponent can be told of", operation: "requestBody: { content: { application/json: { schema: { type: number, minimum: 0 } } } }",
			body: `1e99999999999999999999`, want: "bad_body: The body must be a number that programs can hold",
		},
		{
			name: "a number of a million digits", operation: "requestBody: { content: { application/json: { schema: { type: number, minimum: 0 } } } }",
			body: "0." + strings.Repeat("1", 1_000_000), want: "bad_body: The body must be a number that programs can hold",
		},
		{
			name: "lists that are different but for a weak hash", operation: uniqueBody,
			body: "[" + strings.Join(trees(11)[:20_000], ",") + ",7,{\"a\":[1],\"b\":null},-7,7.0]", want: "bad_body: The body is wrong: items at 20,000 and 20,003 are equal",
		},
		{name: "objects whose members stand in another order", operation: uniqueBody, body: `[{"a":1,"b":[true]},{"b":[true],"a":10e-1}]`, want: "items at 0 and 1 are equal"},
		{name: "elements that are alike only", operation: uniqueBody, body: `[1,"1",[1],[[1]],[1,1],["1"],{"a":1},{"a":"1"},true,"true",null,"null",-1,{},[],""]`, want: "/call"},
		{name: "a list within", operation: uniqueBody, body: `[[1,1]]`, want: "/call"},
		{
			name: "a number that is large", operation: "requestBody: { content: { application/json: { schema: { type: number, minimum: 0 } } } }",
			body: `1.5E+308`, want: "/call",
		},
		{
			name: "a body with references that lead to themselves", operation: "requestBody: { content: { application/json: { schema: { $ref: \"#/components/schemas/node\" } } } }",
			body: `{"next":{"next":{"value":"x"}}}`, want: "bad_body: The body at /next/next/value is wrong: got string, want integer",
		},
		{
			name: "a reference with keywords beside it", operation: "requestBody: { content: { application/json: { schema: { $ref: \"#/components/schemas/node\", minProperties: 1 } } } }",
			body: `{}`, want: "minProperties",
		},
		{
			name: "a property that only answers have", operation: "requestBody: { content: { application/json: { schema: { type: object, required: [ id ], properties: { id: { readOnly: true } } } } } }",
			body: `{}`, want: "/call",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(callWith(c.operation), "3.0.3", "3.1.0", 1) +
				"components: { schemas: { node: { type: object, properties: { value: { type: integer }, next: { $ref: \"#/components/schemas/node\" } } } } }\n"
			templates := map[string]string{"query.v": "{v?}"}
			function, set, err := bound(t, compiledText(t, text), "call", templates, Options{Validate: c.body != ""})
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{
				method: "POST", path: "/?v=" + c.value, body: c.body, headers: [][2]string{{"content-type", "application/json"}},
			})
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = call.Headers.Get(":path")
			}
			if err == nil && got != c.want || err != nil && !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
