package rest

import (
	"errors"
	"net/http"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// headOnly is a function whose call is a HEAD: its answer has no body, whatever its headers say.
type headOnly struct{ *function }

func (h headOnly) Plan() plugins.Plan { return answering(h.function.Plan()) }

func (headOnly) Headers(r *plugins.Answer) (needsBody bool, err error) {
	if r.Request.State.(known).method != http.MethodHead {
		r.Headers.Remove("content-length") // No body of that length will follow.
	}
	return false, nil
}

func (headOnly) Body(*plugins.Answer) error { return nil }

// templated is a function with a response template.
type templated struct{ *function }

func (t templated) Plan() plugins.Plan { return answering(t.function.Plan()) }

func (t templated) Headers(r *plugins.Answer) (needsBody bool, err error) {
	if r.Headers.Get(":status") == "101" {
		return false, nil // From here on it is a connection of another protocol.
	}
	reads := t.response.environment.ReadsBody()
	if encoding := r.Headers.Get("content-encoding"); reads && encoding != "" && encoding != "identity" {
		return false, plugins.Errorf(plugins.InvalidAnswer, "The upstream's answer is compressed and cannot be read.")
	}
	if reads || t.response.body != nil {
		return true, nil
	}
	if err := t.rewrite(r); err != nil {
		return false, err
	}
	if t.target.method == http.MethodHead && r.Request.State.(known).method != http.MethodHead {
		r.Headers.Remove("content-length")
	}
	// An answer that has lost its right to a body must lose the body too, so that has to arrive first.
	return plugins.WithoutContent(r.Headers.Get(":status")), nil
}

func (t templated) Body(r *plugins.Answer) error {
	if t.response.body == nil && !t.response.environment.ReadsBody() {
		return nil // Headers has done it all.
	}
	return t.rewrite(r)
}

// rewrite makes of the upstream's answer what the client is to see. An error leaves it as it was.
func (t templated) rewrite(r *plugins.Answer) error {
	request, _ := r.Request.State.(known)
	scope := t.response.environment.Begin(expression.Message{
		Headers: r.Headers, Body: r.Body(), Parameters: r.Request.Parameters, Path: request.path, Method: request.method,
	})
	defer scope.End()
	status, err := t.response.status.Append(nil, scope)
	if err != nil {
		return answerError(err)
	}
	if !isStatus(string(status)) {
		return plugins.Errorf(plugins.InvalidAnswer, "The upstream's answer cannot be rewritten: its status would not be one from 200 to 599.")
	}
	var list [room]computed
	headers, err := compute(list[:0], t.response.headers, scope)
	if err != nil {
		return answerError(err)
	}
	var body []byte
	content := t.response.body
	if content != nil && !plugins.WithoutContent(string(status)) && t.target.method != http.MethodHead {
		if body, err = content.template.Append(r.Room(0), scope); err != nil {
			return answerError(err)
		}
	}
	r.Headers.Set(":status", string(status))
	if content != nil {
		for _, name := range ofAnswer {
			r.Headers.Remove(name)
		}
		if content.contentType != "" {
			r.Headers.Set(contentTypeHeader, content.contentType)
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
