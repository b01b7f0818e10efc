package openapi

import (
	"maps"
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
	types      types
	bits       int                // of an integer, 0 if there is no limit
	items      *schema            // nil if the document says nothing of them
	properties map[string]*schema // of an object
	required   []string
	standard   any // the default, nil if there is none
	check      check
	complete   bool // false while the schema is compiled, which those that contain themselves meet
}

// check reports what is wrong with a value of the right type. It is nil where the type says it all.
type check func(value any) error

// schemaOf compiles a schema. Those that contain themselves are compiled once.
func (c *compiler) schemaOf(ref *openapi3.SchemaRef) (*schema, error) {
	if ref == nil || ref.Value == nil {
		return anything, nil
	}
	if known := c.schemas[ref.Value]; known != nil {
		return known, nil
	}
	compiled := &schema{}
	c.schemas[ref.Value] = compiled
	s := ref.Value
	compiled.types = c.typesOf(s)
	if s.Type.Is(openapi3.TypeInteger) {
		compiled.bits = map[string]int{"int32": 32, "int64": 64}[s.Format]
	}
	compiled.properties = map[string]*schema{}
	err := c.collect(compiled, s, map[*openapi3.Schema]bool{})
	if err == nil && !c.simple(s) {
		compiled.check, err = c.check(ref)
	}
	compiled.complete = true
	return compiled, err
}

// collect takes what a schema and those it consists of say of members, items and the default. Each is looked at once.
func (c *compiler) collect(into *schema, s *openapi3.Schema, seen map[*openapi3.Schema]bool) (err error) {
	if seen[s] {
		return nil
	}
	seen[s] = true
	if into.standard == nil {
		into.standard = s.Default
	}
	if into.items == nil && s.Items != nil {
		if into.items, err = c.schemaOf(s.Items); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if property := s.Properties[name]; property.Value != nil && !property.Value.ReadOnly {
			if into.properties[name], err = c.schemaOf(property); err != nil {
				return err
			}
		}
	}
	for _, name := range s.Required {
		if property := s.Properties[name]; property != nil && property.Value != nil && property.Value.ReadOnly {
			continue // OpenAPI 3.0.4, "Schema Object", readOnly: required takes effect on the response only.
		}
		into.required = append(into.required, name)
	}
	for _, part := range s.AllOf {
		if part.Value != nil {
			if err := c.collect(into, part.Value, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// typesOf returns the types that a schema allows. A schema that consists of itself allows what else it says.
func (c *compiler) typesOf(s *openapi3.Schema) types {
	if known, ok := c.types[s]; ok {
		return known
	}
	c.types[s] = anyType
	c.types[s] = c.combinedTypes(s)
	return c.types[s]
}

func (c *compiler) combinedTypes(s *openapi3.Schema) types {
	allowed := anyType
	if !s.Type.IsEmpty() {
		allowed = 0
		for _, name := range s.Type.Slice() {
			allowed |= typeNames[name]
		}
		if s.Nullable && !c.version31 {
			allowed |= null
		}
	} else if of := typesOfValues(s); of != 0 {
		allowed = of
	}
	for _, part := range s.AllOf {
		if part.Value != nil {
			allowed &= c.typesOf(part.Value)
		}
	}
	for _, alternatives := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf} {
		var together types
		for _, part := range alternatives {
			if part.Value != nil {
				together |= c.typesOf(part.Value)
			}
		}
		if together != 0 {
			allowed &= together
		}
	}
	return allowed
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
		if value != float64(int64(value)) {
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
		if items := c.schemas[rest.Items.Value]; items != nil && items.complete && items.check == nil {
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
