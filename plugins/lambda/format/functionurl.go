package format

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// functionURL is `payload: function-url`: the event that a function gets through its own URL. It is an HTTP API's without
// routes, and so without path parameters and authorizers; and the path is not decoded.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
type functionURL struct {
	types contentTypes
}

func (p *functionURL) event(c *client) error {
	target, _, _ := strings.Cut(c.path, "?")
	c.request.SetBody(append(appendVersion2(c, p.types, sender{}, "", target), '}'))
	return nil
}

var functionURLAnswer = answerFormat{invalid: http.StatusBadGateway, contentType: "application/json"}

// answer turns a function's result into an answer as a function URL does it: an object with a statusCode describes the
// answer, anything else is the answer's body. Unlike behind an HTTP API, a string keeps its quotes.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload
func (p *functionURL) answer(r *plugins.Answer) error {
	if result := bytes.Trim(r.Body(), jsontext.Space); jsontext.Valid(result) && result[0] == '{' {
		return functionURLAnswer.version2(r, describe(result))
	}
	writeBare(r, r.Body())
	return nil
}
