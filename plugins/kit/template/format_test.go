package template

import (
	"fmt"
	"testing"
)

// Content types are compared by RFC 9110 section 8.3: neither case, nor space around parameters, nor quotes make a difference.
func TestFormatOf(t *testing.T) {
	cases := []struct{ contentType, want string }{
		{"application/json", "template.jsonText"},
		{"application/json;charset=UTF-8", "template.jsonText"},
		{"application/json; charset=utf-8", "template.jsonText"},
		{`Application/JSON ; Charset="Utf-8"`, "template.jsonText"},
		{"application/problem+json;charset=UTF-8", "template.jsonText"},
		{"application/vnd.a.b+JSON; version=1", "template.jsonText"},
		{"application/json; profile=\"a;b\"", "template.jsonText"},
		{"text/xml;charset=UTF-8", "template.xmlText"},
		{"application/SOAP+xml; action=\"urn:a;b\"; charset=US-ASCII", "template.xmlText"},
		{"APPLICATION/x-www-form-urlencoded;charset=utf-8", "template.form"},
		{"text/HTML;charset=UTF-8", "template.unsupported"},
		{"Text/JavaScript", "template.unsupported"},
		{"Multipart/Form-Data; boundary=b", "template.unsupported"},
		{"text/plain;charset=UTF-8", "template.plain"},
		{"application/jsonp", "template.plain"},
		{"application/json+zip", "template.plain"},
		{"application/json;charset=iso-8859-1", "error"},
		{"application/json;charset", "error"},
		{"json", "template.plain"},
	}
	for _, c := range cases {
		t.Run(c.contentType, func(t *testing.T) {
			format, err := FormatOf(c.contentType)
			got := fmt.Sprintf("%T", format)
			if err != nil {
				got = "error"
			}
			if got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}
