package openapi

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// checked checks a JSON body against a schema, in a version.
func checked(t *testing.T, version, schema, components, body string) error {
	t.Helper()
	return validated(t, version, `{ content: { application/json: { schema: `+schema+` } } }`, components, "application/json", body)
}

var bothVersions = []string{"3.0.3", "3.1.0"}

// Numbers are compared digit by digit.
func TestNumbersBeyondFloats(t *testing.T) {
	const integers = `{ type: integer }`
	cases := []struct {
		name, schema, body string
		wrong              bool
	}{
		{"above the largest maximum that a float64 tells from others", `{ type: number, maximum: 9007199254740991 }`, "9007199254740991.25", true},
		{"at it", `{ type: number, maximum: 9007199254740991 }`, "9007199254740991.0", false},
		{"below the smallest minimum", `{ type: number, minimum: -9007199254740991 }`, "-9007199254740991.25", true},
		{"a maximum that the reader of documents rounds", `{ type: integer, maximum: 9007199254740993 }`, "9007199254740993", false},
		{"above it", `{ type: integer, maximum: 9007199254740993 }`, "9007199254740996", true},
		{"one with a fraction that a float64 does not see", integers, "9007199254740993.5", true},
		{"one with an exponent", integers, "9007199254740993e1", false},
		{"a large integer without bits", integers, "123456789012345678901234567890", false},
		{"the largest of 64 bits", `{ type: integer, format: int64 }`, "9223372036854775807", false},
		{"one above", `{ type: integer, format: int64 }`, "9223372036854775808", true},
		{"one above, written with an exponent", `{ type: integer, format: int64 }`, "9223372036854775.808e3", true},
		{"the smallest of 64 bits", `{ type: integer, format: int64 }`, "-9223372036854775808", false},
		{"one below", `{ type: integer, format: int64 }`, "-9223372036854775809", true},
		{"of 32 bits", `{ type: integer, format: int32 }`, "2147483647", false},
		{"above 32 bits", `{ type: integer, format: int32 }`, "2147483648", true},
		{"within an object", `{ type: object, properties: { id: { allOf: [ { type: integer, format: int64 } ] } } }`, `{"id":9223372036854775808}`, true},
		{"the maximum of 64 bits, which the reader of documents rounds", `{ type: integer, maximum: 9223372036854775807 }`, "9223372036854775807", false},
		{"a multiple of what a float64 does not know", `{ type: number, multipleOf: 0.01 }`, "19.99", false},
		{"no multiple", `{ type: number, multipleOf: 0.01 }`, "19.995", true},
		{"no multiple beyond floats", `{ type: integer, multipleOf: 2 }`, "9007199254740993", true},
		{"an enumeration", `{ type: number, enum: [ 9007199254740991 ] }`, "9007199254740991.25", true},
		{"an enumeration that the reader of documents rounds", `{ type: integer, enum: [ 9007199254740993, 1 ] }`, "9007199254740993", false},
		{"a list whose elements a float64 does not tell apart", `{ type: array, uniqueItems: true, items: {} }`, "[9007199254740993,9007199254740992]", false},
		{"1e2 is 100.0", `{ type: array, uniqueItems: true, items: {} }`, "[1e2,100.0]", true},
		{"0 is -0.0e7", `{ type: array, uniqueItems: true, items: {} }`, "[0,-0.0e7]", true},
		{"0.10 is 1E-1", `{ type: array, uniqueItems: true, items: {} }`, "[0.10,1E-1]", true},
		{"-1 is not 1, nor 10", `{ type: array, uniqueItems: true, items: {} }`, "[-1,1,10,0.1,-10]", false},
		{"1 is 1.0", `{ type: array, uniqueItems: true, items: {} }`, "[1,1.0]", true},
		{"out of range", `{}`, `{"a":[1e999]}`, true},
	}
	for _, c := range cases {
		for _, version := range bothVersions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				if err := checked(t, version, c.schema, "", c.body); (err != nil) != c.wrong {
					t.Errorf("got %v, want an error: %v", err, c.wrong)
				}
			})
		}
	}
}

