package openapi

import (
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// content is what a body can be in one media type.
type content struct {
	mediaTypes []mediaType
	// check is that of the schema, nil if there is none.
	check check
	// schema is there if a body of the media type is a text or a form, whose values have to be brought to their types first.
	schema *schema
	// members say of the fields of a form what they are, in whatever way it is meant, each with its check.
	members   *schema
	encodings map[string]*encoding
}

// encoding is how a field of a form is written.
type encoding struct {
	mediaTypes []mediaType // none if any will do
	json       bool
	deep       bool
	separator  string // of the elements of a list, "" if the field is repeated
}

func (c *compiler) content(name string, m *openapi3.MediaType) (*content, error) {
	compiled := &content{mediaTypes: mediaTypes(name), encodings: map[string]*encoding{}}
	if m.Schema == nil || m.Schema.Value == nil {
		return compiled, nil
	}
	var err error
	if compiled.check, err = c.check(m.Schema); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(compiled.mediaTypes, func(m mediaType) bool { return m.isRange() || !m.isJSON() }) {
		return compiled, nil
	}
	if compiled.schema, err = c.schemaOf(m.Schema); err != nil {
		return nil, err
	}
	if compiled.members, err = c.withMembers(m.Schema); err != nil {
		return nil, err
	}
	for field, e := range m.Encoding {
		if e != nil {
			compiled.encodings[field] = encodingOf(e)
		}
	}
	return compiled, nil
}

func encodingOf(e *openapi3.Encoding) *encoding {
	compiled := &encoding{mediaTypes: mediaTypes(e.ContentType)}
	compiled.json = len(compiled.mediaTypes) == 1 && compiled.mediaTypes[0].isJSON()
	if !isStyled(e) {
		return compiled
	}
	method := e.SerializationMethod()
	compiled.deep = method.Style == openapi3.SerializationDeepObject
	if !method.Explode {
		compiled.separator = map[string]string{
			openapi3.SerializationForm: ",", openapi3.SerializationSpaceDelimited: " ", openapi3.SerializationPipeDelimited: "|",
		}[method.Style]
	}
	return compiled
}

// isStyled reports whether a field has a style, and not the one of its media type.
// https://spec.openapis.org/oas/v3.1.1.html#fixed-fields-for-rfc6570-style-serialization
func isStyled(e *openapi3.Encoding) bool { return e.Style != "" || e.Explode != nil || e.AllowReserved }

// content returns what describes bodies of a media type the most exactly, nil if nothing does.
func (b *body) content(contentType string) (m mediaType, found *content) {
	if contentType == "" {
		m = mediaType{} // Only the range of all covers it.
	} else if read, ok := parseMediaType(contentType); ok {
		m = read
	} else {
		return m, nil
	}
	best := 0
	for _, one := range b.contents {
		for _, described := range one.mediaTypes {
			if exactness := described.covers(m); exactness > best {
				best, found = exactness, one
			}
		}
	}
	return m, found
}

// contents compiles what a body can be in each media type.
func (c *compiler) contents(b *openapi3.RequestBody, names []string) ([]*content, error) {
	var all []*content
	for _, name := range names {
		m := b.Content[name]
		if m == nil {
			continue
		}
		if err := m.Validate(c.context, c.validation...); err != nil {
			return nil, fmt.Errorf("its body (%s): %w", name, err)
		}
		compiled, err := c.content(name, m)
		if err != nil {
			return nil, fmt.Errorf("its body (%s): %w", name, err)
		}
		all = append(all, compiled)
	}
	return all, nil
}
