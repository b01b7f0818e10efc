package openapi

import (
	"strings"
	"testing"
)

// What is odd in a document harms at most the operation that needs it, and then the error says where it stands.
func TestOddSpots(t *testing.T) {
	other := func(operation string) string {
		return "  /other:\n    get:\n      operationId: other\n      " + operation + "\n"
	}
	body := func(schema string) string {
		return "requestBody: { content: { application/json: { schema: " + schema + " } } }"
	}
	cases := []struct {
		name, version, paths, rest string
		other                      string // the error of the operation `other`, empty if it is well
	}{
		{name: "an answer that is not there", paths: other(`responses: { "200": { $ref: "#/components/responses/gone" } }`)},
		{name: "answers of a wrong shape", paths: other(`responses: [ 7 ]`)},
		{name: "a description that is a list", paths: other("description: [ a ]\n      summary: { a: b }\n      tags: x\n      deprecated: maybe")},
		{name: "examples and extensions that lead nowhere", paths: other(`parameters: [ { name: a, in: query, schema: { type: string, example: { $ref: "gone.yaml" }, x-a: { $ref: "#/gone" } } } ]`)},
		{name: "an operationId that is a number", version: "3.0.3", paths: "  /seven: { get: { operationId: 7, responses: {} } }\n" + other("deprecated: 7")},
		{name: "a body that is not there", paths: other(`requestBody: { $ref: "#/components/requestBodies/gone" }`), other: `leads nowhere (api.yaml:13, /paths/~1other/get/requestBody/$ref)`},
		{name: "a parameter that is not there", paths: other(`parameters: [ { $ref: "#/components/parameters/gone" } ]`), other: `"#/components/parameters/gone" leads nowhere (api.yaml:13, `},
		{name: "a schema that is not there", paths: other(`parameters: [ { name: a, in: query, schema: { $ref: "#/components/schemas/gone" } } ]`), other: `parameter "a" (query): its $ref "#/components/schemas/gone" leads nowhere (api.yaml:13, /paths/~1other/get/parameters/0/schema/$ref)`},
		{name: "a schema within one that is not there", paths: other(body("{ $ref: \"#/components/schemas/a\" }")), rest: "components:\n  schemas:\n    a:\n      properties:\n        b: { $ref: \"#/gone\" }\n", other: "(api.yaml:18, /components/schemas/a/properties/b/$ref)"},
		{name: "a file that is not there", paths: other(body("{ $ref: gone.yaml }")), other: "gone.yaml: no such file or directory (api.yaml:13, "},
		{name: "a reference that leads to itself", paths: other(body("{ $ref: \"#/components/schemas/a\" }")), rest: "components: { schemas: { a: { $ref: \"#/components/schemas/b\" }, b: { $ref: \"#/components/schemas/a\" } } }\n", other: "leads to itself (api.yaml:14, "},
		{name: "a parameter that leads to itself", paths: other("parameters: [ { $ref: \"#/paths/~1other/get/parameters/0\" } ]"), other: "leads to itself (api.yaml:13, "},
		{name: "a schema that is none", paths: other("parameters: [ { name: a, in: query, schema: x } ]"), other: "a schema must be an object (api.yaml:13, /paths/~1other/get/parameters/0/schema)"},
		{name: "a keyword of a wrong shape", paths: other("parameters: [ { name: a, in: query, schema: { maximum: [ 7 ] } } ]"), other: "it must be a number (api.yaml:13, /paths/~1other/get/parameters/0/schema/maximum)"},
		{name: "a type that is none", paths: other("parameters: [ { name: a, in: query, schema: { type: text } } ]"), other: `parameter "a" (query): parameter "a" schema is invalid: unsupported 'type' value "text" (api.yaml:13, /paths/~1other/get/parameters/0)`},
		{name: "a path that is not there", paths: "  /other: { $ref: \"paths/gone.yaml\" }\n  /others: 7\n"},
		{name: "an operation that is none", paths: "  /other: { get: 7 }\n"},
		{name: "numbers in quotes, texts without", paths: other("parameters: [ { name: 7, in: query, schema: { type: integer, minimum: \"1\", maxLength: 7.0, pattern: 7 } } ]")},
		{name: "a list without items", paths: other("parameters: [ { name: a, in: query, schema: { type: array } } ]")},
		{name: "a parameter without a schema", paths: other("parameters: [ { name: a, in: query } ]")},
		{name: "a path parameter that is not required", paths: "  /other/{id}: { get: { operationId: other, parameters: [ { name: id, in: path, schema: {} } ] } }\n"},
		{name: "required as in old drafts, and twice", paths: other(body("{ required: [ a, a ], properties: { a: { required: true } } }"))},
		{name: "keywords of 3.1 in 3.0", paths: other(body("{ const: 1, patternProperties: { a: 7 }, if: 7, type: [ string, \"null\" ], items: true }"))},
		{name: "a mapping that leads nowhere", paths: other(body("{ oneOf: [ { $ref: \"#/components/schemas/a\" } ], discriminator: { propertyName: k, mapping: { x: gone, a: a } } }")), rest: "components: { schemas: { a: {} } }\n"},
		{name: "an encoding that is none", paths: other("requestBody: { content: { " + formType + ": { schema: { properties: { a: {} } }, encoding: { a: 7 } } } }")},
		{name: "unknown keywords of 3.1", version: "3.1.0", paths: other(body("{ $recursiveRef: \"#\", max_items: 7, $comment: [ 1 ], unknown: { $ref: \"#/gone\" } }"))},
		{name: "3.1, $id with $defs", version: "3.1.0", paths: other(body("{ $ref: \"#/components/schemas/a\" }")), rest: "components: { schemas: { a: { $id: \"https://example.com/a\", $ref: \"#/$defs/b\", $defs: { b: { type: object } } } } }\n"},
		{name: "3.1, $defs without an $id", version: "3.1.0", paths: other(body("{ $defs: { b: { type: object } }, properties: { c: { $ref: \"#/$defs/b\" } } }"))},
		{name: "3.1, a schema by its $id", version: "3.1.0", paths: other(body("{ $ref: \"#/components/schemas/a\" }")), rest: "components: { schemas: { a: { $id: \"https://example.com/s/a\", items: { $ref: b } }, b: { $id: \"https://example.com/s/b\", type: object } } }\n"},
		{name: "3.1, anchors", version: "3.1.0", paths: other(body("{ $ref: \"#/components/schemas/a\" }")), rest: "components: { schemas: { a: { $dynamicAnchor: node, items: { $dynamicRef: \"#node\" }, properties: { b: { $ref: \"#word\" } } }, b: { $anchor: word, type: string } } }\n"},
		{name: "3.1, an anchor that is not there", version: "3.1.0", paths: other(body("{ $ref: \"#gone\" }")), other: `its $ref "#gone" leads nowhere`},
		{name: "3.1, a schema that is true", version: "3.1.0", paths: other(body("{ $ref: \"#/components/schemas/a\" }")), rest: "components: { schemas: { a: true } }\n"},
		{name: "version 2.0, tsv", version: "2.0", paths: other("parameters: [ { name: a, in: query, type: array, items: { type: string }, collectionFormat: tsv } ]"), other: "collectionFormat tsv cannot be written (api.yaml:13, /paths/~1other/get/parameters/0)"},
		{name: "version 2.0, two bodies", version: "2.0", paths: other("parameters: [ { name: a, in: body, schema: {} }, { name: b, in: body, schema: {} } ]"), other: "more than one parameter in: body"},
		{name: "version 2.0, a definition that is not there", version: "2.0", paths: other("parameters: [ { name: a, in: body, schema: { $ref: \"#/definitions/gone\" } } ]"), other: "leads nowhere (api.yaml:13, "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			first := "openapi: " + c.version
			switch c.version {
			case "":
				first = "openapi: 3.0.3"
			case "2.0":
				first = "swagger: 2.0"
			}
			doc := compiledText(t, first+"\ninfo: { title: [ t ], version: 1.0 }\ntags: 7\nsecurity: { a: b }\npaths:\n"+
				"  /call:\n    post:\n      operationId: call\n      responses: {}\n"+c.paths+c.rest)
			if _, err := doc.operations["call"].compiled(); err != nil {
				t.Errorf("another operation: got %v", err)
			}
			if doc.operations["other"] == nil {
				return
			}
			_, err := doc.operations["other"].compiled()
			if c.other == "" && err != nil || c.other != "" && (err == nil || !strings.Contains(err.Error(), c.other)) {
				t.Errorf("the operation: got %v, want %q", err, c.other)
			}
		})
	}
}

