package parameters

import (
	"iter"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

// Values are what a [Set] has found in one request: one [Value] for each name, in the order of [Set.Names]. Values are small and cheap
// to copy. The zero value has none.
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

// At returns the value at an index from [Set.Index]. It is absent if there is no such index.
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

// Value is the value of one parameter: absent, a text, a list of texts, or JSON. It cannot be changed, and what its methods return must
// not be changed.
//
// A value is valid UTF-8, whatever its source. A carriage return or a line feed can come from the path, the query and the body; a NUL
// can only come from a JSON body. Code that puts a value where these cannot stand must refuse it.
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

// JSONValue is a value that is JSON. The JSON must be valid and have no space around it. null makes an absent value.
func JSONValue(json []byte) Value {
	if string(json) == "null" {
		return Value{}
	}
	return Value{kind: isJSON, json: json}
}

// Present reports whether there is a value: the request gives the parameter, or its template has a default.
func (v Value) Present() bool { return v.kind != isAbsent }

// Text is the value as one text. JSON strings lose their quotes and escapes, other JSON scalars stay as they are written, objects and
// arrays are compact JSON, and lists are joined by ",". It is "" for an absent value.
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

// JSON returns the value of a `body.` parameter as it stands in the body: any value for `{name}`, an array for `{name*}`. It reports
// false for a value that is only a part of a JSON string, and for all parameters from elsewhere, which are texts.
func (v Value) JSON() ([]byte, bool) { return v.json, v.json != nil }

// Raw is a parameter of the path as it was received, still percent-encoded. For all others it is [Value.Text].
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
