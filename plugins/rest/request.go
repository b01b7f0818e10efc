package rest

import (
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// An error leaves the request as it was.
func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	t := f.target
	method, path := r.Headers.Get(":method"), r.Headers.Get(":path")
	scope := t.environment.Begin(expression.Message{
		Headers: r.Headers, Body: r.Body(), Parameters: r.Parameters, Path: path, Method: method,
	})
	defer scope.End()
	query := ""
	if f.forwardQuery {
		query = path
	}
	called, err := t.uri.expand(scope, query)
	if err != nil {
		return nil, requestError(err)
	}
	var list [room]computed
	headers, err := compute(list[:0], t.headers, scope)
	if err != nil {
		return nil, requestError(err)
	}
	var body []byte
	if t.body != nil {
		if body, err = t.body.template.Append(r.Room(0), scope); err != nil {
			return nil, requestError(err)
		}
	}
	if f.response != nil {
		f.response.prepare(r, method, path)
	} else if t.method == http.MethodHead {
		r.State = known{method: strings.Clone(method)}
	}

	r.Headers.Set(":path", called)
	r.Headers.Set(":method", t.method)
	if t.body != nil {
		replaceBody(r, body, t.body.contentType)
	}
	set(r.Headers, headers)
	return nil, nil
}

// ofBody are headers that tell of the body that is replaced.
var ofBody = []string{
	"content-type", "content-encoding", "content-language", "content-location", "content-md5", "content-digest", "content-range",
	"digest", "repr-digest", "transfer-encoding", "expect", "trailer",
}

// replaceBody puts another body in the place of the client's.
func replaceBody(r *plugins.Request, body []byte, contentType string) {
	for _, name := range ofBody {
		r.Headers.Remove(name)
	}
	if contentType != "" {
		r.Headers.Set(contentTypeHeader, contentType)
	}
	r.SetBody(body)
}
