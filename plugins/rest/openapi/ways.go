package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A schema that is composed leaves a choice: of `anyOf: [ { type: array, items: { type: integer } }, { type: "null" } ]` the
// text "7" can only be meant in the first way. So a schema is taken apart into all the ways in which a value can be meant; in
// each of them everything holds at once, and types, elements and members are known. A value is brought to its type in the
// ways one after the other, until the whole schema is content with what comes out.

// way is one of these: all schemas that hold at once.
type way struct {
	parts []*openapi3.Schema
	null  bool // null is allowed
}

// maxWays bounds the ways of one schema, maxParts how often one is looked at to find them: schemas that lead to the same ones by
// several ways multiply with each level. What is beyond stays as it is, and the check decides.
const (
	maxWays  = 256
	maxParts = 1 << 13
)

// waysOf takes a schema apart.
func (c *compiler) waysOf(s *openapi3.Schema) []way {
	left := maxParts
	return c.waysFrom(s, nil, &left)
}

// waysFrom takes a schema apart that belongs to others (path). One that consists of itself adds nothing.
func (c *compiler) waysFrom(s *openapi3.Schema, path []*openapi3.Schema, left *int) []way {
	if slices.Contains(path, s) {
		return nil
	}
	if *left--; *left < 0 {
		return []way{{null: true}}
	}
	path = append(slices.Clip(path), s)
	all := []way{{parts: []*openapi3.Schema{s}, null: ownTypes(s).has(null)}}
	for _, part := range s.AllOf {
		if part.Value != nil {
			all = both(all, c.waysFrom(part.Value, path, left))
		}
	}
	for _, alternatives := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		var together []way
		for _, part := range alternatives {
			if part.Value != nil {
				together = append(together, c.waysFrom(part.Value, path, left)...)
			}
		}
		all = both(all, together)
	}
	if s.If != nil && c.version31 {
		together := []way{{null: true}}
		for _, part := range []*openapi3.SchemaRef{s.Then, s.Else} {
			if part != nil && part.Value != nil {
				together = append(together, c.waysFrom(part.Value, path, left)...)
			}
		}
		all = both(all, together)
	}
	if s.Nullable && !c.version31 {
		for i := range all { // Even where its parts do not allow it, which is what those mean who write it.
			all[i].null = true
		}
	}
	return all
}

// both returns the ways in which one of each holds.
func both(some, others []way) []way {
	if len(others) == 0 {
		return some
	}
	var all []way
	for _, one := range some {
		for _, other := range others {
			if len(all) == maxWays {
				return append(all, way{null: true})
			}
			all = append(all, way{parts: slices.Concat(one.parts, other.parts), null: one.null && other.null})
		}
	}
	return all
}

// ownTypes returns the types that a schema allows, whatever it consists of.
func ownTypes(s *openapi3.Schema) types {
	if !s.Type.IsEmpty() {
		var allowed types
		for _, name := range s.Type.Slice() {
			allowed |= typeNames[name]
		}
		return allowed
	}
	if of := typesOfValues(s); of != 0 {
		return of
	}
	return anyType
}

// types returns the types that all parts allow.
func (w way) types() types {
	allowed := anyType
	for _, part := range w.parts {
		allowed &= ownTypes(part)
	}
	if allowed &^= null; w.null {
		allowed |= null
	}
	return allowed
}

// required returns the members that a request must have. Those that only answers have are not among them, whichever part says so.
// https://spec.openapis.org/oas/v3.0.4.html#fixed-fields-for-schema-object-read-only
func (w way) required() (names []string) {
	readOnly := map[string]bool{}
	for _, part := range w.parts {
		for name, property := range part.Properties {
			if property.Value != nil && onlyInAnswers(property.Value, nil) {
				readOnly[name] = true
			}
		}
		names = append(names, part.Required...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return readOnly[name] })
}

