package message

import (
	"errors"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

func (*rewriting) Need() plugins.Need { return plugins.HeadersOnly }

func (t *rewriting) Prepare(r *plugins.Request, asked Asked) {
	k := known{method: strings.Clone(asked.Method)}
	if t.environment.ReadsRequest() {
		k.path = strings.Clone(asked.Path)
	}
	r.State = k
	if t.environment.ReadsBody() {
		// Only a whole answer that is not compressed can be read.
		r.Headers.Set("accept-encoding", "identity")
	}
	if t.environment.ReadsBody() || t.body != nil {
		r.Headers.Remove("range")
		r.Headers.Remove("if-range")
	}
}

func (t *rewriting) Headers(r *plugins.Answer) (needsBody bool, err error) {
	if r.Headers.Get(":status") == "101" {
		return false, nil // From here on it is a connection of another protocol.
	}
	reads := t.environment.ReadsBody()
	if encoding := r.Headers.Get("content-encoding"); reads && encoding != "" && encoding != "identity" {
		return false, plugins.Errorf(plugins.InvalidAnswer, "The upstream's answer is compressed and cannot be read.")
	}
	if reads || t.body != nil {
		return true, nil
	}
	if err := t.rewrite(r); err != nil {
		return false, err
	}
	if t.called == http.MethodHead && r.Request.State.(known).method != http.MethodHead {
		r.Headers.Remove("content-length")
	}
	// An answer that has lost its right to a body must lose the body too, so that has to arrive first.
	return plugins.WithoutContent(r.Headers.Get(":status")), nil
}

func (t *rewriting) Body(r *plugins.Answer) error {
	if t.body == nil && !t.environment.ReadsBody() {
		return nil // Headers has done it all.
	}
	return t.rewrite(r)
}

// rewrite makes of the upstream's answer what the client is to see. An error leaves it as it was.
func (t *rewriting) rewrite(r *plugins.Answer) error {
	request, _ := r.Request.State.(known)
	scope := t.environment.Begin(expression.Message{
		Headers: r.Headers, Body: r.Body(), Parameters: r.Request.Parameters, Path: request.path, Method: request.method,
	})
	defer scope.End()
	status, err := t.status.Append(nil, scope)
	if err != nil {
		return answerError(err)
	}
	if !isStatus(string(status)) {
		return plugins.Errorf(plugins.InvalidAnswer, "The upstream's answer cannot be rewritten: its status would not be one from 200 to 599.")
	}
	var list [usual]Computed
	headers, err := t.headers.Compute(list[:0], scope)
	if err != nil {
		return answerError(err)
	}
	var body []byte
	head := t.called == http.MethodHead || t.called == "" && request.method == http.MethodHead
	if t.body != nil && !plugins.WithoutContent(string(status)) && !head {
		if body, err = t.body.Append(r.Buffer(0), scope); err != nil {
			return answerError(err)
		}
	}
	r.Headers.Set(":status", string(status))
	if t.body != nil {
		for _, name := range ofAnswer {
			r.Headers.Remove(name)
		}
		if t.body.contentType != "" {
			r.Headers.Set(contentTypeHeader, t.body.contentType)
		}
		r.SetBody(body)
	}
	set(r.Headers, headers)
	return nil
}

// ofAnswer are headers that tell of the body that is replaced.
var ofAnswer = []string{
	"content-type", "content-encoding", "content-language", "content-location", "content-md5", "content-digest", "content-range",
	"digest", "repr-digest", "etag", "accept-ranges", "transfer-encoding", "trailer",
}

func answerError(err error) error {
	var failed *template.Error
	if !errors.As(err, &failed) {
		return err
	}
	return plugins.Errorf(plugins.InvalidAnswer, "The upstream's answer cannot be rewritten: %v.", failed).Because(failed.Cause)
}