// What cannot even be offered is told when the document is read.
func TestUnreadPathsAreTold(t *testing.T) {
	environment := &journal{}
	text := callWith("") + "  /gone: { $ref: gone.yaml }\n  /list: []\n"
	settle(t, NewDocuments().Open(environment, write(t, t.TempDir(), "api.yaml", text)))
	lookedAt := func() string { _, _, _, last := environment.told(); return last }
	for lookedAt() == "" { // It is told after the document serves.
		if t.Context().Err() != nil {
			return
		}
	}
	if want := "2 of its paths cannot be read, among them path /gone: it refers to gone.yaml: "; !strings.Contains(lookedAt(), want) {
		t.Errorf("got %q, want %q", lookedAt(), want)
	}
}

// A mistake of the notation says where it stands, too.
func TestNotation(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"JSON":            {"{\n\"openapi\": \"3.0.3\",\n\"paths\": {]\n}", "line 3: "},
		"YAML":            {"openapi: 3.0.3\npaths:\n  /a: [\n  b: c: d\n", "line 2: "},
		"an anchor":       {"openapi: 3.0.3\npaths: &a\n  /a: *a\n", `line 3: anchor "a" contains itself`},
		"too deep":        {"openapi: 3.0.3\npaths: " + strings.Repeat("[", 600) + strings.Repeat("]", 600), "nested too deep"},
		"JSON, deep":      {strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), "nested too deep"},
		"merged in rings": {"openapi: 3.0.3\na: &a\n  <<: { <<: *a }\n", `anchor "a" contains itself`},
	} {
		if _, _, err := read(write(t, t.TempDir(), "api.yaml", c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
