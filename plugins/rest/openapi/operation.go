package openapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation is an operation as every route to it has it. It does not change.
type operation struct {
	method string
	// path has the parameters' indices between its literals.
	path       []segment
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
	t.InternalizeRefs(c.context, nil)
	var err error
	c.jsonSchemas, err = newJSONSchemas(t)
	return c, err
}

func (c *compiler) operation(method, path string, item *openapi3.PathItem, o *openapi3.Operation) (*operation, error) {
	if method == http.MethodConnect || !isToken(method) {
		return nil, fmt.Errorf("%s is no method that a function can have", method)
	}
	compiled := &operation{method: method, accept: accepted(o)}
	var err error
	if compiled.parameters, err = c.parameters(item, o); err != nil {
		return nil, err
	}
	base, err := c.base(item, o)
	if err != nil {
		return nil, err
	}
	if compiled.path, err = compiled.compilePath(base, path); err != nil {
		return nil, err
	}
	if o.RequestBody == nil || o.RequestBody.Value == nil {
		return compiled, nil
	}
	if compiled.body, err = c.body(o.RequestBody.Value); err != nil {
		return nil, err
	}
	return compiled, nil
}

// base returns the path of the first server that the operation, its path or the document names, without a slash at its
// end. Where the request goes is for the cluster to say, so of a server only the path counts.
func (c *compiler) base(item *openapi3.PathItem, o *openapi3.Operation) (string, error) {
	servers := c.document.Servers
	switch {
	case o.Servers != nil && len(*o.Servers) > 0:
		servers = *o.Servers
	case len(item.Servers) > 0:
		servers = item.Servers
	}
	if len(servers) == 0 {
		return "", nil
	}
	text := servers[0].URL
	for name, variable := range servers[0].Variables {
		if variable != nil {
			text = strings.ReplaceAll(text, "{"+name+"}", variable.Default)
		}
	}
	parsed, err := url.Parse(text)
	if err != nil || strings.ContainsAny(text, "{}") {
		return "", fmt.Errorf("server %q is no URL, or has a variable without default", servers[0].URL)
	}
	base := parsed.EscapedPath()
	if parsed.Scheme == "" && parsed.Host == "" && base != "" && base[0] != '/' {
		base = "/" + base // Relative to where the document was found, which nobody knows here.
	}
	base = strings.TrimRight(base, "/")
	for segment := range strings.SplitSeq(base, "/") {
		if segment == "." || segment == ".." {
			return "", fmt.Errorf("server %q: its path must not have %q in it", servers[0].URL, segment)
		}
	}
	return base, nil
}

// compilePath splits the path. What follows a "#" only makes paths different that are the same.
func (o *operation) compilePath(base, path string) ([]segment, error) {
	path, _, _ = strings.Cut(path, "#")
	if !strings.HasPrefix(path, "/") || strings.Contains(path, "?") {
		return nil, errors.New("its path must begin with a slash and have no query")
	}
	segments := []segment{}
	literal := base
	used := map[int]bool{}
	for path != "" {
		before, rest, found := strings.Cut(path, "{")
		literal += escapeLiteral(before)
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

// escapeLiteral percent-encodes what cannot stand in a path. Escapes that are there stay.
func escapeLiteral(s string) string {
	var out []byte
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) || strings.IndexByte("/%!$&'()*+,;=:@", c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

// accepted lists the media types of an operation's good answers, JSON first.
func accepted(o *openapi3.Operation) string {
	var types []string
	for status, response := range o.Responses.Map() {
		if status != "default" && !strings.HasPrefix(status, "2") || response == nil || response.Value == nil {
			continue
		}
		for mediaType := range response.Value.Content {
			types = append(types, mediaType)
		}
	}
	slices.SortFunc(types, preferred)
	return strings.Join(slices.CompactFunc(types, sameMediaType), ", ")
}

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
