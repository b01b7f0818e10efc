package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/funcroute/funcroute/parameters"
)

const formType = "application/x-www-form-urlencoded"

// body is what an operation says of its request's body.
type body struct {
	required bool
	// mediaType is the one that bodies are composed in, "" if the operation takes none that can be.
	mediaType string
	// only is the media type if there is just one, "" otherwise or if it is a range.
	only string
	// schema is that of mediaType, properties are its members in the order they are written in.
	schema     *schema
	properties []string
	// styles are those of the fields of a form that say how they are written.
	styles map[string]*parameter

	// types are the names of contents, for messages.
	types    []string
	contents []*content
}

func (c *compiler) body(b *openapi3.RequestBody) (*body, error) {
	types := slices.SortedFunc(maps.Keys(b.Content), preferred)
	compiled := &body{required: b.Required, types: types}
	if len(types) == 1 && !strings.Contains(types[0], "*") {
		compiled.only = types[0]
	}
	var err error
	if compiled.contents, err = c.contents(b, types); err != nil {
		return nil, err
	}
	for _, name := range types {
		content, composed := b.Content[name], composedAs(name)
		if content == nil || composed == "" {
			continue
		}
		compiled.mediaType = composed
		if compiled.schema, err = c.withMembers(content.Schema); err != nil {
			return nil, fmt.Errorf("its body (%s): %w", name, err)
		}
		compiled.properties = slices.Sorted(maps.Keys(compiled.schema.properties))
		compiled.styles = stylesOf(content)
		break
	}
	return compiled, nil
}

// stylesOf returns the fields of a form that say how they are written.
func stylesOf(content *openapi3.MediaType) map[string]*parameter {
	styles := map[string]*parameter{}
	for name, encoding := range content.Encoding {
		if encoding == nil || !isStyled(encoding) {
			continue
		}
		method := encoding.SerializationMethod()
		styles[name] = &parameter{name: name, style: method.Style, explode: method.Explode, reserved: encoding.AllowReserved}
	}
	return styles
}

// composedAs returns the media type of bodies that are composed for one of the API's, "" if none can be.
func composedAs(mediaType string) string {
	switch {
	case mediaType == "*/*" || mediaType == "application/*":
		return "application/json"
	case isJSON(mediaType) || isForm(mediaType):
		return mediaType
	}
	return ""
}

// composer makes a body of parameters.
type composer struct {
	*body
	// inputs are those of the properties that the body gets, in their order.
	inputs []bodyInput
}

type bodyInput struct {
	input
	name     string
	required bool
	schema   *schema
	standard any
}

// appendField adds a field to a form, in its style if it has one.
func (c *composer) appendField(out []byte, name string, value any) ([]byte, error) {
	styled := c.styles[name]
	switch {
	case styled == nil:
		return appendField(out, name, value)
	case isEmpty(value):
		return out, nil
	case len(out) > 0:
		out = append(out, '&')
	}
	return styled.appendQuery(out, value)
}

// compose returns the body. In a form, lists are repeated and objects are JSON, unless the document says otherwise.
// https://spec.openapis.org/oas/v3.1.1.html#support-for-x-www-form-urlencoded-request-bodies
func (c *composer) compose(given parameters.Values) ([]byte, error) {
	form := isForm(c.mediaType)
	members := make(map[string]any, len(c.inputs))
	var out []byte
	for i := range c.inputs {
		in := &c.inputs[i]
		value, present, err := in.value(given, in.schema, in.standard)
		if err != nil {
			return nil, in.problem("%v", err)
		}
		switch {
		case !present && in.required:
			return nil, in.problem("is missing")
		case !present:
		case form:
			if out, err = c.appendField(out, in.name, value); err != nil {
				return nil, in.problem("%v", err)
			}
		default:
			members[in.name] = value
		}
	}
	if form {
		return out, nil
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// appendField adds a field that has no style.
func appendField(out []byte, name string, value any) ([]byte, error) {
	if list, ok := value.([]any); ok {
		for _, element := range list {
			var err error
			if out, err = appendField(out, name, element); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if len(out) > 0 {
		out = append(out, '&')
	}
	out = append(appendEncoded(out, name), '=')
	if members, ok := value.(map[string]any); ok {
		raw, err := json.Marshal(members)
		return appendEncoded(out, string(raw)), err
	}
	field, err := scalar(value)
	return appendEncoded(out, field), err
}
