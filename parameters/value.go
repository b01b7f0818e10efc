package parameters

import (
	"iter"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

// Values are what a [Set] found in one request: one [Value] for each name, in the order of [Set.Names]. They are small
// and cheap to copy; the zero value holds none.
type Values struct {
	set    *Set
	values []Value
}

// Get returns the value of a parameter by name. It reports false if there is no such parameter, or if it is optional
// and the request does not give it.
func (v Values) Get(name string) (Value, bool) {
	i, known := v.set.Index(name)
	if !known {
		return Value{}, false
	}
	value := v.At(i)
	return value, value.Present()
}

// At returns the value at an index from [Set.Index], an absent one if there is none.
func (v Values) At(i int) Value {
	if i < 0 || i >= len(v.values) {
		return Value{}
	}
	return v.values[i]
}

// Len is the number of parameters, absent ones included.
func (v Values) Len() int { return len(v.values) }

// All ranges over names and values in the order of [Set.Names], absent ones included.
func (v Values) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i, value := range v.values {
			if !yield(v.set.names[i], value) {
				return
			}
		}
	}
}

// kind says which of its fields a Value uses.
type kind uint8

const (
	isAbsent kind = iota
	isText        // text, and raw if fromPath
	isList        // list, and json if from the body
	isJSON        // json
)

// Value is one parameter's value: absent, a text, a list of texts, or JSON. It cannot be changed, nor may what its
// methods return.
//
// Whatever its source, a value is valid UTF-8. A carriage return or a line feed can come from the path, the query and the
// body, a NUL from a JSON body alone. Whoever puts a value where these cannot stand has to refuse it.
type Value struct {
	kind     kind
	fromPath bool
	text     string
	raw      string
	json     []byte
	list     []string
}

// TextValue is a value that is a text.
func TextValue(text string) Value { return Value{kind: isText, text: text} }

// ListValue is a value that is a list of texts.
func ListValue(list []string) Value { return Value{kind: isList, list: list} }

// JSONValue is a value that is JSON, which must be valid and without space around it. Null is an absent value.
func JSONValue(json []byte) Value {
	if string(json) == "null" {
		return Value{}
	}
	return Value{kind: isJSON, json: json}
}

// Present reports whether the request gives the parameter, or its template a default.
func (v Value) Present() bool { return v.kind != isAbsent }

// Text is the value as one text: JSON strings without quotes and escapes, other JSON scalars as they are written,
// objects and arrays as compact JSON, lists joined by ",". It is "" for an absent value.
func (v Value) Text() string {
	switch v.kind {
	case isText:
		return v.text
	case isList:
		return strings.Join(v.list, ",")
	case isJSON:
		return jsonText(v.json)
	default:
		return ""
	}
}

// List returns the texts that `{name*}` has taken. It reports false for any other value.
func (v Value) List() ([]string, bool) { return v.list, v.kind == isList }

// JSON returns the value of a `body.` parameter as it stands in the body: `{name}` any value, `{name*}` an array. It
// reports false for all other values, which are texts, and for those that are only a part of a JSON string.
func (v Value) JSON() ([]byte, bool) { return v.json, v.json != nil }

// Raw is a path parameter as it was received, still percent-encoded. For all others it is [Value.Text].
func (v Value) Raw() string {
	if v.fromPath {
		return v.raw
	}
	return v.Text()
}

// FromPath reports whether the value was captured from the path, or is the default of a parameter of the path.
func (v Value) FromPath() bool { return v.fromPath }

// jsonText is the text of a valid JSON value without space around it.
func jsonText(value []byte) string {
	switch value[0] {
	case '"':
		return string(jsontext.Unquote(value))
	case '{', '[':
		return string(jsontext.AppendCompact(nil, value))
	default:
		return string(value)
	}
}
