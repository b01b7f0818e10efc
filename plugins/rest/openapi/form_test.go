package openapi

import (
	"strings"
	"testing"
)

// validated sends a body to an operation whose request body is described so.
func validated(t *testing.T, version, requestBody, components, contentType, body string) error {
	t.Helper()
	text := strings.Replace(callWith("requestBody: "+requestBody)+components, "3.0.3", version, 1)
	function, set, err := bound(t, compiledText(t, text), "call", nil, Options{Validate: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = send(function, set, client{method: "POST", path: "/", body: body, headers: [][2]string{{"content-type", contentType}}})
	return err
}

const formComponents = `
components:
  schemas:
    Card: { type: object, required: [ number ], properties: { number: { type: string, minLength: 4 }, year: { type: integer } } }
    Bank: { type: object, required: [ iban ], properties: { iban: { type: string } } }
    Age: { type: object, properties: { age: { type: integer, maximum: 150 } } }
`

// What is right and what is wrong in a form, in versions 3.0 and 3.1.
func TestFormsInOneText(t *testing.T) {
	const items = `{ type: object, properties: { items: { type: array, items: { type: object, properties: { price: { type: string }, quantity: { type: integer } } } } } }`
	cases := []struct {
		name, schema string
		encoding     string
		body         string
		err          string
	}{
		{name: "a schema without a type", schema: `{ properties: { n: { type: integer } } }`, body: "n=7&x=y"},
		{name: "a schema without a type, wrong", schema: `{ properties: { n: { type: integer } } }`, body: "n=x", err: "The body at /n must be an integer"},
		{name: "oneOf at the root, the first", schema: `{ oneOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Bank" } ] }`, body: "number=4242&year=2030"},
		{name: "oneOf at the root, the second", schema: `{ oneOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Bank" } ] }`, body: "iban=DE1"},
		{name: "oneOf at the root, neither", schema: `{ oneOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Bank" } ] }`, body: "number=4242&year=x", err: "The body at /year must be an integer"},
		{name: "anyOf with null around it", schema: `{ anyOf: [ { $ref: "#/components/schemas/Card" }, { type: string, enum: [ "" ] } ] }`, body: "number=4242"},
		{name: "allOf", schema: `{ allOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Age" } ] }`, body: "number=4242&age=7"},
		{name: "allOf, wrong", schema: `{ allOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Age" } ] }`, body: "number=4242&age=151", err: "The body at /age "},
		{name: "an object in brackets", schema: `{ type: object, properties: { card: { $ref: "#/components/schemas/Card" } } }`, body: "card[number]=4242&card%5Byear%5D=2030"},
		{name: "an object in brackets, wrong", schema: `{ type: object, properties: { card: { $ref: "#/components/schemas/Card" } } }`, body: "card[number]=4242&card[year]=x", err: "The body at /card/year must be an integer"},
		{name: "an object in brackets, that is not all there", schema: `{ type: object, properties: { card: { $ref: "#/components/schemas/Card" } } }`, body: "card[year]=1", err: "The body at /card"},
		{name: "an object or an empty text, as Stripe has it", schema: `{ type: object, properties: { card: { anyOf: [ { $ref: "#/components/schemas/Card" }, { type: string, enum: [ "" ] } ] } } }`, body: "card[number]=4242"},
		{name: "an object or an empty text, empty", schema: `{ type: object, properties: { card: { anyOf: [ { $ref: "#/components/schemas/Card" }, { type: string, enum: [ "" ] } ] } } }`, body: "card="},
		{name: "an object as JSON", schema: `{ type: object, properties: { card: { $ref: "#/components/schemas/Card" } } }`, body: `card={"number":"4242"}`},
		{name: "an object as JSON, wrong", schema: `{ type: object, properties: { card: { $ref: "#/components/schemas/Card" } } }`, body: `card={"number":"4"}`, err: "The body at /card/number "},
		{name: "an object in another notation is not checked", schema: `{ type: object, required: [ card ], properties: { n: { type: integer }, card: { $ref: "#/components/schemas/Card" } } }`, body: `card=number:4&n=7`},
		{name: "but all others are", schema: `{ type: object, required: [ card ], properties: { n: { type: integer, maximum: 7 }, card: { $ref: "#/components/schemas/Card" } } }`, body: `card=number:4&n=8`, err: "The body at /n "},
		{name: "and what is missing is missing", schema: `{ type: object, required: [ m ], properties: { m: {}, card: { $ref: "#/components/schemas/Card" } } }`, body: `card=number:4&n=8`, err: `The body at /m is missing`},
		{name: "an object that is spread", schema: `{ type: object, required: [ card ], properties: { n: { type: integer }, card: { $ref: "#/components/schemas/Card" } } }`, body: `number=4242&n=7`},
		{name: "a list of objects", schema: items, body: "items[0][price]=p1&items[0][quantity]=2&items[1][price]=p2"},
		{name: "a list of objects, wrong", schema: items, body: "items[0][price]=p1&items[1][quantity]=x", err: "The body at /items/1/quantity must be an integer"},
		{name: "a list of objects, each in JSON", schema: items, body: `items={"quantity":1}&items={"quantity":"x"}`, err: "The body at /items/1"},
		{name: "a list of objects in one JSON", schema: items, body: `items=[{"quantity":1},{"price":"p"}]`},
		{name: "a list", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, body: "t=1&t=2"},
		{name: "a list, wrong", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, body: "t=1&t=x", err: "The body at /t/1 must be an integer"},
		{name: "a list of one", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, body: "t=1"},
		{name: "a list in empty brackets", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, body: "t[]=1&t[]=2"},
		{name: "a list whose name has brackets", schema: `{ type: object, properties: { "t[]": { type: array, items: { type: integer } } } }`, body: "t[]=1&t[]=x", err: "The body at /t[]/1 "},
		{name: "a list with commas", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, encoding: "t: { explode: false }", body: "t=1,2,x", err: "The body at /t/2 must be an integer"},
		{name: "a list with pipes", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, encoding: "t: { style: pipeDelimited, explode: false }", body: "t=1|2"},
		{name: "a field that is JSON", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, encoding: "t: { contentType: application/json }", body: "t=[1,2]"},
		{name: "a field that must be JSON", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, encoding: "t: { contentType: application/json }", body: "t=1,2", err: "The body at /t must be "},
		{name: "a field that is XML is not checked", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, encoding: "t: { contentType: application/xml }", body: "t=<a/>"},
		{name: "brackets after a text", schema: `{ type: object, properties: { t: { type: string } } }`, body: "t[a]=1"},
		{name: "two notations at once are not checked", schema: `{ type: object, properties: { t: { type: object, properties: { a: { type: integer } } } } }`, body: "t={}&t[a]=x"},
		{name: "the same field twice", schema: `{ type: object, properties: { n: { type: integer } } }`, body: "n=1&n=x", err: "The body at /n must be an integer"},
		{name: "a field that nobody knows", schema: `{ type: object, additionalProperties: false, properties: { n: { type: integer } } }`, body: "m=1", err: "The body "},
		{name: "fields that have no name", schema: `{ type: object, additionalProperties: { type: integer } }`, body: "a=1&b=x", err: "The body at /b must be an integer"},
		{name: "a text in another encoding is not checked", schema: `{ type: object, properties: { t: { type: string, maxLength: 1 } } }`, body: "t=%E9%E9"},
		{name: "a broken escape", schema: `{ type: object, properties: { t: { type: string } } }`, body: "t=%zz", err: "The body at /t must be percent-encoded"},
		{name: "a body of another kind than an object", schema: `{ type: array, items: { type: integer } }`, body: "t=x"},
		{name: "a number that a float64 does not know", schema: `{ type: object, properties: { n: { type: number, maximum: 9007199254740991 } } }`, body: "n=9007199254740991.25", err: "The body at /n "},
		{name: "a required member that only answers have", schema: `{ allOf: [ { type: object, required: [ id, n ] }, { properties: { id: { readOnly: true }, n: { type: integer }, card: { $ref: "#/components/schemas/Card" } } } ] }`, body: "n=1&card=?"},
		{name: "no boolean", schema: `{ type: object, required: [ a ], properties: { a: { type: boolean } } }`, body: "a=1", err: "The body at /a must be true or false"},
	}
	for _, c := range cases {
		for _, version := range []string{"3.0.3", "3.1.0"} {
			t.Run(c.name+" "+version, func(t *testing.T) {
				body := `{ content: { "application/x-www-form-urlencoded": { schema: ` + c.schema + `, encoding: { ` + c.encoding + ` } } } }`
				err := validated(t, version, body, formComponents, "application/x-www-form-urlencoded; charset=UTF-8", c.body)
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), "bad_body: "+c.err) {
					t.Errorf("error: got %v, want %q", err, c.err)
				}
			})
		}
	}
}