// join says what a value is that can be meant in several ways.
func (c *compiler) join(into *schema, ref *openapi3.SchemaRef, ways []way) (err error) {
	for _, w := range ways {
		one := &schema{complete: true}
		if err := c.fill(one, w); err != nil {
			return err
		}
		if one.types != 0 {
			into.ways = append(into.ways, one)
			into.types |= one.types
		}
	}
	slices.SortStableFunc(into.ways, func(a, b *schema) int { return a.types.order() - b.types.order() })
	into.check, err = c.check(ref)
	return err
}

// order is the place of the ways of a type where a text is brought to it: a number is more than a text, a text is more than
// a list of one.
func (t types) order() int {
	for i, one := range []types{integer, number, boolean, text, object, array} {
		if t != anyType && t.has(one) {
			return i
		}
	}
	return len(typeNames)
}

// withMembers returns a schema that says which members an object has in any of its ways, each with its check, and which it
// must have in all.
func (c *compiler) withMembers(ref *openapi3.SchemaRef) (*schema, error) {
	compiled, err := c.schemaOf(ref)
	if err != nil || ref == nil || ref.Value == nil {
		return compiled, err
	}
	var required []string
	first, members := true, map[string][]*openapi3.SchemaRef{}
	for _, w := range c.waysOf(ref.Value) {
		if !w.types().has(object) {
			continue
		}
		needed, has := w.required(), map[string][]*openapi3.SchemaRef{}
		for _, part := range w.parts {
			for name, property := range writable(part) {
				has[name] = append(has[name], property)
			}
		}
		for name, properties := range has {
			members[name] = append(members[name], c.allOf(properties))
		}
		if first {
			required, first = slices.Clone(needed), false
		}
		required = slices.DeleteFunc(required, func(name string) bool { return !slices.Contains(needed, name) })
	}
	joined := *compiled
	joined.required, joined.properties = required, make(map[string]*schema, len(members))
	for name, property := range members {
		if joined.properties[name], err = c.checkedSchemaOf(c.anyOf(property)); err != nil {
			return nil, err
		}
	}
	return &joined, nil
}

// memberNames returns the names of all members that an object can have, in whatever way it is meant.
func (s *schema) memberNames() []string {
	names := slices.Collect(maps.Keys(s.properties))
	for _, one := range s.ways {
		names = slices.AppendSeq(names, maps.Keys(one.properties))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// allOf returns a schema that says what several say of the same value, nil for none.
func (c *compiler) allOf(refs []*openapi3.SchemaRef) *openapi3.SchemaRef {
	return c.composed("all of", refs, func(refs openapi3.SchemaRefs) *openapi3.Schema { return &openapi3.Schema{AllOf: refs} })
}

// anyOf returns a schema that says what any of several says of a value, nil for none.
func (c *compiler) anyOf(refs []*openapi3.SchemaRef) *openapi3.SchemaRef {
	return c.composed("any of", refs, func(refs openapi3.SchemaRefs) *openapi3.Schema { return &openapi3.Schema{AnyOf: refs} })
}

// all compiles what several schemas say of the same value, nil for none.
func (c *compiler) all(refs []*openapi3.SchemaRef) (*schema, error) {
	if ref := c.allOf(refs); ref != nil {
		return c.schemaOf(ref)
	}
	return nil, nil
}

// composed returns a composition that the document implies. Each is made once, so that those that contain themselves end.
func (c *compiler) composed(kind string, refs []*openapi3.SchemaRef, compose func(openapi3.SchemaRefs) *openapi3.Schema) *openapi3.SchemaRef {
	var distinct openapi3.SchemaRefs
	key := strings.Builder{}
	key.WriteString(kind)
	for _, ref := range refs {
		same := func(other *openapi3.SchemaRef) bool { return other.Value == ref.Value }
		if ref != nil && ref.Value != nil && !slices.ContainsFunc(distinct, same) {
			distinct = append(distinct, ref)
			fmt.Fprintf(&key, " %p", ref.Value)
		}
	}
	switch len(distinct) {
	case 0:
		return nil
	case 1:
		return distinct[0]
	}
	made := c.compositions[key.String()]
	if made == nil {
		made = compose(distinct).NewRef()
		c.compositions[key.String()] = made
	}
	return made
}
