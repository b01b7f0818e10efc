package openapi

import (
	"errors"
	"reflect"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// known is what a schema with parts has found of a list or an object. Parts that lead on into the same member would
// else have it looked at twice as often with each level.
type known map[finding]error

// work is what the check of one value may spend, and what it has found.
type work struct {
	known known
	left  int
}

// errBranching is that the schemas of an API lead to the same values by too many ways.
var errBranching = errors.New("has too many levels that the API describes in several ways")

// perValue is how often each part of a value may be looked at in a check, and leastSize the size that a value counts for at least.
// Schemas that lead to the same member by several ways multiply with each level of a value, and it is the client who makes the levels.
const (
	perValue  = 256
	leastSize = 1 << 6
)

func workOn(value any) *work {
	return &work{known: known{}, left: perValue * (sizeOf(value) + leastSize)}
}

// checkWith checks a value against rules, as far as there is work for.
func checkWith(r *rules, value any) error {
	v := &visit{rules: r, work: workOn(value)}
	if err := v.check(value); v.work.left >= 0 {
		return err
	}
	return errBranching
}

type finding struct {
	rules *rules
	value uintptr
	size  int
}

// check looks at a value. What has been found counts only where a schema looks at an element or a member: what it says of a value
// that others look at as well depends on them, see onlyInAnswers.
func (v *visit) check(value any) error {
	if r := v.rules; v.into == stay || r == nil || r.anyOf == nil && r.oneOf == nil && r.allOf == nil && r.not == nil {
		return v.look(value)
	}
	if kind := typeOf(value); kind != array && kind != object {
		return v.look(value)
	}
	reflected := reflect.ValueOf(value)
	if reflected.Len() == 0 {
		return v.look(value)
	}
	at := finding{v.rules, reflected.Pointer(), reflected.Len()}
	found, is := v.work.known[at]
	if !is {
		found = v.look(value)
		v.work.known[at] = found
	}
	return found
}

// counted is the format of the schemas that count how often they look at a value. All schemas that contain themselves go through
// one of them, and formats are what the library looks at first.
const counted = "x-funcroute-counted"

// countComponents has the schemas of a document count that others refer to. One that has a format counts anyway, if it is checked.
func countComponents(tree any) {
	document, _ := tree.(map[string]any)
	components, _ := document["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	for _, schema := range schemas {
		if schema, is := schema.(map[string]any); is {
			if name, _ := schema["format"].(string); !isCounted(name) {
				schema["format"] = counted
			}
		}
	}
}

// isCounted reports whether a format is registered by registerFormats.
func isCounted(name string) bool {
	_, isText := textFormats[name]
	return isText || integerFormats[name] != 0
}

// look counts a look at a list or an object.
func (s *jsonSchemas) look(value any) { s.spend(value, 1) }

// spend counts several looks at a list or an object. It panics with errBranching if there were too many, which ends the check.
func (s *jsonSchemas) spend(value any, looks int) {
	if at := identity(value); at != 0 {
		if found, is := s.works.Load(at); is {
			w := found.(*work)
			if w.left -= looks; w.left < 0 {
				panic(errBranching)
			}
		}
	}
}

// validate checks a value, as far as there is work for.
func (s *jsonSchemas) validate(schema *jsonschema.Schema, value any) (err error) {
	w := &work{left: perValue * (sizeOf(value) + leastSize)}
	var all []uintptr
	eachCompound(value, func(at uintptr) {
		s.works.Store(at, w)
		all = append(all, at)
	})
	defer func() {
		for _, at := range all {
			s.works.Delete(at)
		}
		if value := recover(); value == errBranching { //nolint:errorlint // It is that very one.
			err = errBranching
		} else if value != nil {
			panic(value)
		}
	}()
	return schema.Validate(value)
}

// identity tells lists and objects apart that have something in them. It is 0 for any other value.
func identity(value any) uintptr {
	if kind := typeOf(value); kind != array && kind != object {
		return 0
	}
	if reflected := reflect.ValueOf(value); reflected.Len() > 0 {
		return reflected.Pointer()
	}
	return 0
}

// eachCompound calls f for all lists and objects of a value that have something in them.
func eachCompound(value any, f func(at uintptr)) {
	at := identity(value)
	if at == 0 {
		return
	}
	f(at)
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			eachCompound(element, f)
		}
	case map[string]any:
		for _, member := range value {
			eachCompound(member, f)
		}
	}
}
