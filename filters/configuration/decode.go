package configuration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// DecodeStrict decodes one JSON object, and refuses unknown members. No bytes at all count as an empty object, for that is what a filter block
// without configuration gives.
func DecodeStrict(raw []byte, into any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	if bytes.TrimSpace(raw)[0] != '{' {
		// Envoy 1.38 hands a per-route Struct over serialized (its factory.cc calls anyToBytes, 1.39's knownAnyToBytes).
		return errors.New("must be one JSON object; in Envoy 1.38 write a per-route configuration as a " +
			"google.protobuf.StringValue with JSON in it")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return errors.New(misplaced(wrongType))
		}
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("must be one object")
	}
	return nil
}

// misplaced says where a value of the wrong kind stands and what belongs there. A value in a map has no Field.
func misplaced(wrong *json.UnmarshalTypeError) string {
	is, _, _ := strings.Cut(wrong.Value, " ") // A number that does not fit comes with its digits.
	if name, known := kinds[is]; known {
		is = name
	}
	if wrong.Field == "" {
		return fmt.Sprintf("has %s where %s belongs", is, kindOf(wrong.Type))
	}
	return fmt.Sprintf("has %s at %q, where %s belongs", is, wrong.Field, kindOf(wrong.Type))
}

// kinds translates encoding/json's names for kinds of values into the words of our documents.
var kinds = map[string]string{
	"string": "a text", "number": "a number", "bool": "true or false", "array": "a list", "object": "an object",
}

// kindOf names the kind of JSON value from which a Go type is decoded.
func kindOf(t reflect.Type) string {
	switch t.Kind() { // All others are numbers.
	case reflect.String:
		return kinds["string"]
	case reflect.Bool:
		return kinds["bool"]
	case reflect.Slice:
		return kinds["array"] + " of " + strings.TrimPrefix(kindOf(t.Elem()), "a ") + "s"
	case reflect.Struct, reflect.Map:
		return kinds["object"]
	}
	return kinds["number"]
}