// What leaves has the digits that came.
func TestDigitsAreKept(t *testing.T) {
	const operation = `parameters: [ { name: n, in: query, schema: { anyOf: [ { type: integer }, { type: boolean } ], default: 9007199254740993 } } ]
      requestBody: { content: { application/json: { schema: { type: object, properties: { id: { type: integer, format: int64 } } } } } }`
	for _, version := range bothVersions {
		doc := compiledText(t, strings.Replace(callWith(operation), "3.0.3", version, 1))
		for _, c := range []struct {
			name       string
			parameters map[string]string
			client     client
			want, err  string
		}{
			{name: "of a text", parameters: map[string]string{"query.n": "{n}"}, client: client{path: "/?n=9007199254740993"}, want: "/call?n=9007199254740993"},
			{name: "of a number", parameters: map[string]string{"body.n": "{n}", "body.id": "{id}"}, client: client{path: "/", body: `{"n":123456789012345678901,"id":"9223372036854775807"}`}, want: `/call?n=123456789012345678901{"id":9223372036854775807}`},
			{name: "too many for 64 bits", parameters: map[string]string{"body.id": "{id}"}, client: client{path: "/", body: `{"id":9223372036854775808}`}, err: `parameter "id" (body) must be an integer of 64 bits`},
			{name: "a default that the reader of documents rounds is the upstream's", client: client{path: "/"}, want: "/call"},
		} {
			t.Run(c.name+" "+version, func(t *testing.T) {
				function, set, err := bound(t, doc, "call", c.parameters, Options{})
				if err != nil {
					t.Fatal(err)
				}
				c.client.method = "POST"
				call, err := send(function, set, c.client)
				if err != nil || c.err != "" {
					if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
						t.Errorf("error: got %v, want %q", err, c.err)
					}
					return
				}
				if got := call.Headers.Get(":path") + string(call.Body()); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
	}
}

// https://spec.openapis.org/oas/v3.0.4.html#discriminator-object
func TestDiscriminator(t *testing.T) {
	const components = `
components:
  schemas:
    Cat: { type: object, required: [ kind ], properties: { kind: { type: string }, claws: { type: integer } } }
    Dog: { type: object, required: [ kind ], properties: { kind: { type: string }, bark: { type: boolean } } }
`
	const mapped = `{ oneOf: [ { $ref: "#/components/schemas/Cat" }, { $ref: "#/components/schemas/Dog" } ], discriminator: { propertyName: kind, mapping: { %s } } }`
	cases := []struct{ name, mapping, body, err string }{
		{"a name of the mapping", `kitty: "#/components/schemas/Cat"`, `{"kind":"kitty","claws":4,"bark":"x"}`, ""},
		{"a name of the mapping, wrong", `kitty: "#/components/schemas/Cat"`, `{"kind":"kitty","claws":"x"}`, "The body at /claws must be an integer"},
		{"the name of a schema beside the mapping", `kitty: "#/components/schemas/Cat"`, `{"kind":"Dog","bark":true}`, ""},
		{"the name of a schema beside the mapping, wrong", `kitty: "#/components/schemas/Cat"`, `{"kind":"Dog","bark":1}`, "The body at /bark must be true or false"},
		{"the name of a mapped schema", `kitty: "#/components/schemas/Cat"`, `{"kind":"Cat","claws":4}`, ""},
		{"a mapping to a name", `kitty: Cat`, `{"kind":"kitty","claws":"x"}`, "The body at /claws must be an integer"},
		{"no mapping", ``, `{"kind":"Cat","claws":4}`, ""},
		{"a name that nothing has", `kitty: Cat`, `{"kind":"cow"}`, `The body at /kind must be one of ["Cat" "Dog" "kitty"]`},
		{"none", `kitty: Cat`, `{"claws":4}`, `must have the property "kind"`},
		{"no text", `kitty: Cat`, `{"kind":7}`, "The body at /kind must be a text"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := checked(t, "3.0.3", strings.Replace(mapped, "%s", c.mapping, 1), components, c.body)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error: got %v, want %q", err, c.err)
			}
		})
	}
	for _, kind := range []string{"kitty", "Cat"} { // In 3.1 a discriminator is a hint to readers, and the schemas tell.
		schema := strings.Replace(strings.Replace(mapped, "%s", "kitty: Cat", 1), "oneOf", "anyOf", 1)
		if err := checked(t, "3.1.0", schema, components, `{"kind":"`+kind+`","claws":4}`); err != nil {
			t.Errorf("3.1: %v", err)
		}
	}
}

