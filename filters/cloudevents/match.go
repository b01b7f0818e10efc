package cloudevents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/events"
)

// matcher is a compiled filter over an event's attributes. It is shared by all workers.
//
// An error says that the filter could not tell. What is made of such a filter cannot tell either, unless its other parts
// suffice: a negation of an error is no match.
type matcher interface {
	match(*subject) (bool, error)
}

// compileMatch compiles an expression in CESQL, a filter in one of the dialects of the Subscriptions API, or a list of
// filters that must all hold.
// https://github.com/cloudevents/spec/blob/main/subscriptions/spec.md#3241-filter-dialects
func compileMatch(raw json.RawMessage) (matcher, error) {
	trimmed := bytes.TrimSpace(raw)
	switch trimmed[0] {
	case '"':
		return decodeThen(trimmed, compileCESQL)
	case '{':
		return compileDialect(trimmed)
	case '[':
		return decodeThen(trimmed, compileAll)
	}
	return nil, errors.New("must be an expression in CESQL, a filter or a list of filters")
}

func decodeThen[T any](raw []byte, compile func(T) (matcher, error)) (matcher, error) {
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, err
	}
	return compile(value)
}

func compileDialect(raw []byte) (matcher, error) {
	var dialects map[string]json.RawMessage
	if err := json.Unmarshal(raw, &dialects); err != nil {
		return nil, err
	}
	if len(dialects) != 1 {
		return nil, fmt.Errorf("a filter has one dialect, not %d; a list of filters, or all, joins several", len(dialects))
	}
	for name, value := range dialects {
		m, err := compileNamed(name, value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return m, nil
	}
	panic("unreachable")
}

func compileNamed(name string, value json.RawMessage) (matcher, error) {
	wrong := func(what string) error { return fmt.Errorf("must be %s", what) }
	switch name {
	case "exact", "prefix", "suffix":
		var attributes map[string]string
		if json.Unmarshal(value, &attributes) != nil || len(attributes) == 0 {
			return nil, wrong("attributes and their values, which are texts")
		}
		return compileTexts(name, attributes)
	case "all", "any":
		var parts []json.RawMessage
		if json.Unmarshal(value, &parts) != nil || len(parts) == 0 {
			return nil, wrong("a list of filters, and not empty")
		}
		if name == "all" {
			return compileAll(parts)
		}
		return compileAny(parts)
	case "not":
		part, err := compileMatch(value)
		return not{part}, err
	case "cesql":
		var expression string
		if json.Unmarshal(value, &expression) != nil {
			return nil, wrong("an expression, which is a text")
		}
		return compileCESQL(expression)
	}
	return nil, errors.New("there is no such dialect; there are all, any, cesql, exact, not, prefix, suffix")
}

// texts compares the texts of attributes. All of them must fit; one that the event does not have does not.
type texts struct {
	fits       func(value, wanted string) bool
	attributes [][2]string
}

func compileTexts(dialect string, attributes map[string]string) (matcher, error) {
	t := texts{fits: map[string]func(string, string) bool{
		"exact":  func(value, wanted string) bool { return value == wanted },
		"prefix": strings.HasPrefix,
		"suffix": strings.HasSuffix,
	}[dialect]}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if !events.CheckName(name) {
			return nil, fmt.Errorf("%q cannot be the name of an attribute, which consists of small letters and digits", name)
		}
		if attributes[name] == "" {
			return nil, fmt.Errorf("%q must not be empty", name)
		}
		t.attributes = append(t.attributes, [2]string{name, attributes[name]})
	}
	return t, nil
}

func (t texts) match(e *subject) (bool, error) {
	for _, wanted := range t.attributes {
		attribute, there := e.Lookup(wanted[0])
		if !there || !t.fits(attribute.Value, wanted[1]) {
			return false, nil
		}
	}
	return true, nil
}

// list is several filters: it is decided by the first that gives decisive, and else the other.
type list struct {
	parts    []matcher
	decisive bool
}

func compileAll(parts []json.RawMessage) (matcher, error) { return compileList(parts, false) }
func compileAny(parts []json.RawMessage) (matcher, error) { return compileList(parts, true) }

func compileList(parts []json.RawMessage, decisive bool) (matcher, error) {
	if len(parts) == 0 {
		return nil, errors.New("a list of filters must not be empty")
	}
	l := list{decisive: decisive}
	for i, raw := range parts {
		part, err := compileMatch(raw)
		if err != nil {
			return nil, fmt.Errorf("%d: %w", i+1, err)
		}
		l.parts = append(l.parts, part)
	}
	return l, nil
}

func (l list) match(e *subject) (bool, error) {
	var unknown error
	for _, part := range l.parts {
		holds, err := part.match(e)
		if err != nil {
			unknown = err
		} else if holds == l.decisive {
			return l.decisive, nil
		}
	}
	if unknown != nil {
		return false, unknown
	}
	return !l.decisive, nil
}

// not is the opposite of a filter.
type not struct{ part matcher }

func (n not) match(e *subject) (bool, error) {
	holds, err := n.part.match(e)
	return !holds && err == nil, err
}
