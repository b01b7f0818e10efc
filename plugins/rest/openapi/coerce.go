package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/funcroute/funcroute/parameters"
)

// coerce brings a parameter's value to one of the types that a schema allows, and checks it. What comes out is as
// encoding/json reads it, numbers as [json.Number].
func (s *schema) coerce(value parameters.Value) (any, error) {
	if raw, ok := value.JSON(); ok {
		decoded, err := decodeJSON(raw)
		if err != nil {
			return nil, err
		}
		return s.coerceJSON(decoded)
	}
	if list, ok := value.List(); ok {
		return s.coerceList(list)
	}
	text := value.Text()
	return s.checkAfter(attempt(len(text)).fromText(s, text))
}

func (s *schema) coerceJSON(value any) (any, error) {
	return s.checkAfter(attempt(sizeOf(value)).fromJSON(s, value))
}

func (s *schema) coerceList(list []string) (any, error) {
	size := len(list)
	for _, text := range list {
		size += len(text)
	}
	return s.checkAfter(attempt(size).fromList(s, list))
}

// checkAfter checks a value that has been brought to its type. If there are several ways, that has happened.
func (s *schema) checkAfter(value any, err error) (any, error) {
	if err == nil && s.check != nil && s.ways == nil {
		err = s.check(value)
	}
	return value, err
}

// checkText checks a text that the client has sent in the API's own notation, in which commas separate a list.
func (s *schema) checkText(sent string) (err error) {
	switch {
	case s.types.has(object) && !s.types.has(text):
		return nil // The upstream reads it.
	case s.types.has(array) && !s.types.has(text):
		list := strings.Split(sent, ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		_, err = s.coerceList(list)
	default:
		_, err = s.checkAfter(attempt(len(sent)).fromText(s, sent))
	}
	return err
}

// trial is what may be spent on finding out which of several ways a value is meant. In a schema that contains itself the
// ways multiply with each level of a value, and it is the client who makes the levels.
type trial struct{ left int }

// perSize is how often each part of a value may be looked at. Without a schema that contains itself no value needs as many.
const perSize = 256

func attempt(size int) *trial { return &trial{left: perSize * (size + 16)} }

// errUnread is that a value of a form cannot be read here, so that nothing is known of it.
var errUnread = errors.New("cannot be read")

var errUndecided = errors.New("has too many levels in which it could be meant in several ways")

// mismatch is that a value has none of the types of a schema.
type mismatch struct{ types types }

func (m mismatch) Error() string { return "must be " + m.types.String() }

func (s *schema) mismatch() error { return mismatch{s.types} }

// choose reads a value in one way after the other until the schema is content. If it never is, the reason that says most
// counts: what is wrong with a value of the right type, what is wrong within a list or an object, what types it should have.
func (t *trial) choose(s *schema, size int, read func(*schema) (any, error)) (any, error) {
	var reason error
	typed, unread := false, false
	for _, way := range s.ways {
		if t.left -= size + 1; t.left < 0 {
			return nil, errUndecided
		}
		value, err := read(way)
		unread = unread || errors.Is(err, errUnread)
		if errors.Is(err, errUndecided) {
			return nil, err
		}
		if err == nil {
			if err = s.check(value); err == nil {
				return value, nil
			}
			if !typed {
				reason, typed = err, true
			}
			continue
		}
		if _, plainly := err.(mismatch); reason == nil && !plainly { //nolint:errorlint // One that is wrapped is within the value.
			reason = err
		}
	}
	switch {
	case unread:
		reason = errUnread
	case reason == nil:
		reason = s.mismatch()
	}
	return nil, reason
}

// fromText reads a text as one of the types. A list is made of one text, since only the API knows how lists are written.
func (t *trial) fromText(s *schema, value string) (any, error) {
	if s.ways != nil {
		return t.choose(s, len(value), func(way *schema) (any, error) { return t.fromText(way, value) })
	}
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
				return t.fromJSON(s, members)
			}
		}
	}
	if s.types.has(array) {
		return t.fromList(s, []string{value})
	}
	return nil, s.mismatch()
}

func (t *trial) fromList(s *schema, list []string) (any, error) {
	if s.ways != nil {
		return t.choose(s, len(list), func(way *schema) (any, error) { return t.fromList(way, list) })
	}
	if !s.types.has(array) {
		return nil, s.mismatch()
	}
	values := make([]any, len(list))
	for i, value := range list {
		var err error
		if values[i], err = t.fromText(s.item(i), value); err != nil {
			return nil, fmt.Errorf("value %d %w", i+1, err)
		}
	}
	return values, nil
}

var anything = &schema{types: anyType, plain: true, complete: true}

// item is the schema of the element at an index.
func (s *schema) item(index int) *schema {
	switch {
	case index < len(s.first):
		return s.first[index]
	case s.items == nil:
		return anything
	}
	return s.items
}

// member is the schema of the member of that name.
func (s *schema) member(name string) *schema {
	switch property := s.properties[name]; {
	case property != nil:
		return property
	case s.others != nil:
		return s.others
	}
	return anything
}

// fromJSON brings JSON to one of the types; a string that is to be a number is read as one. What the schema allows as it
// is stays as it is.
func (t *trial) fromJSON(s *schema, value any) (any, error) {
	if s.ways != nil {
		size := sizeOf(value)
		if t.left -= size + 1; t.left >= 0 && s.check(value) == nil {
			return value, nil
		}
		return t.choose(s, size, func(way *schema) (any, error) { return t.fromJSON(way, value) })
	}
	switch value := value.(type) {
	case string:
		if s.types.has(text) {
			return value, nil
		}
		return t.fromText(s, value)
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
			return t.elements(s, value)
		}
	case map[string]any:
		if s.types.has(object) {
			return t.members(s, value)
		}
	}
	if s.types.has(array) {
		if _, list := value.([]any); !list {
			return t.elements(s, []any{value})
		}
	}
	return nil, s.mismatch()
}

func (t *trial) elements(s *schema, list []any) (any, error) {
	values := make([]any, len(list))
	for i, value := range list {
		var err error
		if values[i], err = t.fromJSON(s.item(i), value); err != nil {
			return nil, fmt.Errorf("value %d %w", i+1, err)
		}
	}
	return values, nil
}

func (t *trial) members(s *schema, given map[string]any) (any, error) {
	values := make(map[string]any, len(given))
	for name, value := range given {
		var err error
		if values[name], err = t.fromJSON(s.member(name), value); err != nil {
			return nil, fmt.Errorf("member %q %w", name, err)
		}
	}
	return values, nil
}

// sizeOf counts what there is in a value.
func sizeOf(value any) int {
	size := 1
	switch value := value.(type) {
	case string:
		size += len(value) >> 4
	case []any:
		for _, element := range value {
			size += sizeOf(element)
		}
	case map[string]any:
		for _, member := range value {
			size += sizeOf(member)
		}
	}
	return size
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
