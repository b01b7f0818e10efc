package lambda

import (
	"bytes"
	"net/http"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

var httpAPIAnswer = answerFormat{invalid: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8"}

func (p *httpAPI) buffers() bool { return true }

// answer turns a function's result into an answer as an HTTP API does it in payload format version 2.0: an object with a
// statusCode describes the answer, anything else is the answer's body, a string without its quotes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (p *httpAPI) answer(r *plugins.Answer) error {
	result := bytes.Trim(r.Body(), jsontext.Space)
	switch {
	case !jsontext.Valid(result):
	case result[0] == '{':
		return httpAPIAnswer.version2(r, describe(result))
	case result[0] == '"':
		writeBare(r, jsontext.Unquote(result))
		return nil
	}
	writeBare(r, r.Body())
	return nil
}

// version2 writes the answer that an object stands for in payload format version 2.0. An error leaves it as it was.
func (f *answerFormat) version2(r *plugins.Answer, d description) error {
	if d.statusCode == nil {
		writeBare(r, r.Body())
		return nil
	}
	d.multiValueHeaders = nil
	return f.write(r, d)
}

// writeBare gives the client a body alone.
func writeBare(r *plugins.Answer, body []byte) {
	bare := answerFormat{contentType: "application/json"}
	bare.replace(r, http.StatusOK, nil, body)
}
