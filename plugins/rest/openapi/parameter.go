package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/funcroute/funcroute/httptext"
)

// parameter is an operation's parameter.
type parameter struct {
	name     string
	in       string
	style    string
	explode  bool
	reserved bool // RFC 3986's reserved characters are not encoded
	json     bool // the value is written as JSON, whatever the style
	required bool
	schema   *schema
	standard any // the default, brought to its type as a given value is, nil if there is none
}

// framing are headers that say how the message is sent, or to whom; no document can have a say in them.
var framing = []string{
	"connection", "content-length", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
}

// negotiated are headers that an operation says elsewhere, and that it must not describe as parameters.
// https://spec.openapis.org/oas/v3.1.1.html#fixed-fields-for-parameter-object-name
var negotiated = []string{"accept", "content-type", "authorization"}

// parameters compiles the parameters of an operation.
func (c *compiler) parameters(e *excerpted) ([]*parameter, error) {
	fixed := queryNames(e.path)
	var compiled []*parameter
	for i, ref := range e.operation.Parameters {
		p := ref.Value
		name := strings.ToLower(p.Name)
		if p.In == openapi3.ParameterInHeader && slices.Contains(negotiated, name) || p.In == openapi3.ParameterInQuery && fixed[p.Name] {
			continue
		}
		added, err := c.parameter(p)
		if err != nil {
			return nil, e.parameters[i].misplaced(fmt.Errorf("parameter %q (%s): %w", p.Name, p.In, err))
		}
		compiled = append(compiled, added)
	}
	return compiled, nil
}

// queryNames returns the names of the parameters that the query in a path's key has.
func queryNames(path string) map[string]bool {
	_, query, _ := strings.Cut(path, "?")
	names := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		if name, readable := httptext.QueryName(pair); readable {
			names[name] = true
		}
	}
	return names
}

func (c *compiler) parameter(p *openapi3.Parameter) (*parameter, error) {
	if p.In == openapi3.ParameterInHeader && slices.Contains(framing, strings.ToLower(p.Name)) {
		return nil, errors.New("the proxy alone sets that header")
	}
	if p.In == openapi3.ParameterInHeader && !httptext.IsToken(p.Name) {
		return nil, errors.New("no header can have that name")
	}
	if err := p.Validate(c.context, c.validation...); err != nil {
		return nil, err
	}
	method, err := p.SerializationMethod()
	if err != nil {
		return nil, err
	}
	compiled := &parameter{
		name: p.Name, in: p.In, style: method.Style, explode: method.Explode, required: p.Required,
		reserved: p.AllowReserved && p.In == openapi3.ParameterInQuery,
	}
	schema := p.Schema
	for mediaType, content := range p.Content { // There is one.
		if !isJSON(mediaType) {
			return nil, fmt.Errorf("it is written as %s; only application/json and the styles can be", mediaType)
		}
		compiled.json, schema = true, content.Schema
	}
	if compiled.schema, err = c.checkedSchemaOf(schema); err != nil {
		return nil, err
	}
	if compiled.standard, err = compiled.schema.defaultValue(); err != nil {
		return nil, fmt.Errorf("its default %w", err)
	}
	return compiled, nil
}

// defaultValue returns a schema's default, brought to its type and checked. One that is known roughly alone is nil: what is not
// sent has the same default at the upstream.
func (s *schema) defaultValue() (any, error) {
	if s.standard == nil || isRounded(s.standard) {
		return nil, nil
	}
	raw, err := json.Marshal(s.standard)
	if err != nil {
		return nil, err
	}
	decoded, err := decodeJSON(raw)
	if err != nil {
		return nil, err
	}
	return s.coerceJSON(decoded)
}
