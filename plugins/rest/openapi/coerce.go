package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/parameters"
)

// coerce brings a parameter's value to one of the types that a schema allows, and checks it. What comes out is as
// encoding/json reads it, numbers as [json.Number].
func (s *schema) coerce(value parameters.Value) (any, error) {
	coerced, err := s.typed(value)
	if err == nil && s.check != nil {
		err = s.check(coerced)
	}
	return coerced, err
}

// checkText checks a text that the client has sent in the API's own notation, in which commas separate a list.
func (s *schema) checkText(sent string) error {
	if s.types.has(object) && !s.types.has(text) {
		return nil // The upstream reads it.
	}
	value, err := any(nil), error(nil)
	if s.types.has(array) && !s.types.has(text) {
		list := strings.Split(sent, ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		value, err = s.fromList(list)
	} else {
		value, err = s.fromText(sent)
	}
	if err == nil && s.check != nil {
		err = s.check(value)
	}
	return err
}

func (s *schema) typed(value parameters.Value) (any, error) {
	if raw, ok := value.JSON(); ok {
		decoded, err := decodeJSON(raw)
		if err != nil {
			return nil, err
		}
		return s.fromJSON(decoded)
	}
	if list, ok := value.List(); ok {
		return s.fromList(list)
	}
	return s.fromText(value.Text())
}

func (s *schema) mismatch() error { return fmt.Errorf("must be %s", s.types) }

// fromText reads a text as one of the types. A list is made of one text, since only the API knows how lists are written.
func (s *schema) fromText(value string) (any, error) {
	switch {
	case s.types == anyType:
		return value, nil
	case s.types.has(integer) && isInteger(value):
		return s.integer(json.Number(value))
	case s.types.has(number) && isNumber(value):
		return json.Number(value), nil
	case s.types.has(boolean) && (value == "true" || value == "false"):
		return value == "true", nil
	case s.types.has(text):
		return value, nil
	case s.types.has(object):
		if decoded, err := decodeJSON([]byte(value)); err == nil {
			if members, ok := decoded.(map[string]any); ok {
				return s.fromJSON(members)
			}
		}
	}
	if s.types.has(array) {
		return s.fromList([]string{value})
	}
	return nil, s.mismatch()
}

// integer checks the range of an integer, which may be written as 3e9 or 3.0.
func (s *schema) integer(n json.Number) (any, error) {
	if s.bits == 0 {
		return n, nil
	}
	_, err := strconv.ParseInt(string(n), 10, s.bits)
	if errors.Is(err, strconv.ErrSyntax) {
		f, _ := n.Float64() // It is a number, see isWhole.
		_, err = strconv.ParseInt(strconv.FormatFloat(f, 'f', 0, 64), 10, s.bits)
	}
	if err != nil {
		return nil, fmt.Errorf("must be an integer of %d bits", s.bits)
	}
	return n, nil
}

func (s *schema) fromList(list []string) (any, error) {
	if !s.types.has(array) {
		return nil, s.mismatch()
	}
	values := make([]any, len(list))
	for i, value := range list {
		var err error
		if values[i], err = s.item().fromText(value); err != nil {
			return nil, fmt.Errorf("value %d %w", i+1, err)
		}
	}
	return values, nil
}

var anything = &schema{types: anyType}

func (s *schema) item() *schema {
	if s.items == nil {
		return anything
	}
	return s.items
}

// fromJSON brings JSON to one of the types; a string that is to be a number is read as one.
func (s *schema) fromJSON(value any) (any, error) {
	switch value := value.(type) {
	case string:
		if s.types.has(text) {
			return value, nil
		}
		return s.fromText(value)
	case json.Number:
		if s.types.has(number) {
			return value, nil
		}
		if s.types.has(integer) && isWhole(value) {
			return s.integer(value)
		}
		if s.types.has(text) {
			return value.String(), nil
		}
	case bool:
		if s.types.has(boolean) {
			return value, nil
		}
		if s.types.has(text) {
			return fmt.Sprint(value), nil
		}
	case nil:
		if s.types.has(null) {
			return nil, nil
		}
	case []any:
		if s.types.has(array) {
			return s.elements(value)
		}
	case map[string]any:
		if s.types.has(object) {
			return s.members(value)
		}
	}
	if s.types.has(array) {
		if _, list := value.([]any); !list {
			return s.elements([]any{value})
		}
	}
	return nil, s.mismatch()
}

func (s *schema) elements(list []any) (any, error) {
	values := make([]any, len(list))
	for i, value := range list {
		var err error
		if values[i], err = s.item().fromJSON(value); err != nil {
			return nil, fmt.Errorf("value %d %w", i+1, err)
		}
	}
	return values, nil
}

func (s *schema) members(given map[string]any) (any, error) {
	values := make(map[string]any, len(given))
	for name, value := range given {
		property := s.properties[name]
		if property == nil {
			property = anything
		}
		var err error
		if values[name], err = property.fromJSON(value); err != nil {
			return nil, fmt.Errorf("member %q %w", name, err)
		}
	}
	return values, nil
}

// isInteger reports whether a text is a JSON number without fraction and exponent.
func isInteger(s string) bool {
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if s == "" || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isNumber reports whether a text is a JSON number that programs can hold.
func isNumber(s string) bool {
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') || strings.ContainsAny(s, " \t\r\n") || !json.Valid([]byte(s)) {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// isWhole reports whether a number is an integer; JSON does not tell 1.0 from 1.
func isWhole(n json.Number) bool {
	if isInteger(string(n)) {
		return true
	}
	f, err := n.Float64()
	return err == nil && f == float64(int64(f))
}

func decodeJSON(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("must be JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("must be one JSON document")
	}
	return value, nil
}
