package openapi

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// types is a set of JSON types.
type types uint8

const (
	null types = 1 << iota
	boolean
	integer
	number
	text
	array
	object

	anyType = null | boolean | integer | number | text | array | object
)

var typeNames = map[string]types{
	openapi3.TypeNull: null, openapi3.TypeBoolean: boolean, openapi3.TypeInteger: integer, openapi3.TypeNumber: integer | number,
	openapi3.TypeString: text, openapi3.TypeArray: array, openapi3.TypeObject: object,
}

func (t types) has(other types) bool { return t&other != 0 }

// String says what would be right, for messages.
func (t types) String() string {
	var names []string
	for _, one := range []struct {
		types types
		name  string
	}{
		{number, "a number"}, {integer, "an integer"}, {boolean, "true or false"}, {text, "a text"}, {array, "a list"}, {object, "an object"},
	} {
		if t.has(one.types) && (one.types != integer || !t.has(number)) {
			names = append(names, one.name)
		}
	}
	switch len(names) {
	case 0:
		return "null"
	case 1:
		return names[0]
	}
	last := len(names) - 1
	list := names[0]
	for _, name := range names[1:last] {
		list += ", " + name
	}
	return list + " or " + names[last]
}

// schema is what a document says of a value, as far as it matters for bringing a value to its type. check says the rest.
type schema struct {
	types types
	bits  int // of an integer, 0 if there is no limit
	// items is what all elements are that first says nothing of, nil if the document says nothing of them.
	items *schema
	first []*schema
	// properties are an object's members, others is what all other members are, nil if the document says nothing of them.
	properties map[string]*schema
	others     *schema
	closed     bool // it has no others
	required   []string
	binary     bool // a text that holds bytes
	standard   any  // the default, nil if there is none
	// ways are what a value can be where the document gives several (anyOf, oneOf), see ways.go; nil if there is just one.
	ways     []*schema
	check    check
	plain    bool // it says nothing of a value but its type
	complete bool // false while the schema is compiled, which those that contain themselves meet
}

// check reports what is wrong with a value of the right type. It is nil where the type says it all.
type check func(value any) error

// checkedSchemaOf compiles a schema with its check.
func (c *compiler) checkedSchemaOf(ref *openapi3.SchemaRef) (*schema, error) {
	compiled, err := c.schemaOf(ref)
	if err != nil || compiled.plain || compiled.check != nil {
		return compiled, err
	}
	if known := c.checked[ref.Value]; known != nil {
		return known, nil
	}
	checked := *compiled // Others that are compiled already do without.
	if checked.check, err = c.check(ref); err != nil {
		return nil, err
	}
	c.checked[ref.Value] = &checked
	return &checked, nil
}

// maxSchemas bounds the schemas of an operation, with those that its compositions imply: of members that several parts describe
// there can be as many as there are choices of parts.
const maxSchemas = 1 << 13

var errTooMany = fmt.Errorf("its schemas say in more than %d ways what a value can be", maxSchemas)

// schemaOf compiles a schema. Those that contain themselves are compiled once. It has a check only if it takes one to find
// out which of several ways a value is meant.
func (c *compiler) schemaOf(ref *openapi3.SchemaRef) (*schema, error) {
	if ref == nil || ref.Value == nil {
		return anything, nil
	}
	if known := c.schemas[ref.Value]; known != nil {
		return known, nil
	}
	if len(c.schemas) == maxSchemas {
		return nil, errTooMany
	}
	compiled := &schema{}
	c.schemas[ref.Value] = compiled
	ways := c.waysOf(ref.Value)
	if len(ways) == 1 {
		if err := c.fill(compiled, ways[0]); err != nil {
			return nil, err
		}
	} else if err := c.join(compiled, ref, ways); err != nil {
		return nil, err
	}
	compiled.standard = defaultOf(ref.Value, map[*openapi3.Schema]bool{})
	compiled.plain = c.simple(ref.Value)
	compiled.complete = true
	return compiled, nil
}

// fill says what a value is that is meant in one way.
func (c *compiler) fill(into *schema, w way) (err error) {
	into.types = w.types()
	properties := map[string][]*openapi3.SchemaRef{}
	var items, others []*openapi3.SchemaRef
	var first [][]*openapi3.SchemaRef
	for _, part := range w.parts {
		if bits := bitsOf(part); bits != 0 && (into.bits == 0 || bits < into.bits) {
			into.bits = bits
		}
		if part.Items != nil {
			items = append(items, part.Items)
		}
		for i, element := range part.PrefixItems {
			if i == len(first) {
				first = append(first, nil)
			}
			first[i] = append(first[i], element)
		}
		if part.AdditionalProperties.Schema != nil {
			others = append(others, part.AdditionalProperties.Schema)
		}
		for name, property := range writable(part) {
			properties[name] = append(properties[name], property)
		}
		into.closed = into.closed || part.AdditionalProperties.Has != nil && !*part.AdditionalProperties.Has
		into.binary = into.binary || isBinary(part)
	}
	into.required = w.required()
	if into.items, err = c.all(items); err != nil {
		return err
	}
	if into.others, err = c.all(others); err != nil {
		return err
	}
	for _, element := range first {
		compiled, err := c.all(element)
		if err != nil {
			return err
		}
		into.first = append(into.first, compiled)
	}
	into.properties = make(map[string]*schema, len(properties))
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if into.properties[name], err = c.all(properties[name]); err != nil {
			return err
		}
	}
	return nil
}

