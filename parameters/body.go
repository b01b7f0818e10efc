package parameters

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
)

// bodyOrigin takes all `body.` parameters out of a JSON document in one pass.
type bodyOrigin struct {
	origins []origin
	places  jsontext.Places
}

// take fills in the values of all `body.` parameters.
func (b *bodyOrigin) take(values []Value, body []byte) *Error {
	if len(body) == 0 {
		return b.empty(values)
	}
	var scratch [spansOnStack]jsontext.Span
	found := spans(&scratch, len(b.origins))
	if err := scan(body, &b.places, found); err != nil {
		return err
	}
	for i := range b.origins {
		if err := b.origins[i].takeJSON(values, body[found[i].Start:found[i].End:found[i].End]); err != nil {
			return err
		}
	}
	return nil
}

// scan checks all of a JSON document and finds what is wanted in it.
func scan(document []byte, places *jsontext.Places, found []jsontext.Span) *Error {
	if !utf8.Valid(document) {
		return &Error{Source: "body", Problem: problemNotUTF8JSON, Body: true}
	}
	fault := places.Find(document, found)
	switch {
	case fault == nil:
		return nil
	case fault.TooDeep:
		return &Error{Source: "body", Problem: problemTooDeep, Body: true}
	}
	return &Error{Source: "body", Problem: problemNotValidJSON + strconv.Itoa(fault.At), Body: true}
}

// empty handles a request without a body. It is an error if a parameter is required.
func (b *bodyOrigin) empty(values []Value) *Error {
	for i := range b.origins {
		if err := b.origins[i].missing(values); err != nil {
			err.Problem, err.Body = problemEmptyBody, true
			return err
		}
	}
	return nil
}

// takeJSON fills in the values of one `body.` key from the JSON value there, empty if there is none.
func (o *origin) takeJSON(values []Value, found []byte) *Error {
	switch {
	case emptyJSON(found):
		return o.missing(values)
	case o.list:
		return o.takeArray(values, found)
	case o.whole():
		values[o.captures[0].index] = Value{kind: isJSON, json: found}
		return nil
	case found[0] == '{' || found[0] == '[':
		return o.fail(problemNotAString)
	default:
		return o.take(values, jsonText(found))
	}
}

// whole reports whether the template is one placeholder and nothing else.
func (o *origin) whole() bool {
	chunks := o.pattern.chunks
	return len(chunks) == 1 && len(chunks[0].pieces) == 1 && o.pattern.captures == 1
}

// emptyJSON reports whether a value counts as missing.
func emptyJSON(value []byte) bool {
	switch string(value) {
	case "", "null", `""`:
		return true
	default:
		return false
	}
}

// takeArray fills in a list: the elements of an array except those that count as missing, or any other value as the
// only element.
func (o *origin) takeArray(values []Value, found []byte) *Error {
	array := found
	var elements [][]byte
	if found[0] == '[' {
		var dropped bool
		if elements, dropped = split(found); dropped {
			array = join(elements)
		}
	} else {
		elements = [][]byte{found}
		array = join(elements)
	}
	if len(elements) == 0 {
		return o.missing(values)
	}
	texts := make([]string, len(elements))
	for i, element := range elements {
		texts[i] = jsonText(element)
	}
	values[o.captures[0].index] = Value{kind: isList, list: texts, json: array}
	return nil
}

// split returns the elements of a valid array that do not count as missing. It also says whether there are elements that do.
func split(array []byte) (elements [][]byte, dropped bool) {
	_ = jsontext.Elements(array, func(element []byte) error {
		if emptyJSON(element) {
			dropped = true
		} else {
			elements = append(elements, element)
		}
		return nil
	})
	return elements, dropped
}

// join makes an array of elements.
func join(elements [][]byte) []byte {
	array := append([]byte{'['}, bytes.Join(elements, []byte{','})...)
	return append(array, ']')
}

// standardJSON is the default of a `body.` parameter: JSON if it reads as JSON, else a JSON string.
func standardJSON(standard string) Value {
	value := []byte(standard)
	if !json.Valid(value) {
		// A string can always be encoded.
		value, _ = json.Marshal(standard)
	}
	return Value{kind: isJSON, json: bytes.TrimSpace(value)}
}
