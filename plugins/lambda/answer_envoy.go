package lambda

import (
	"bytes"
	"math"
	"net/http"
	"strconv"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

var nativeAnswer = answerFormat{
	invalid: http.StatusInternalServerError, contentType: "application/json", strict: true, nullIsEmpty: true,
	cookiesLast: true,
}

func (p *native) buffers() bool { return true }

// answer turns a function's result into an answer as Envoy's own aws_lambda filter does it: it is a Response of
// request_response.proto in ProtoJSON, so members may be missing or null, and their names written in either way. It
// differs where the native filter takes what cannot be right: a status outside 200 to 599, a body that is not base64 (it
// sends an empty one), and what is not quite JSON are invalid answers here.
func (p *native) answer(r *plugins.Answer) error {
	f := &nativeAnswer
	result := bytes.Trim(r.Body(), jsontext.Space)
	if !jsontext.Valid(result) || result[0] != '{' {
		return f.invalidAnswer("it must be a JSON object")
	}
	d := describeNative(result)
	d.statusCode = nativeStatus(d.statusCode)
	if flag := d.isBase64Encoded; flag != nil && jsontext.IsString(flag) {
		d.isBase64Encoded = jsontext.Unquote(flag)
	}
	return f.write(r, d)
}

// nativeStatus makes Lambda's own 200 of 0 and of nothing; and like ProtoJSON it takes a text for the number in it, and
// 2.01e2 for 201.
func nativeStatus(text []byte) []byte {
	const lambdas = "200"
	if text == nil || jsontext.IsNull(text) {
		return []byte(lambdas)
	}
	if jsontext.IsString(text) {
		text = jsontext.Unquote(text)
	}
	number, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err == nil && number == 0:
		return []byte(lambdas)
	case err == nil && number == math.Trunc(number):
		return strconv.AppendFloat(nil, number, 'f', 0, 64)
	}
	return text
}

// describeNative finds the members that count, by their names in the proto file or in lower camel case.
func describeNative(object []byte) description {
	var d description
	_ = jsontext.Members(object, func(name, value []byte) error {
		switch string(name) {
		case "status_code", "statusCode":
			d.statusCode = value
		case "headers":
			d.headers = value
		case "cookies":
			d.cookies = value
		case "body":
			d.body = value
		case "is_base64_encoded", "isBase64Encoded":
			d.isBase64Encoded = value
		}
		return nil
	})
	return d
}
