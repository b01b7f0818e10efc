package lambda

import (
	"bytes"
	"net/http"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

var restAPIAnswer = answerFormat{invalid: http.StatusBadGateway, contentType: "application/json", repeats: true}

func (p *restAPI) buffers() bool { return true }

// answer turns a function's result into an answer as a REST API does it: it must be an object that describes the answer.
// Where a name is in both multiValueHeaders and headers, all values go out, the former first; the documentation promises
// the former alone, but captures of real traffic show both.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func (p *restAPI) answer(r *plugins.Answer) error {
	f := &restAPIAnswer
	d, err := f.object(r.Body())
	if err != nil {
		return err
	}
	d.cookies = nil
	if _, kept := r.Request.State.(encoded); kept {
		d.isBase64Encoded = nil
	}
	return f.write(r, d)
}

// object reads a result that must be an object.
func (f *answerFormat) object(result []byte) (description, error) {
	result = bytes.Trim(result, jsontext.Space)
	if !jsontext.Valid(result) || result[0] != '{' {
		return description{}, f.invalidAnswer("it must be a JSON object")
	}
	return describe(result), nil
}
