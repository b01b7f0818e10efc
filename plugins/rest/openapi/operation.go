package openapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins/kit/documents"
)

// operation is an operation as every route to it has it. It does not change.
type operation struct {
	method string
	// path has the parameters' indices between its literals.
	path []segment
	// query is what the path's key says after a "?", percent-encoded.
	query      string
	parameters []*parameter
	body       *body // nil if the operation takes none
	// accept are the media types of its answers, JSON first.
	accept string
}

// segment is a literal of a path, percent-encoded, or a parameter if the literal is empty.
type segment struct {
	literal   string
	parameter int
}

// compiler compiles the operations of one document.
type compiler struct {
	document      *openapi3.T
	version31     bool
	schemas       map[*openapi3.Schema]*schema
	checked       map[*openapi3.Schema]*schema   // those of them that have a check
	compositions  map[string]*openapi3.SchemaRef // see composed
	context       context.Context
	validation    []openapi3.ValidationOption
	jsonSchemas   *jsonSchemas                // nil below version 3.1
	compiledRules map[*openapi3.Schema]*rules // those of versions below
	patterns      patterns
}

func newCompiler(t *openapi3.T) (*compiler, error) {
	c := &compiler{
		document: t, version31: t.IsOpenAPI31OrLater(), context: context.Background(),
		schemas: map[*openapi3.Schema]*schema{}, checked: map[*openapi3.Schema]*schema{},
		compositions: map[string]*openapi3.SchemaRef{}, compiledRules: map[*openapi3.Schema]*rules{},
	}
	c.validation = []openapi3.ValidationOption{
		openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation(), openapi3.DisableSchemaPatternValidation(),
	}
	if err := markUntyped(t); err != nil {
		return nil, err
	}
	if !c.version31 {
		return c, nil
	}
	c.validation = append(c.validation, openapi3.IsOpenAPI31OrLater())
	var err error
	c.jsonSchemas, err = newJSONSchemas(t)
	return c, err
}

// compile compiles an operation.
func (d *document) compile(o *offer) (*operation, error) {
	if o.method == http.MethodConnect || !httptext.IsToken(o.method) {
		return nil, o.node.wrong("%s is no method that a function can have", o.method)
	}
	e, err := d.excerptOf(o)
	if err != nil {
		return nil, err
	}
	c, err := newCompiler(e.t)
	if err != nil {
		return nil, o.node.wrong("%w", documents.OneLine(err))
	}
	compiled, err := c.operation(e)
	return compiled, o.node.misplaced(err)
}

func (c *compiler) operation(e *excerpted) (*operation, error) {
	compiled := &operation{method: e.method, accept: e.accept}
	var err error
	if compiled.parameters, err = c.parameters(e); err != nil {
		return nil, err
	}
	if compiled.path, err = compiled.compilePath(e.base, e.path); err != nil {
		return nil, err
	}
	if e.operation.RequestBody == nil || e.operation.RequestBody.Value == nil {
		return compiled, nil
	}
	compiled.body, err = c.body(e.operation.RequestBody.Value)
	return compiled, e.body.misplaced(err)
}

// compilePath splits the path. What follows a "#" only makes paths different that are the same. A query in it always goes
// along: some APIs tell operations apart by that.
func (o *operation) compilePath(base, path string) ([]segment, error) {
	path, _, _ = strings.Cut(path, "#")
	path, query, _ := strings.Cut(path, "?")
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(query, "{}") {
		return nil, errors.New("its path must begin with a slash, and a query in it must have no parameters")
	}
	o.query = httptext.Encode(query, kept)
	segments := []segment{}
	literal := base
	used := map[int]bool{}
	for path != "" {
		before, rest, found := strings.Cut(path, "{")
		literal += httptext.Encode(before, kept)
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		index := slices.IndexFunc(o.parameters, func(p *parameter) bool {
			return p.in == openapi3.ParameterInPath && p.name == name
		})
		if !closed || index < 0 {
			return nil, fmt.Errorf("its path has {%s}, which none of its parameters describes", name)
		}
		if literal != "" {
			segments = append(segments, segment{literal: literal})
		}
		segments = append(segments, segment{parameter: index})
		used[index] = true
		literal, path = "", after
	}
	if literal != "" {
		segments = append(segments, segment{literal: literal})
	}
	for i, p := range o.parameters {
		if p.in == openapi3.ParameterInPath && !used[i] {
			return nil, fmt.Errorf("parameter %q (path) is not in its path", p.name)
		}
	}
	return segments, nil
}

// kept are the characters that stay as they are in what a document says of a path or a query. Escapes that are there stay.
const kept = httptext.Query | httptext.Percent

// preferred orders media types: JSON, then forms, then by name.
func preferred(a, b string) int {
	rank := func(mediaType string) int {
		switch {
		case strings.Contains(mediaType, "*"):
			return 4
		case isJSON(mediaType) && !strings.HasSuffix(mediaType, "+json"):
			return 0
		case isJSON(mediaType):
			return 1
		case isForm(mediaType):
			return 2
		}
		return 3
	}
	if difference := rank(a) - rank(b); difference != 0 {
		return difference
	}
	return strings.Compare(a, b)
}
