package configuration

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DecodeStrict decodes one JSON object. No bytes at all are an empty object: a filter block without configuration.
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
			return fmt.Errorf("must not have a %s at %q", wrongType.Value, wrongType.Field)
		}
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("must be one object")
	}
	return nil
}
