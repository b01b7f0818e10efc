package message

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Call is the HTTP request that a client's becomes. It does not change and is safe for concurrent use.
type Call struct {
	method string // "" if it is the client's
	uri    *URI
	// forwardQuery has the client's query go along, but for what the call says itself.
	forwardQuery bool
	headers      Headers
	body         *Body // nil if the client's body goes along
	environment  *expression.Environment
}

// RequestLine is what a type makes of the first line of a call.
type RequestLine struct {
	// Method is the call's, "" for the client's.
	Method string
	// URI is the template of path and query, see [CompileURI].
	URI string
	// ForwardQuery has the client's query go along behind that of the URI.
	ForwardQuery bool
}

// CompileCall compiles a call whose first line the type has read. The error says what is wrong and where.
func CompileCall(line RequestLine, text Text, set *parameters.Set) (*Call, error) {
	c := &Call{method: line.Method, forwardQuery: line.ForwardQuery, environment: expression.ForRequest(set)}
	var err error
	if c.uri, err = CompileURI(line.URI, c.environment); err != nil {
		return nil, fmt.Errorf("the URI template %q: %w", line.URI, err)
	}
	if c.headers, err = CompileHeaders(text.Headers, c.environment); err != nil {
		return nil, err
	}
	if err := c.headers.checkHost(); err != nil {
		return nil, err
	}
	c.body, err = text.CompileBody(c.headers, c.environment)
	return c, err
}

// Need is how much of the client's body the call needs: also one that it replaces must not stream past.
func (c *Call) Need() plugins.Need {
	if c.body != nil || c.environment.ReadsBody() {
		return plugins.Whole
	}
	return plugins.Untouched
}

// Make turns a request into the call, and readies it for what its answer becomes. An error leaves the request as it was.
func (c *Call) Make(r *plugins.Request, answer Answerer) error {
	method, path := r.Headers.Get(":method"), r.Headers.Get(":path")
	scope := c.environment.Begin(expression.Message{
		Headers: r.Headers, Body: r.Body(), Parameters: r.Parameters, Path: path, Method: method,
	})
	defer scope.End()
	query := ""
	if c.forwardQuery {
		query = path
	}
	called, err := c.uri.Expand(scope, query)
	if err != nil {
		return RequestError(err)
	}
	var list [usual]Computed
	headers, err := c.headers.Compute(list[:0], scope)
	if err != nil {
		return RequestError(err)
	}
	var body []byte
	if c.body != nil {
		if body, err = c.body.Append(r.Buffer(0), scope); err != nil {
			return RequestError(err)
		}
	}
	answer.Prepare(r, Asked{Method: method, Path: path})
	r.Headers.Set(":path", called)
	if c.method != "" {
		r.Headers.Set(":method", c.method)
	}
	if c.body != nil {
		ReplaceBody(r, body, c.body.contentType)
	}
	set(r.Headers, headers)
	return nil
}

// RequestError is the error of a request of which no call can be made: bad_body if its body is not what is needed, else
// bad_parameter.
func RequestError(err error) error {
	reason := plugins.BadParameter
	var failed *template.Error
	if !errors.As(err, &failed) {
		return plugins.Errorf(reason, "The request cannot become a call: %v.", err)
	}
	if failed.Body {
		reason = plugins.BadBody
	}
	return plugins.Errorf(reason, "The request cannot become a call: %v.", failed).Because(failed.Cause)
}

// ofBody are headers that tell of the body that is replaced.
var ofBody = []string{
	"content-type", "content-encoding", "content-language", "content-location", "content-md5", "content-digest", "content-range",
	"digest", "repr-digest", "transfer-encoding", "expect", "trailer",
}

// ReplaceBody puts another body in the place of the client's, and takes away the headers that tell of that one.
func ReplaceBody(r *plugins.Request, body []byte, contentType string) {
	for _, name := range ofBody {
		r.Headers.Remove(name)
	}
	if contentType != "" {
		r.Headers.Set(contentTypeHeader, contentType)
	}
	r.SetBody(body)
}
