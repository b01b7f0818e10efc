package openapi

import (
	"strings"
	"testing"
)

// How lists are written in version 2.0.
func TestCollectionFormat(t *testing.T) {
	cases := []struct{ name, in, format, want, err string }{
		{name: "commas, if nothing is said", in: "query", want: "/call?ids=1,2"},
		{name: "csv", in: "query", format: "csv", want: "/call?ids=1,2"},
		{name: "ssv", in: "query", format: "ssv", want: "/call?ids=1%202"},
		{name: "pipes", in: "query", format: "pipes", want: "/call?ids=1%7C2"},
		{name: "multi", in: "query", format: "multi", want: "/call?ids=1&ids=2"},
		{name: "tsv", in: "query", format: "tsv", err: `"ids" (query): its collectionFormat tsv cannot be written (api.yaml:`},
		{name: "a header", in: "header", want: "/call 1,2"},
		{name: "pipes in a header", in: "header", format: "pipes", err: "cannot be written"},
		{name: "a form, commas if nothing is said", in: "formData", want: "/call ids=1,2"},
		{name: "pipes in a form", in: "formData", format: "pipes", want: "/call ids=1%7C2"},
		{name: "multi in a form", in: "formData", format: "multi", want: "/call ids=1&ids=2"},
	}
	for _, c := range cases {
		for _, place := range []string{"operation", "path", "shared"} {
			t.Run(c.name+", "+place, func(t *testing.T) {
				format := ""
				if c.format != "" {
					format = ", collectionFormat: " + c.format
				}
				parameter := "{ name: ids, in: " + c.in + ", type: array, items: { type: integer }" + format + " }"
				operation := "operationId: call, consumes: [ " + formType + " ], responses: { 200: { description: ok } }"
				text := "swagger: \"2.0\"\ninfo: { title: t, version: \"1\" }\n"
				switch place {
				case "operation":
					text += "paths: { /call: { post: { " + operation + ", parameters: [ " + parameter + " ] } } }\n"
				case "path":
					text += "paths: { /call: { parameters: [ " + parameter + " ], post: { " + operation + " } } }\n"
				case "shared":
					text += "paths: { /call: { post: { " + operation + ", parameters: [ { $ref: \"#/parameters/ids\" } ] } } }\n" +
						"parameters: { ids: " + parameter + " }\n"
				}
				doc := compiledText(t, text)
				if _, err := doc.operations["call"].compiled(); c.err != "" || err != nil {
					if c.err == "" || err == nil || !strings.Contains(err.Error(), c.err) {
						t.Errorf("error: got %v, want %q", err, c.err)
					}
					return
				}
				function, set, err := bound(t, doc, "call", map[string]string{"query.id": "{ids*}"}, Options{})
				if err != nil {
					t.Fatal(err)
				}
				call, err := send(function, set, client{method: "POST", path: "/?id=1&id=2"})
				if err != nil {
					t.Fatal(err)
				}
				got := strings.TrimSpace(call.Headers.Get(":path") + " " + call.Headers.Get("ids") + string(call.Body()))
				if got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
	}
}
