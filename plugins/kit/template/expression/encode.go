package expression

import (
	"cmp"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
)

// maxDepth is how deeply what an expression makes may be nested. It bounds the stack.
const maxDepth = 2000

// perValue is how many bytes count for each value that is written, beside the length of texts; perFraction is what counts for one
// whose digits have to be computed.
const perValue, perFraction = 8, 16

var (
	errNotText   = errors.New("the result is not valid UTF-8")
	errNotNumber = errors.New("the result is not a number")
	errTooLong   = errors.New("what is made of the body would be many times as long")
)

// appendNative writes what the virtual machine has computed as compact JSON. Objects that were read keep the order of their
// names, others are in alphabetical order.
func (o *orders) appendNative(to []byte, of any, depth int) ([]byte, error) {
	if depth > maxDepth {
		return to, errors.New("the result is nested too deeply")
	}
	if o.left -= perValue; o.left < 0 {
		return to, errTooLong
	}
	switch of := of.(type) {
	case nil:
		return append(to, "null"...), nil
	case string:
		if o.left -= len(of); o.left < 0 {
			return to, errTooLong
		}
		if !utf8.ValidString(of) {
			return to, errNotText
		}
		return jsontext.AppendString(to, of), nil
	case bool:
		return strconv.AppendBool(to, of), nil
	case int:
		return strconv.AppendInt(to, int64(of), 10), nil
	case digits:
		o.left -= len(of.text)
		return append(to, of.text...), nil
	case float64:
		o.left -= perFraction
		return appendFloat(to, of)
	case uint8:
		// What expr makes of a place in a text: a byte, and not the character.
		return to, errors.New("a text has no elements; text[0:1] is its first character")
	case map[string]any:
		return o.appendObject(to, of, depth)
	}
	switch v := reflect.ValueOf(of); v.Kind() {
	case reflect.Slice, reflect.Array:
		to = append(to, '[')
		for i := range v.Len() {
			var err error
			if i > 0 {
				to = append(to, ',')
			}
			if to, err = o.appendNative(to, v.Index(i).Interface(), depth+1); err != nil {
				return to, err
			}
		}
		return append(to, ']'), nil
	case reflect.Map:
		object, err := o.named(v)
		if err != nil {
			return to, err
		}
		return o.appendObject(to, object, depth)
	}
	encoded, err := json.Marshal(of)
	return append(to, encoded...), err
}

func (o *orders) appendObject(to []byte, object map[string]any, depth int) ([]byte, error) {
	to = append(to, '{')
	for i, name := range o.names(object) {
		if i > 0 {
			to = append(to, ',')
		}
		o.left -= len(name)
		if !utf8.ValidString(name) {
			return to, errNotText
		}
		to = append(jsontext.AppendString(to, name), ':')
		var err error
		if to, err = o.appendNative(to, object[name], depth+1); err != nil {
			return to, err
		}
	}
	return append(to, '}'), nil
}

// names are the names of an object's members, in the order that appendNative tells of.
func (o *orders) names(object map[string]any) []string {
	if known, ok := o.known[reflect.ValueOf(object).Pointer()]; ok {
		return known.names
	}
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare)
	return names
}

// named makes texts of the keys of a map that groupBy has made.
func (o *orders) named(v reflect.Value) (map[string]any, error) {
	object := make(map[string]any, v.Len())
	for members := v.MapRange(); members.Next(); {
		name, err := o.text(members.Key().Interface())
		if err != nil {
			return nil, err
		}
		if _, again := object[name]; again {
			return nil, errors.New("two members would have the same name")
		}
		object[name] = members.Value().Interface()
	}
	return object, nil
}

// text is a value as a text: a text itself, anything else as JSON. Nothing is none.
func (o *orders) text(of any) (string, error) {
	switch of := of.(type) {
	case nil:
		return "", errors.New("a value is missing where a text is made of it")
	case string:
		return of, nil
	}
	text, err := o.appendNative(nil, of, 0)
	return string(text), err
}

// appendFloat writes a number as encoding/json and JavaScript do.
func appendFloat(to []byte, f float64) ([]byte, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return to, errNotNumber
	}
	if f == 0 {
		return append(to, '0'), nil // Also for the negative zero.
	}
	encoded, err := json.Marshal(f)
	return append(to, encoded...), err
}
