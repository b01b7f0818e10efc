package openapi

import (
	"slices"
	"strconv"

	"github.com/funcroute/funcroute/jsontext"
)

// keyword is what a schema can say that matters for a call.
type keyword struct {
	write func(e *excerpt, n node) error
	// since is the first version that knows it. Earlier ones ignore it, as all do with keywords that nobody knows.
	since version
}

// keywords are those of both versions by name. `$ref`, `type`, `allOf`, `discriminator` and limits are looked
// at by excerpt.schema itself.
var keywords map[string]keyword

func init() { // Schemas consist of schemas, so that the compiler sees a cycle in a literal.
	one, many, named := (*excerpt).schema, (*excerpt).list, (*excerpt).schemas
	keywords = map[string]keyword{
		"anyOf": {many, version20}, "oneOf": {many, version20}, "not": {one, version20}, "items": {one, version20}, "properties": {named, version20},
		"additionalProperties": {one, version20}, "prefixItems": {many, version31}, "contains": {one, version31}, "propertyNames": {one, version31},
		"patternProperties": {named, version31}, "dependentSchemas": {named, version31}, "unevaluatedItems": {one, version31},
		"unevaluatedProperties": {one, version31}, "if": {one, version31}, "then": {one, version31}, "else": {one, version31}, "contentSchema": {one, version31},
		"format": {(*excerpt).word, version20}, "pattern": {(*excerpt).word, version20},
		"contentMediaType": {(*excerpt).word, version31}, "contentEncoding": {(*excerpt).word, version31},
		"uniqueItems": {(*excerpt).flag, version20}, "nullable": {(*excerpt).flag, version20}, "readOnly": {(*excerpt).flag, version20},
		"writeOnly": {(*excerpt).flag, version20}, "multipleOf": {(*excerpt).number, version20},
		"minLength": {(*excerpt).count, version20}, "maxLength": {(*excerpt).count, version20}, "minItems": {(*excerpt).count, version20},
		"maxItems": {(*excerpt).count, version20}, "minProperties": {(*excerpt).count, version20}, "maxProperties": {(*excerpt).count, version20},
		"minContains": {(*excerpt).count, version31}, "maxContains": {(*excerpt).count, version31},
		"enum": {(*excerpt).values, version20}, "required": {(*excerpt).texts, version20}, "dependentRequired": {(*excerpt).lists, version31},
		"default": {(*excerpt).value, version20}, "const": {(*excerpt).value, version31},
	}
}

// schema writes a schema with what means something in the document's version.
func (e *excerpt) schema(n node) error {
	switch {
	case n.isBool() && e.version == version31:
		return e.value(n)
	case n.isBool(): // No schema of 3.0, but its meaning is plain.
		e.add(map[bool]string{true: `{}`, false: `{"not":{}}`}[n.isTrue()])
		return nil
	case !n.isObject():
		return n.wrong("a schema must be an object")
	}
	ref := n.member("$ref")
	if !ref.isString() && e.version == version31 {
		ref = n.member("$dynamicRef")
	}
	if ref.isString() && e.version < version31 {
		return e.refer(ref) // What stands beside it is ignored.
	}
	start := len(e.out)
	e.add(`{`)
	err := e.say(n)
	if err == nil && ref.isString() && len(e.out) == start+1 && !n.member("allOf").there() {
		e.out = e.out[:start]
		return e.refer(ref)
	}
	if err == nil {
		err = e.all(ref, n.member("allOf"))
	}
	e.end(`}`)
	return err
}

// say writes the keywords of a schema, each with a comma after it.
func (e *excerpt) say(n node) (err error) {
	array, items := false, false
	n.members(func(name string, value node) {
		k, known := keywords[name]
		switch {
		case err != nil:
		case name == "type":
			array, err = e.types(value)
		case name == "discriminator":
			e.discriminator(n, value)
		case known && k.since <= e.version && !jsontext.IsNull(value.raw) || name == "const" && e.version == version31 || name == "default":
			items = items || name == "items"
			before := len(e.out)
			e.name(name)
			from := len(e.out)
			if err = k.write(e, value); err != nil {
				return
			}
			if len(e.out) == from { // It says nothing.
				e.out = e.out[:before]
				return
			}
			e.add(`,`)
		}
	})
	if err == nil {
		err = e.limits(n, "minimum", "exclusiveMinimum", func(a, b float64) bool { return a > b })
	}
	if err == nil {
		err = e.limits(n, "maximum", "exclusiveMaximum", func(a, b float64) bool { return a < b })
	}
	if array && !items && e.version < version31 {
		e.add(`"items":{},`) // It must be there in 3.0, and is often forgotten.
	}
	return err
}