// What version 3.0 says of null.
func TestNullable(t *testing.T) {
	const components = `
components: { schemas: { Name: { type: string }, Maybe: { type: string, nullable: true } } }
`
	for _, c := range []struct {
		name, schema string
		wrong        bool
	}{
		{"a type", `{ type: string }`, true},
		{"a nullable type", `{ type: string, nullable: true }`, false},
		{"no type", `{}`, false},
		{"no type, but a limit", `{ maxLength: 3 }`, false},
		{"an enumeration", `{ type: string, enum: [ a ] }`, true},
		{"a nullable enumeration", `{ type: string, enum: [ a ], nullable: true }`, false},
		{"a reference", `{ $ref: "#/components/schemas/Name" }`, true},
		{"nullable around a reference", `{ nullable: true, allOf: [ { $ref: "#/components/schemas/Name" } ] }`, false},
		{"a nullable alternative", `{ anyOf: [ { type: integer }, { $ref: "#/components/schemas/Maybe" } ] }`, false},
		{"no nullable alternative", `{ anyOf: [ { type: integer }, { $ref: "#/components/schemas/Name" } ] }`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := checked(t, "3.0.3", c.schema, components, "null"); (err != nil) != c.wrong {
				t.Errorf("got %v, want an error: %v", err, c.wrong)
			}
		})
	}
}

