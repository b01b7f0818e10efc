package openapi

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
)

// rules are a schema of version 3.0, compiled for checks. They do not change once they are complete.
type rules struct {
	types    types // without null
	nullable bool  // even where its parts do not allow it, which is what those mean who write it
	untyped  bool  // so that null is as good as anything
	enum     []any
	bits     int
	minimum  *limit
	maximum  *limit
	multiple *big.Rat

	minLength uint64
	maxLength *uint64
	pattern   string
	matcher   openapi3.RegexMatcher
	format    *format

	minItems uint64
	maxItems *uint64
	unique   bool
	items    *rules

	minMembers uint64
	maxMembers *uint64
	properties map[string]*rules
	others     *rules
	closed     bool // additionalProperties: false
	required   []string
	readOnly   map[string]bool // members that only answers have, those of its parts included

	not                 *rules
	allOf, anyOf, oneOf []*rules
	discriminator       *discriminator
}

// limit is a limit of a number. Documents are read with float64, which knows only some of the integers beyond 2^53: such a limit
// is compared as roughly as it is known.
type limit struct {
	rough     float64
	value     *big.Rat
	exclusive bool
}

func newLimit(documented *float64, exclusive openapi3.ExclusiveBound) *limit {
	if documented == nil {
		return nil
	}
	return &limit{rough: *documented, value: rational(*documented), exclusive: exclusive.Bool != nil && *exclusive.Bool}
}

// rational returns what the document says: 0.1 is a tenth, not the float64 next to it.
func rational(f float64) *big.Rat {
	value, _ := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	return value
}

// compare returns a negative number if n is below the limit, a positive one if it is above.
func (l *limit) compare(n json.Number) int {
	const digitsOfFloat = 15 // So many a float64 keeps.
	if len(n) > digitsOfFloat && !isRounded(l.rough) {
		return exact(n).Cmp(l.value)
	}
	rough, _ := n.Float64() // It can be held, see unholdable.
	switch {
	case rough < l.rough:
		return -1
	case rough > l.rough:
		return 1
	}
	return 0
}

// discriminator tells by a member which of several schemas is meant.
type discriminator struct {
	property string
	// index is the place of a schema among the alternatives. Names of schemas count even if a mapping gives others.
	// https://spec.openapis.org/oas/v3.0.4.html#discriminator-object
	index map[string]int
	// all says that every alternative has a name, so that no other can be meant.
	all bool
}

// rules compiles a schema. Those that contain themselves are compiled once.
func (c *compiler) rules(ref *openapi3.SchemaRef) *rules {
	if ref == nil || ref.Value == nil {
		return nil
	}
	if known := c.compiledRules[ref.Value]; known != nil {
		return known
	}
	s, r := ref.Value, &rules{}
	c.compiledRules[s] = r
	r.types = ownTypes(s) &^ null
	r.nullable, r.untyped = s.Nullable, s.Type.IsEmpty() && len(s.Enum) == 0
	r.enum = s.Enum
	r.bits = bitsOf(s)
	r.minimum, r.maximum = newLimit(s.Min, s.ExclusiveMin), newLimit(s.Max, s.ExclusiveMax)
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		r.multiple = rational(*s.MultipleOf)
	}
	r.minLength, r.maxLength, r.minItems, r.maxItems, r.unique = s.MinLength, s.MaxLength, s.MinItems, s.MaxItems, s.UniqueItems
	if r.pattern = s.Pattern; s.Pattern != "" {
		r.matcher = c.patterns.compile(s.Pattern)
	}
	if known, is := textFormats[s.Format]; is && slices.Contains(formats30, s.Format) {
		r.format = &known
	}
	r.items = c.rules(s.Items)
	c.rulesOfMembers(r, s)
	c.rulesOfParts(r, s)
	return r
}

func (c *compiler) rulesOfMembers(r *rules, s *openapi3.Schema) {
	r.minMembers, r.maxMembers = s.MinProps, s.MaxProps
	r.properties = make(map[string]*rules, len(s.Properties))
	for name, property := range s.Properties {
		r.properties[name] = c.rules(property)
	}
	r.others = c.rules(s.AdditionalProperties.Schema)
	r.closed = s.AdditionalProperties.Has != nil && !*s.AdditionalProperties.Has
	r.required = s.Required
	r.readOnly = map[string]bool{}
	readOnlyOf(s, r.readOnly, map[*openapi3.Schema]bool{})
}

// readOnlyOf collects the members that only answers have.
func readOnlyOf(s *openapi3.Schema, names map[string]bool, seen map[*openapi3.Schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	for name, property := range s.Properties {
		if property.Value != nil && onlyInAnswers(property.Value, nil) {
			names[name] = true
		}
	}
	for _, part := range s.AllOf {
		if part.Value != nil {
			readOnlyOf(part.Value, names, seen)
		}
	}
}

func (c *compiler) rulesOfParts(r *rules, s *openapi3.Schema) {
	r.not = c.rules(s.Not)
	for _, list := range []struct {
		from openapi3.SchemaRefs
		to   *[]*rules
	}{{s.AllOf, &r.allOf}, {s.AnyOf, &r.anyOf}, {s.OneOf, &r.oneOf}} {
		for _, part := range list.from {
			if part.Value != nil {
				*list.to = append(*list.to, c.rules(part))
			}
		}
	}
	alternatives := s.OneOf
	if len(alternatives) == 0 {
		alternatives = s.AnyOf
	}
	if s.Discriminator != nil && s.Discriminator.PropertyName != "" && len(alternatives) > 0 {
		r.discriminator = newDiscriminator(s.Discriminator, alternatives)
	}
}