func TestFormsInParts(t *testing.T) {
	type part struct{ name, more, body string } // more are headers and what follows the name
	const latin = "\xe9"
	file := part{"file", `; filename="a.png"` + "\r\nContent-Type: image/png", "\x89PNG\r\n\xff"}
	cases := []struct {
		name, version, schema, encoding string
		parts                           []part
		err                             string
	}{
		{name: "allOf", schema: `{ allOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Age" } ] }`, parts: []part{{"number", "", "4242"}, {"age", "", "7"}}},
		{name: "allOf, wrong", schema: `{ allOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Age" } ] }`, parts: []part{{"number", "", "4242"}, {"age", "", "x"}}, err: "The body at /age must be an integer"},
		{name: "a part that is not described", schema: `{ type: object, properties: { n: { type: integer } } }`, parts: []part{{"n", "", "7"}, {"submit", "", "Send"}, file}},
		{name: "an integer with a charset", schema: `{ type: object, properties: { n: { type: integer } } }`, parts: []part{{"n", "\r\nContent-Type: text/plain; charset=utf-8", "7"}}},
		{name: "an integer with a charset, wrong", schema: `{ type: object, properties: { n: { type: integer } } }`, parts: []part{{"n", "\r\nContent-Type: text/plain;charset=UTF-8", "x"}}, err: "The body at /n must be an integer"},
		{name: "an integer is one whatever the client calls it", schema: `{ type: object, properties: { n: { type: integer } } }`, parts: []part{{"n", `; filename=a` + "\r\nContent-Type: image/png", "x" + latin}}, err: "The body at /n must be an integer"},
		{name: "what FastAPI's UploadFile is", version: "3.1.0", schema: `{ type: object, required: [ file ], properties: { file: { type: string, contentMediaType: application/octet-stream } } }`, parts: []part{file}},
		{name: "a list of them", version: "3.1.0", schema: `{ type: object, properties: { file: { type: array, items: { type: string, contentMediaType: application/octet-stream } } } }`, parts: []part{file, file}},
		{name: "one that may be null", version: "3.1.0", schema: `{ type: object, properties: { file: { anyOf: [ { type: string, contentMediaType: application/octet-stream }, { type: "null" } ] } } }`, parts: []part{file}},
		{name: "a file, with another field that is wrong", version: "3.1.0", schema: `{ type: object, properties: { n: { type: integer }, file: { type: string, contentMediaType: application/octet-stream } } }`, parts: []part{file, {"n", "", "x"}}, err: "The body at /n must be an integer"},
		{name: "a binary file", schema: `{ type: object, properties: { file: { type: string, format: binary } } }`, parts: []part{file}},
		{name: "a file that is not there", schema: `{ type: object, required: [ file, other ], properties: { file: { type: string, format: binary }, other: {} } }`, parts: []part{file}, err: `The body at /other is missing`},
		{name: "a file that is text, for a text", schema: `{ type: object, properties: { t: { type: string, maxLength: 3 } } }`, parts: []part{{"t", `; filename=a` + "\r\nContent-Type: application/xml", "long"}}, err: "The body at /t "},
		{name: "an object in JSON", schema: `{ type: object, properties: { c: { $ref: "#/components/schemas/Card" } } }`, parts: []part{{"c", "\r\nContent-Type: application/json", `{"number":"4"}`}}, err: "The body at /c/number "},
		{name: "an object in JSON that does not say so", schema: `{ type: object, properties: { c: { $ref: "#/components/schemas/Card" } } }`, parts: []part{{"c", "", `{"number":"4"}`}}, err: "The body at /c/number "},
		{name: "an object that is no JSON though it says so", schema: `{ type: object, properties: { c: { $ref: "#/components/schemas/Card" } } }`, parts: []part{{"c", "\r\nContent-Type: application/json", `{`}}, err: "The body at /c must be JSON"},
		{name: "an object in XML is not checked", schema: `{ type: object, properties: { c: { $ref: "#/components/schemas/Card" } } }`, parts: []part{{"c", "\r\nContent-Type: application/xml", `<number/>`}}},
		{name: "a media type that the document gives", schema: `{ type: object, properties: { file: { type: string, format: binary } } }`, encoding: `file: { contentType: "image/gif, image/*" }`, parts: []part{file}},
		{name: "another one", schema: `{ type: object, properties: { file: { type: string, format: binary } } }`, encoding: `file: { contentType: "image/gif, text/*" }`, parts: []part{file}, err: "The body at /file must not have the content-type image/png"},
		{name: "a text in another charset is not checked", schema: `{ type: object, properties: { t: { type: string, maxLength: 1 } } }`, parts: []part{{"t", "\r\nContent-Type: text/plain; charset=iso-8859-1", latin + latin}}},
		{name: "a list", schema: `{ type: object, properties: { t: { type: array, items: { type: integer } } } }`, parts: []part{{"t", "", "1"}, {"t", "", "x"}}, err: "The body at /t/1 must be an integer"},
		{name: "oneOf at the root", schema: `{ oneOf: [ { $ref: "#/components/schemas/Card" }, { $ref: "#/components/schemas/Bank" } ] }`, parts: []part{{"iban", "", "x"}}},
		{name: "a schema without a type", schema: `{ properties: { n: { type: integer } } }`, parts: []part{{"n", "", "x"}}, err: "The body at /n must be an integer"},
	}
	for _, c := range cases {
		versions := []string{c.version}
		if c.version == "" {
			versions = []string{"3.0.3", "3.1.0"}
		}
		var form strings.Builder
		for _, p := range c.parts {
			form.WriteString("--b\r\nContent-Disposition: form-data; name=" + p.name + p.more + "\r\n\r\n" + p.body + "\r\n")
		}
		form.WriteString("--b--\r\n")
		for _, version := range versions {
			t.Run(c.name+" "+version, func(t *testing.T) {
				body := `{ content: { "multipart/form-data": { schema: ` + c.schema + `, encoding: { ` + c.encoding + ` } } } }`
				err := validated(t, version, body, formComponents, `Multipart/Form-Data; boundary="b"`, form.String())
				if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), "bad_body: "+c.err) {
					t.Errorf("error: got %v, want %q", err, c.err)
				}
			})
		}
	}
}

// A form in parts that is none says where it ends to be one.
func TestBrokenParts(t *testing.T) {
	const body = `{ content: { multipart/form-data: { schema: { type: object } } } }`
	for _, c := range []struct{ name, contentType, body, err string }{
		{"cut off", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b\r\nContent-Dis", "The body is no multipart/form-data after 1 of its parts"},
		{"cut off within a value", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1", "The body at /a is cut off"},
		{"without a boundary", "multipart/form-data", "--b--\r\n", "The body has a content-type without a boundary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := validated(t, "3.0.3", body, "", c.contentType, c.body); err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
		})
	}
}
