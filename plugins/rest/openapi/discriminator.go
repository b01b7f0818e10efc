package openapi

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/funcroute/funcroute/jsontext"
)

// discriminator writes what tells the alternatives of a schema apart, with a comma after it. The mapping says in the excerpt which
// alternative each value means, the names that the schemas have in the document included: in the excerpt they may have others.
func (e *excerpt) discriminator(schema, n node) {
	property, mapping := n.textOf("propertyName"), n.member("mapping")
	if e.version == version20 {
		property, _ = n.text()
	}
	if property == "" || jsontext.IsNull(n.raw) {
		return
	}
	e.add(`"discriminator":{"propertyName":`)
	e.string(property)
	e.add(`,"mapping":{`)
	alternatives := schema.member("oneOf").elements()
	if len(alternatives) == 0 {
		alternatives = schema.member("anyOf").elements()
	}
	for _, alternative := range alternatives {
		ref := alternative.member("$ref")
		text, _ := ref.text()
		if !ref.isString() || mapping.member(nameIn(text)).there() {
			continue
		}
		if target, err := e.target(ref, 0); err == nil {
			e.mean(nameIn(text), e.named(target, text))
		}
	}
	mapping.members(func(value string, ref node) {
		text, _ := ref.text()
		target := e.root.root().member("components").member("schemas").member(text)
		if !target.there() && ref.isString() {
			target, _ = e.target(ref, 0)
		}
		name := elsewhere
		if target.isObject() {
			name = e.named(target, text)
		}
		e.mean(value, name)
	})
	e.end(`}},`)
}

// elsewhere is the name of a schema in the excerpt of which nothing is known: a mapping can lead into the network.
const elsewhere = "-"

// mean writes that a value means a schema.
func (e *excerpt) mean(value, name string) {
	e.name(value)
	e.string(schemasPointer + name)
	e.add(`,`)
}

// nameIn is the name of a schema in the document that a reference leads to: the last part of the pointer or, without one, of the path.
func nameIn(ref string) string {
	file, fragment, _ := strings.Cut(ref, "#")
	if fragment == "" {
		return strings.TrimSuffix(path.Base(file), path.Ext(file))
	}
	name := fragment[strings.LastIndexByte(fragment, '/')+1:]
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
}

func newDiscriminator(d *openapi3.Discriminator, alternatives openapi3.SchemaRefs) *discriminator {
	compiled := &discriminator{property: d.PropertyName, index: map[string]int{}, all: true}
	for _, alternative := range alternatives {
		compiled.all = compiled.all && alternative.Ref != "" // One without a name cannot be told.
	}
	for value, target := range d.Mapping {
		index := slices.IndexFunc(alternatives, func(alternative *openapi3.SchemaRef) bool { return alternative.Ref == target.Ref })
		if index < 0 {
			compiled.all = false // It leads elsewhere, and what is there is not known here.
			continue
		}
		compiled.index[value] = index
	}
	return compiled
}