// FuzzRules compares our checks with kin-openapi's, which share nothing but how a schema is read.
func FuzzRules(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"type":"integer","minimum":1,"exclusiveMinimum":true,"maximum":10,"multipleOf":3}`, `9`},
		{`{"type":"number","multipleOf":0.1}`, `0.3`},
		{`{"type":"string","minLength":1,"maxLength":3,"pattern":"^a"}`, `"a€€"`},
		{`{"type":"string","enum":["a",1,null,[1],{"a":1}]}`, `"a"`},
		{`{"enum":["a",1,null,[1],{"a":1}]}`, `{"a":1.0}`},
		{`{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2,"uniqueItems":true}`, `[1,2]`},
		{`{"type":"array","items":{},"uniqueItems":true}`, `[{"a":1},{"a":1}]`},
		{`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"readOnly":true}},"additionalProperties":false}`, `{"a":"x"}`},
		{`{"type":"object","additionalProperties":{"type":"boolean"},"minProperties":1,"maxProperties":2}`, `{"a":true}`},
		{`{"oneOf":[{"type":"integer"},{"type":"number","minimum":5}]}`, `7`},
		{`{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"string","nullable":true}}]}`, `["a",null]`},
		{`{"allOf":[{"required":["a"]},{"properties":{"a":{"readOnly":true}}}]}`, `{}`},
		{`{"not":{"type":"string"}}`, `1`},
		{`{"type":"string","nullable":true,"oneOf":[{"maxLength":1},{"minLength":2}]}`, `null`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, schema, value string) {
		s := &openapi3.Schema{}
		if json.Unmarshal([]byte(schema), s) != nil || s.Validate(context.Background(), openapi3.DisableSchemaPatternValidation()) != nil {
			return
		}
		decoded, err := decodeJSON([]byte(value))
		if err != nil || holdable(decoded) != nil || strings.Contains(schema, "discriminator") || strings.Contains(schema, "format") ||
			strings.Contains(schema, "pattern") && !strings.Contains(schema, `"^a"`) || beyondFloats(schema+value) || strings.Contains(value, "null") {
			return // In these we differ: see the tests above.
		}
		c, err := newCompiler(&openapi3.T{OpenAPI: "3.0.3"})
		if err != nil {
			t.Fatal(err)
		}
		check, err := c.check(s.NewRef())
		if err != nil {
			t.Fatal(err)
		}
		ours := check(decoded)
		theirs := s.VisitJSON(decoded, openapi3.VisitAsRequest(), openapi3.DisableReadOnlyValidation())
		if (ours == nil) != (theirs == nil) {
			t.Errorf("%s with %s: got %v, kin-openapi says %v", schema, value, ours, theirs)
		}
	})
}

// beyondFloats reports whether a text may hold a number that a float64 does not know exactly.
func beyondFloats(s string) bool {
	digits := 0
	for _, c := range s {
		if c >= '0' && c <= '9' || c == '.' {
			digits++
		} else {
			digits = 0
		}
		if digits > 6 {
			return true
		}
	}
	return false
}

// Schemas that lead to the same member by several ways do not multiply with each level of a body.
func TestBodiesOfManyLevels(t *testing.T) {
	const node = `{ type: object, properties: { c: { $ref: "#/components/schemas/N" } } }`
	const levels = 40
	components := func(schema string) string { return "components: { schemas: { N: " + schema + " } }\n" }
	right := strings.Repeat(`{"c":`, levels) + `{"x":1}` + strings.Repeat("}", levels)
	wrong := strings.Repeat(`{"c":`, levels) + `7` + strings.Repeat("}", levels)
	cases := []struct{ name, schema, body, want30 string }{
		{"allOf", "{ allOf: [ " + node + ", " + node + " ] }", right, ""},
		{"allOf, wrong", "{ allOf: [ " + node + ", " + node + " ] }", wrong, "must be an object"},
		{"anyOf, wrong", "{ anyOf: [ " + node + ", " + node + " ] }", wrong, "matches no schema of anyOf"},
		{"oneOf", "{ oneOf: [ " + node + ", " + node + " ] }", right, `matches more than one`},
		{"not", `{ type: object, properties: { c: { $ref: "#/components/schemas/N" } }, not: { required: [ y ], properties: { c: { $ref: "#/components/schemas/N" } } } }`, right, ""},
		{"with a format", "{ format: uuid, allOf: [ " + node + ", " + node + " ] }", right, ""},
		{"with a format nobody knows", "{ format: x, allOf: [ " + node + ", " + node + " ] }", right, ""},
	}
	for _, c := range cases {
		for _, version := range bothVersions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				err := checked(t, version, `{ $ref: "#/components/schemas/N" }`, components(c.schema), c.body)
				want := c.want30
				if version != "3.0.3" && c.name != "not" { // Nothing is remembered there, so it ends.
					want = errBranching.Error()
				}
				if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			})
		}
	}
}

// Lists in lists that must all have distinct elements are not compared as often as there are levels.
func TestDistinctElementsOfManyLevels(t *testing.T) {
	const components = `components: { schemas: { U: { type: array, uniqueItems: true, items: { $ref: "#/components/schemas/U" } } } }
`
	const levels = 5000
	for _, version := range bothVersions {
		err := checked(t, version, `{ $ref: "#/components/schemas/U" }`, components, strings.Repeat("[", levels)+strings.Repeat("]", levels))
		if err == nil || !strings.Contains(err.Error(), errBranching.Error()) {
			t.Errorf("%s: got %v, want %v", version, err, errBranching)
		}
	}
}

// What a schema says of an object can depend on those that look at it as well, so that it is not what another one is told.
func TestAnswersOnlyBesideOthers(t *testing.T) {
	const components = `components: { schemas: { R: { anyOf: [ { type: object } ], required: [ id ] } } }
`
	const schema = `{ type: object, properties: { a: { anyOf: [ { $ref: "#/components/schemas/R" },
  { allOf: [ { properties: { id: { type: integer, readOnly: true } } }, { $ref: "#/components/schemas/R" } ] } ] } } }`
	if err := checked(t, "3.0.3", schema, components, `{"a":{"b":1}}`); err != nil {
		t.Error(err)
	}
}