// all writes `allOf`, with the reference that stands beside other keywords.
func (e *excerpt) all(ref, parts node) error {
	if !ref.isString() && !parts.there() {
		return nil
	}
	e.add(`"allOf":[`)
	if ref.isString() {
		if err := e.refer(ref); err != nil {
			return err
		}
		e.add(`,`)
	}
	if parts.there() && !parts.isArray() {
		return parts.wrong("allOf must be a list of schemas")
	}
	for _, part := range parts.elements() {
		if err := e.schema(part); err != nil {
			return err
		}
		e.add(`,`)
	}
	e.end(`]`)
	return nil
}

// types writes the type or the types. It reports whether a list is one of them.
func (e *excerpt) types(n node) (array bool, err error) {
	var names []string
	for _, each := range append(n.elements(), n) {
		if name, is := each.text(); is {
			names = append(names, name)
		}
	}
	if e.version < version31 { // A list of types is none of 3.0, but one with "null" has its plain meaning.
		if other := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "null" }); len(other) == 1 && len(names) > 1 {
			e.add(`"nullable":true,`)
			names = other
		}
	}
	switch {
	case len(names) == 0:
		return false, n.wrong("type must be the name of a type")
	case e.version == version20 && names[0] == "file":
		e.add(`"type":"string","format":"binary",`)
		return false, nil
	case len(names) == 1:
		e.add(`"type":`)
		e.string(names[0])
	default:
		e.add(`"type":[`)
		for _, name := range names {
			e.string(name)
			e.add(`,`)
		}
		e.end(`]`)
	}
	e.add(`,`)
	return slices.Contains(names, "array"), nil
}

func (e *excerpt) list(n node) error {
	if !n.isArray() {
		return n.wrong("it must be a list of schemas")
	}
	e.add(`[`)
	for _, element := range n.elements() {
		if err := e.schema(element); err != nil {
			return err
		}
		e.add(`,`)
	}
	e.end(`]`)
	return nil
}

func (e *excerpt) schemas(n node) (err error) {
	if !n.isObject() {
		return n.wrong("it must be an object of schemas")
	}
	e.add(`{`)
	n.members(func(name string, schema node) {
		if err == nil {
			e.name(name)
			err = e.schema(schema)
			e.add(`,`)
		}
	})
	e.end(`}`)
	return err
}

func (e *excerpt) value(n node) error {
	e.out = append(e.out, n.raw...)
	return nil
}

func (e *excerpt) values(n node) error {
	if !n.isArray() {
		return n.wrong("it must be a list")
	}
	return e.value(n)
}

func (e *excerpt) lists(n node) error {
	if !n.isObject() {
		return n.wrong("it must be an object of lists of names")
	}
	return e.value(n)
}

// texts writes names, each once. A mere `required: true`, as JSON Schema had it until 2010, says nothing.
func (e *excerpt) texts(n node) error {
	if n.isBool() {
		return nil
	}
	if !n.isArray() {
		return n.wrong("it must be a list of names")
	}
	seen := map[string]bool{}
	e.add(`[`)
	for _, element := range n.elements() {
		name, is := element.text()
		if !is {
			return element.wrong("it must be a name")
		}
		if !seen[name] {
			e.string(name)
			e.add(`,`)
		}
		seen[name] = true
	}
	e.end(`]`)
	return nil
}

func (e *excerpt) word(n node) error {
	text, is := n.text()
	if !is {
		return n.wrong("it must be a text")
	}
	e.string(text)
	return nil
}

// flag writes true or false, for which some write the words in quotes.
func (e *excerpt) flag(n node) error {
	text, _ := n.text()
	if text != "true" && text != "false" {
		return n.wrong("it must be true or false")
	}
	e.add(text)
	return nil
}

// number writes a number, which some write in quotes.
func (e *excerpt) number(n node) error {
	text, is := n.text()
	if !is || !isNumber(text) {
		return n.wrong("it must be a number")
	}
	e.add(text)
	return nil
}

// count writes a number that counts something. 1.0 is as good as 1.
func (e *excerpt) count(n node) error {
	const most = 1 << 53
	text, _ := n.text()
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || value > most || value != float64(uint64(value)) {
		return n.wrong("it must be a whole number not below 0")
	}
	e.out = strconv.AppendUint(e.out, uint64(value), 10)
	return nil
}
