package expression

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/funcroute/funcroute/parameters"
)

// toNative turns a value into what the virtual machine computes with.
func toNative(value parameters.Value) (any, error) {
	if !value.Present() {
		return nil, nil
	}
	if document, ok := value.JSON(); ok {
		return decode(document)
	}
	if list, ok := value.List(); ok {
		elements := make([]any, len(list))
		for i, text := range list {
			elements[i] = text
		}
		return elements, nil
	}
	return value.Text(), nil
}

// decode reads JSON that is known to be valid. Whole numbers are ints, as long as they fit.
func decode(document []byte) (any, error) {
	if document[0] >= '0' && document[0] <= '9' || document[0] == '-' {
		return number(json.Number(document))
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return withNumbers(value)
}

// withNumbers puts numbers in the place of their texts.
func withNumbers(value any) (any, error) {
	var err error
	switch value := value.(type) {
	case json.Number:
		return number(value)
	case []any:
		for i := range value {
			if value[i], err = withNumbers(value[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name := range value {
			if value[name], err = withNumbers(value[name]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func number(text json.Number) (any, error) {
	if whole, err := strconv.Atoi(string(text)); err == nil {
		return whole, nil
	}
	return text.Float64()
}

// fromNative turns a result into a value: a text, or JSON.
func fromNative(result any) (parameters.Value, error) {
	switch result := result.(type) {
	case nil:
		return parameters.Value{}, nil
	case string:
		if !utf8.ValidString(result) {
			return parameters.Value{}, errors.New("the result is not valid UTF-8")
		}
		return parameters.TextValue(result), nil
	case bool:
		return parameters.JSONValue(strconv.AppendBool(nil, result)), nil
	case int:
		return parameters.JSONValue(strconv.AppendInt(nil, int64(result), 10)), nil
	case float64:
		if math.IsNaN(result) || math.IsInf(result, 0) {
			return parameters.Value{}, errors.New("the result is not a number")
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result); err != nil {
		return parameters.Value{}, err
	}
	return parameters.JSONValue(bytes.TrimSpace(out.Bytes())), nil
}
