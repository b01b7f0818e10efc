package message

import (
	"reflect"
	"testing"
)

func TestParse(t *testing.T) {
	cases := []struct {
		name, text string
		want       Text
	}{
		{"a line", "GET /", Text{First: "GET /"}},
		{"a line as YAML's block has it", "GET /\n", Text{First: "GET /"}},
		{"headers", "GET /\nX-A: 1\nx-b:\t2 \n", Text{First: "GET /", Headers: []Field{{"x-a", "1", "X-A"}, {"x-b", "2", "x-b"}}}},
		{"a blank line", "GET /\n\n", Text{First: "GET /", HasBody: true}},
		{"a blank line after headers", "GET /\nA: b\n\n", Text{First: "GET /", Headers: []Field{{"a", "b", "A"}}, HasBody: true}},
		{"a body", "GET /\n\na\n\nb\n", Text{First: "GET /", Body: "a\n\nb", HasBody: true}},
		{"a body that ends with a blank line", "GET /\n\na\n\n", Text{First: "GET /", Body: "a\n", HasBody: true}},
		{"other line breaks", "GET /\r\nA: b\r\n\r\na\r\n", Text{First: "GET /", Headers: []Field{{"a", "b", "A"}}, Body: "a", HasBody: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, err := Parse(c.text); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestAppendQuery(t *testing.T) {
	cases := []struct{ name, call, received, want string }{
		{"no query", "/a", "/x", "/a"},
		{"a query", "/a", "/x?b=1&c", "/a?b=1&c"},
		{"besides that of the call", "/a?b=1", "/x?c=2", "/a?b=1&c=2"},
		{"not what the call has itself", "/a?b=1", "/x?b=2&%62=3&c=4&b", "/a?b=1&c=4"},
		{"nothing is left", "/a?b=1", "/x?b=2", "/a?b=1"},
		{"a call whose query is empty", "/a?", "/x?b=2", "/a?b=2"},
		{"empty pairs", "/a", "/x?&&b=2&", "/a?b=2"},
		{"a broken escape", "/a?b=1", "/x?%zz=2", "/a?b=1&%zz=2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := string(appendQuery([]byte(c.call), c.received)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
