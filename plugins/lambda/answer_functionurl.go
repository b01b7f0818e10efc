package lambda

import (
	"bytes"
	"net/http"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

var functionURLAnswer = answerFormat{invalid: http.StatusBadGateway, contentType: "application/json"}

func (p *functionURL) buffers() bool { return true }

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
