package expression

import (
	"unicode/utf8"

	"github.com/funcroute/funcroute/parameters"
)

// toNative turns a value into what the virtual machine computes with.
func (s *Scope) toNative(value parameters.Value) (any, error) {
	if !value.Present() {
		return nil, nil
	}
	if document, ok := value.JSON(); ok {
		return decode(document, &s.orders)
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

// fromNative turns a result into a value: a text, or JSON.
func (o *orders) fromNative(result any) (parameters.Value, error) {
	switch result := result.(type) {
	case nil:
		return parameters.Value{}, nil
	case string:
		if !utf8.ValidString(result) {
			return parameters.Value{}, errNotText
		}
		return parameters.TextValue(result), nil
	}
	encoded, err := o.appendNative(nil, result, 0)
	if err != nil {
		return parameters.Value{}, err
	}
	return parameters.JSONValue(encoded), nil
}
