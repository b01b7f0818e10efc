package message

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
	"github.com/funcroute/funcroute/plugins/kit/template/uritemplate"
)

// URI is the path and the query of a call, a template after RFC 6570 whose variables are expressions.
type URI struct {
	// constant is the expanded template if there are no variables.
	constant  string
	template  *uritemplate.Template
	variables []*expression.Expression
}

// endOfPath are the characters that end a path or a query. No value may do that, whatever the operator.
const endOfPath = "?#"

// CompileURI compiles the path and the query of a call. The error says what is wrong with the template.
func CompileURI(text string, environment *expression.Environment) (*URI, error) {
	t, err := uritemplate.Compile(text)
	if err != nil {
		return nil, err
	}
	if strings.Contains(text, "#") {
		return nil, errors.New(`a fragment ("#") is never sent to a server`)
	}
	if !strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "{/") && !strings.HasPrefix(text, "{+path}") {
		return nil, errors.New("the path must begin with a slash")
	}
	u := &URI{template: t}
	for _, name := range t.Names() {
		variable, err := environment.Variable(name)
		if err != nil {
			return nil, err
		}
		u.variables = append(u.variables, variable)
	}
	expanded, err := t.Append(nil, sample{}, endOfPath)
	if err != nil {
		return nil, err
	}
	if problem := pathProblem(expanded); problem != "" {
		return nil, fmt.Errorf("the path %s", problem)
	}
	if len(u.variables) == 0 {
		u.constant = string(expanded)
	}
	return u, nil
}

// sample stands for values that harm nothing, so that what is wrong with a path is the template's own fault.
type sample struct{}

// Value implements uritemplate.Values.
func (sample) Value(int, bool) (uritemplate.Value, error) {
	return uritemplate.Value{Kind: uritemplate.Text, Text: "x"}, nil
}

// expansion is the scratch memory in which a URI template is expanded.
type expansion struct {
	uri    *URI
	scope  *expression.Scope
	buffer []byte
}

var expansions = sync.Pool{New: func() any { return new(expansion) }}

// Expand returns the path and the query of a call, with the query of a received path if that is not empty. An error is the
// request's fault, see [RequestError].
func (u *URI) Expand(scope *expression.Scope, received string) (string, error) {
	if len(u.variables) == 0 && received == "" {
		return u.constant, nil
	}
	e := expansions.Get().(*expansion)
	defer func() {
		e.uri, e.scope = nil, nil
		expansions.Put(e)
	}()
	e.uri, e.scope = u, scope
	call, err := u.template.Append(e.buffer[:0], e, endOfPath)
	if err != nil {
		return "", err
	}
	if len(call) == 0 || call[0] != '/' {
		call = slices.Insert(call, 0, '/')
	}
	if problem := pathProblem(call); problem != "" {
		return "", errors.New("the path of the call " + problem)
	}
	e.buffer = appendQuery(call, received)
	return string(e.buffer), nil
}

// pathProblem looks for what would make a path another one than it seems to be: segments "." and "..", which servers
// resolve, some of them with parameters behind ("..;a=b"), and two slashes at its beginning, which make a host of the first
// segment.
func pathProblem(target []byte) string {
	if len(target) > 1 && target[1] == '/' {
		return `begins with "//"`
	}
	if len(httptext.DotSegment(target)) > 0 {
		return `has a segment that is "." or ".."`
	}
	return ""
}

// Value implements uritemplate.Values. Where escapes are kept, what the client sent in its path goes on as it was sent.
func (e *expansion) Value(index int, reserved bool) (uritemplate.Value, error) {
	value, err := e.uri.variables[index].Value(e.scope)
	if err != nil {
		var failed *expression.Error
		errors.As(err, &failed)
		place := "the variable " + e.uri.template.Names()[index] + " of the URI"
		return uritemplate.Value{}, &template.Error{Place: place, Body: failed.Body, Problem: failed.Problem, Cause: failed.Cause}
	}
	if !value.Present() {
		return uritemplate.Value{}, nil
	}
	if document, ok := value.JSON(); ok {
		return composite(document, value)
	}
	if list, ok := value.List(); ok {
		return uritemplate.Value{Kind: uritemplate.List, List: list}, nil
	}
	if reserved {
		return uritemplate.Value{Kind: uritemplate.Text, Text: value.Raw()}, nil
	}
	return uritemplate.Value{Kind: uritemplate.Text, Text: value.Text()}, nil
}

// composite makes a list of an array and a map of an object; their members keep their order.
func composite(document []byte, value parameters.Value) (uritemplate.Value, error) {
	var result uritemplate.Value
	add := func(name, value []byte) error {
		member := parameters.JSONValue(value)
		switch {
		case !member.Present():
		case result.Kind == uritemplate.Map:
			result.List = append(result.List, string(name), member.Text())
		default:
			result.List = append(result.List, member.Text())
		}
		return nil
	}
	switch document[0] {
	case '{':
		result.Kind = uritemplate.Map
		return result, jsontext.Members(document, add)
	case '[':
		result.Kind = uritemplate.List
		return result, jsontext.Elements(document, func(value []byte) error { return add(nil, value) })
	default:
		return uritemplate.Value{Kind: uritemplate.Text, Text: value.Text()}, nil
	}
}
