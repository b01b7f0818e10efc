package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// The styles are those of https://spec.openapis.org/oas/v3.1.1.html#style-examples. Names and values are percent-encoded, the
// delimiters between them are not, so that they can be told apart; only in a query the delimiters "|", " ", "[" and "]" are
// encoded as well, for a URL cannot hold them.

var errNested = errors.New("must not hold lists or objects within its own, for its style cannot write them")

// writer writes values in a parameter's style.
type writer struct {
	*parameter
	out []byte
	// start is where out began.
	start int
	// encode adds a name or a value.
	encode func(out []byte, s string) []byte
}

// appendPath adds a value to a path.
func (p *parameter) appendPath(out []byte, value any) ([]byte, error) {
	w := writer{p, out, len(out), appendEncoded}
	switch p.style {
	case "label":
		w.out = append(w.out, '.')
		err := w.joined(value, delimiter(p.explode, ".", ","), p.explode)
		return w.out, err
	case "matrix":
		err := w.pairs(value, ";", true)
		return w.out, err
	}
	err := w.joined(value, ",", p.explode)
	return w.out, err
}

// appendQuery adds name and value to a query, after a "?" or "&".
func (p *parameter) appendQuery(out []byte, value any) ([]byte, error) {
	w := writer{p, out, len(out), appendEncoded}
	if p.reserved {
		w.encode = appendReserved
	}
	var err error
	if p.style == "deepObject" {
		err = w.deep(string(appendEncoded(nil, p.name)), value, 0)
	} else {
		err = w.pairs(value, "&", false)
	}
	return w.out, err
}

// header returns a value as a header's.
func (p *parameter) header(value any) (string, error) {
	w := writer{p, nil, 0, func(out []byte, s string) []byte { return append(out, s...) }}
	if err := w.joined(value, ",", p.explode); err != nil {
		return "", err
	}
	if httptext.ControlByte(w.out) >= 0 {
		return "", errors.New("must not hold control characters, for it is sent as a header")
	}
	return strings.Trim(string(w.out), " \t"), nil
}

// appendCookie adds name and value to a cookie header.
func (p *parameter) appendCookie(out []byte, value any) ([]byte, error) {
	w := writer{p, out, len(out), appendEncoded}
	err := w.pairs(value, "; ", false)
	return w.out, err
}

func delimiter(explode bool, exploded, joined string) string {
	if explode {
		return exploded
	}
	return joined
}

// joined writes a value without the parameter's name: a,b for a list, and k,v for an object, or k=v if assigned.
func (w *writer) joined(value any, delimiter string, assigned bool) error {
	switch value := value.(type) {
	case []any:
		if w.json {
			return w.asJSON(value)
		}
		for i, element := range value {
			if i > 0 {
				w.out = append(w.out, delimiter...)
			}
			if err := w.scalar(element); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		if w.json {
			return w.asJSON(value)
		}
		between := ","
		if !assigned {
			between = delimiter
		}
		for i, name := range members(value) {
			if i > 0 {
				w.out = append(w.out, delimiter...)
			}
			w.out = w.encode(w.out, name)
			if assigned {
				w.out = append(w.out, '=')
			} else {
				w.out = append(w.out, between...)
			}
			if err := w.scalar(value[name]); err != nil {
				return err
			}
		}
		return nil
	}
	if w.json {
		return w.asJSON(value)
	}
	return w.scalar(value)
}

// pairs writes name=value, once, or for each element or member if the style explodes. The first is preceded by the
// separator too if leading says so.
func (w *writer) pairs(value any, separator string, leading bool) error {
	if w.explode && !w.json {
		switch value := value.(type) {
		case []any:
			for i, element := range value {
				if err := w.pair(w.name, element, separator, leading || i > 0); err != nil {
					return err
				}
			}
			return nil
		case map[string]any:
			for i, name := range members(value) {
				if err := w.pair(name, value[name], separator, leading || i > 0); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if leading {
		w.out = append(w.out, separator...)
	}
	w.out = append(appendEncoded(w.out, w.name), '=')
	between := ","
	switch w.style {
	case "spaceDelimited":
		between = "%20"
	case "pipeDelimited":
		between = "%7C"
	}
	return w.joined(value, between, false)
}

func (w *writer) pair(name string, value any, separator string, separated bool) error {
	if separated {
		w.out = append(w.out, separator...)
	}
	w.out = append(appendEncoded(w.out, name), '=')
	return w.scalar(value)
}

// maxDeep bounds how deep objects are written as a[b][c].
const maxDeep = 16

// deep writes a[b]=c. OpenAPI does not say how objects in objects are written; they are written as most servers read them.
func (w *writer) deep(name string, value any, depth int) error {
	switch value := value.(type) {
	case map[string]any:
		if depth >= maxDeep {
			return errNested
		}
		for _, member := range members(value) {
			inner := name + "%5B" + string(appendEncoded(nil, member)) + "%5D"
			if err := w.deep(inner, value[member], depth+1); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for _, element := range value {
			if err := w.assign(name, element); err != nil {
				return err
			}
		}
		return nil
	}
	return w.assign(name, value)
}

func (w *writer) assign(name string, value any) error {
	if len(w.out) > w.start {
		w.out = append(w.out, '&')
	}
	w.out = append(append(w.out, name...), '=')
	return w.scalar(value)
}

func (w *writer) asJSON(value any) error {
	raw, err := json.Marshal(value)
	w.out = w.encode(w.out, string(raw))
	return err
}

func (w *writer) scalar(value any) error {
	text, err := scalar(value)
	w.out = w.encode(w.out, text)
	return err
}

// scalar returns the text of a value that is no list and no object.
func scalar(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case json.Number:
		return string(value), nil
	case nil:
		return "null", nil
	case bool:
		return fmt.Sprint(value), nil
	}
	return "", errNested
}

// members returns the names of an object's members, but for those that are null.
func members(object map[string]any) []string {
	names := slices.Sorted(maps.Keys(object))
	return slices.DeleteFunc(names, func(name string) bool { return object[name] == nil })
}

// isEmpty reports whether a list or an object has nothing in it that could be written.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(members(value)) == 0
	}
	return false
}
