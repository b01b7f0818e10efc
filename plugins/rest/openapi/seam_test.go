package openapi

import (
	"strings"
	"testing"
)

// What is written out for an operation says all that its checks need.
func TestWhatChecksNeed(t *testing.T) {
	const pets = `"My Cat": { type: object, required: [ purr ], properties: { kind: { type: string }, purr: { type: integer } } }, ` +
		`Dog: { type: object, required: [ bark ], properties: { kind: { type: string }, bark: { type: integer } } }`
	alternatives := func(mapping string) string {
		return `{ oneOf: [ { $ref: "#/components/schemas/My%20Cat" }, { $ref: "#/components/schemas/Dog" } ], discriminator: { propertyName: kind` + mapping + ` } }`
	}
	const readOnly = `Id: { type: integer, readOnly: true }`
	cases := []struct{ name, version, schema, components, body, want string }{
		{"the name of a schema that is no word", "3.0.3", alternatives(""), pets, `{"kind":"My Cat","purr":1}`, ""},
		{"another one's member", "3.0.3", alternatives(""), pets, `{"kind":"My Cat","bark":1}`, "/purr"},
		{"a name that two schemas have", "3.0.3", `{ properties: { a: { $ref: "#/x-more/Dog" }, b: ` + alternatives("") + ` } }`, pets, `{"a":1,"b":{"kind":"Dog","bark":1}}`, ""},
		{"a name that no schema has in the document", "3.0.3", `{ properties: { a: { $ref: "#/x-more/Dog" }, b: ` + alternatives("") + ` } }`, pets, `{"a":1,"b":{"kind":"Dog-2","bark":1}}`, `must be one of ["Dog" "My Cat"]`},
		{"a mapping that leads elsewhere", "3.0.3", alternatives(`, mapping: { lizard: "https://example.com/lizard.json" }`), pets, `{"kind":"lizard","bark":1}`, ""},
		{"a mapping that gives a name another meaning", "3.0.3", alternatives(`, mapping: { Dog: "#/components/schemas/My%20Cat" }`), pets, `{"kind":"Dog","bark":1}`, "/purr"},

		{"an exclusive limit that is a number", "3.0.3", `{ type: integer, exclusiveMinimum: 0 }`, "", `0`, "more than 0"},
		{"a looser one", "3.0.3", `{ type: integer, exclusiveMinimum: 0, minimum: 5 }`, "", `5`, ""},
		{"a tighter one", "3.0.3", `{ type: integer, exclusiveMaximum: 5, maximum: 5 }`, "", `5`, "less than 5"},
		{"an exclusive limit that speaks of the other", "3.1.0", `{ type: integer, minimum: 0, exclusiveMinimum: true }`, "", `0`, "exclusiveMinimum"},
		{"one that says no", "3.1.0", `{ type: integer, minimum: 0, exclusiveMinimum: false }`, "", `0`, ""},
		{"one of nothing", "3.1.0", `{ type: integer, exclusiveMinimum: true }`, "", `0`, ""},

		{"a reference to what only answers have", "", `{ required: [ id ], properties: { id: { $ref: "#/components/schemas/Id" } } }`, readOnly, `{}`, ""},
		{"what only answers have, with more beside it", "", `{ required: [ id ], properties: { id: { default: 1, allOf: [ { $ref: "#/components/schemas/Id" } ] } } }`, readOnly, `{}`, ""},
		{"what only answers have, by a part", "", `{ required: [ id ], allOf: [ { properties: { id: { $ref: "#/components/schemas/Id" } } } ] }`, readOnly, `{}`, ""},
		{"what only answers have, required by a part", "", `{ properties: { id: { $ref: "#/components/schemas/Id" } }, allOf: [ { required: [ id, name ] } ] }`, readOnly, `{}`, "name"},
	}
	for _, c := range cases {
		versions := []string{c.version}
		if c.version == "" {
			versions = bothVersions
		}
		for _, version := range versions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				err := checked(t, version, c.schema, "x-more: { Dog: { type: integer } }\ncomponents: { schemas: { "+c.components+" } }\n", c.body)
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
			})
		}
	}
}
