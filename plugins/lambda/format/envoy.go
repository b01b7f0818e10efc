package format

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// native is `payload: envoy`: the event that Envoy's own aws_lambda filter writes without payload_passthrough, so that
// functions written for it keep working. A test compares the two in the same Envoy.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/aws_lambda_filter
type native struct {
	types contentTypes
}

// nativeQuery is how Utility::QueryParamsMulti::parseQueryString reads a query (source/common/http/utility.cc).
var nativeQuery = querySyntax{separators: "&", gaps: true}

// event writes the event in one pass into one buffer, in the order of request_response.proto. All headers but
// pseudo-headers are in it, and so no host.
func (p *native) event(c *client) error {
	_, query, _ := strings.Cut(c.path, "?")
	body := c.request.Body()
	text := len(body) == 0 || p.types.isText(c.header("content-type"), isNativeText) && utf8.Valid(body)
	to := c.newEvent(200, 1, text)

	to = jsontext.AppendMember(to, `{"raw_path":`, c.path)
	to = jsontext.AppendMember(to, `,"method":`, c.method)
	list := c.list[:0]
	for _, h := range c.headers {
		if !addsRouter(h.name) { // The native filter stands in a listener, before them.
			list = append(list, h)
		}
	}
	c.gathered(list)
	to = c.appendGathered(append(to, `,"headers":`...), joinedValues, asReceived)
	c.gatherQuery(query, nativeQuery)
	to = c.appendGathered(append(to, `,"query_string_parameters":`...), firstValue, asReceived)
	to = appendContent(to, `,"body":`, `,"is_base64_encoded":`, body, text)
	c.request.SetBody(append(to, '}'))
	return nil
}

// isNativeText knows no parameters: "application/json; charset=utf-8" is none of these types for the native filter.
func isNativeText(contentType string) bool {
	const prefix = "text/"
	return strings.EqualFold(contentType, "application/json") || strings.EqualFold(contentType, "application/javascript") ||
		strings.EqualFold(contentType, "application/xml") ||
		len(contentType) >= len(prefix) && strings.EqualFold(contentType[:len(prefix)], prefix)
}

var nativeAnswer = answerFormat{
	invalid: http.StatusInternalServerError, contentType: "application/json", strict: true, nullIsEmpty: true,
	cookiesLast: true,
}

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