// bitsOf returns how many bits an integer may have, 0 if there is no limit.
func bitsOf(s *openapi3.Schema) int {
	if !s.Type.Includes(openapi3.TypeInteger) {
		return 0
	}
	return map[string]int{"int32": 32, "int64": 64}[s.Format]
}

// isBinary reports whether a schema says that a text holds bytes: those of a file, or others in some encoding.
// https://spec.openapis.org/oas/v3.1.1.html#binary-data
func isBinary(s *openapi3.Schema) bool {
	return s.Format == "binary" || s.Format == "byte" || s.Format == "base64" || s.ContentMediaType != "" || s.ContentEncoding != ""
}

// writable ranges over the members that a request may have.
func writable(s *openapi3.Schema) iter.Seq2[string, *openapi3.SchemaRef] {
	return func(yield func(string, *openapi3.SchemaRef) bool) {
		for name, property := range s.Properties {
			if property.Value != nil && !onlyInAnswers(property.Value, nil) && !yield(name, property) {
				return
			}
		}
	}
}

// onlyInAnswers reports whether a schema, or what it consists of, says that only answers have such a member.
func onlyInAnswers(s *openapi3.Schema, path []*openapi3.Schema) bool {
	if s.ReadOnly || len(s.AllOf) == 0 || len(path) > maxHops || slices.Contains(path, s) {
		return s.ReadOnly
	}
	path = append(slices.Clip(path), s)
	return slices.ContainsFunc(s.AllOf, func(part *openapi3.SchemaRef) bool {
		return part.Value != nil && onlyInAnswers(part.Value, path)
	})
}

// defaultOf returns the default of a schema or of what it consists of.
func defaultOf(s *openapi3.Schema, seen map[*openapi3.Schema]bool) any {
	if s.Default != nil || seen[s] || len(s.AllOf) == 0 {
		return s.Default
	}
	seen[s] = true
	for _, part := range s.AllOf {
		if part.Value != nil {
			if standard := defaultOf(part.Value, seen); standard != nil {
				return standard
			}
		}
	}
	return nil
}

// typesOfValues returns the types of the only values that a schema allows, 0 if it allows others.
func typesOfValues(s *openapi3.Schema) types {
	values := s.Enum
	if s.Const != nil {
		values = []any{s.Const}
	}
	var of types
	for _, value := range values {
		of |= typeOf(value)
	}
	return of
}

func typeOf(value any) types {
	switch value := value.(type) {
	case nil:
		return null
	case bool:
		return boolean
	case string:
		return text
	case []any:
		return array
	case map[string]any:
		return object
	case float64:
		if value != math.Trunc(value) {
			return number
		}
	}
	return integer
}

// simple reports whether a schema says nothing of a value but its type.
func (c *compiler) simple(s *openapi3.Schema) bool {
	rest := *s
	rest.Type, rest.Nullable, rest.Default, rest.Examples = nil, false, nil, nil
	rest.ReadOnly, rest.WriteOnly, rest.AllowEmptyValue = false, false, false
	switch s.Format {
	case "int32", "int64": // See bits.
		if s.Type.Is(openapi3.TypeInteger) {
			rest.Format = ""
		}
	case "float", "double", "password", "binary", "byte":
		rest.Format = ""
	}
	if rest.Items != nil && rest.Items.Value != nil {
		if items := c.schemas[rest.Items.Value]; items != nil && items.complete && items.plain {
			rest.Items = nil
		}
	}
	return rest.IsEmpty()
}

// markUntyped keeps kin-openapi from following schemas that contain themselves for ever, which would end Envoy: its
// Schema.IsEmpty goes on to the parts of a schema that says nothing itself. allowEmptyValue means nothing in a schema, but
// makes it one that says something.
func markUntyped(t *openapi3.T) error {
	return t.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		own := *ref.Value
		own.Items, own.Not, own.Properties, own.AdditionalProperties = nil, nil, nil, openapi3.BoolSchema{}
		own.AllOf, own.AnyOf, own.OneOf, own.PrefixItems, own.Contains = nil, nil, nil, nil, nil
		own.PatternProperties, own.DependentSchemas, own.PropertyNames, own.ContentSchema = nil, nil, nil, nil
		own.UnevaluatedItems, own.UnevaluatedProperties = openapi3.BoolSchema{}, openapi3.BoolSchema{}
		own.If, own.Then, own.Else, own.Defs = nil, nil, nil, nil
		if own.IsEmpty() && !reflect.DeepEqual(own, *ref.Value) {
			ref.Value.AllowEmptyValue = true
		}
		return nil
	})
}
