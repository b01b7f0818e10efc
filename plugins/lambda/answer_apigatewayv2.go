package lambda

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/plugins"
)

// buffers implements the same method as documented on payload.
func (p *httpAPI) buffers() bool { return true }

// answer turns a function's result into an answer as an HTTP API does it in payload format version 2.0: an object with a
// statusCode describes the answer, anything else is the answer's body.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (p *httpAPI) answer(r *plugins.Response) error {
	result := bytes.Trim(r.Body(), jsonSpace)
	if !isJSON(result) {
		return bare(r, r.Body())
	}
	switch result[0] {
	case '{':
		if d := describe(result); d.statusCode != nil {
			return d.write(r)
		}
	case '"':
		return bare(r, unquote(result))
	}
	return bare(r, r.Body())
}

// bare gives the client a body alone.
func bare(r *plugins.Response, body []byte) error {
	removeAll(r.Headers)
	r.Headers.Set(":status", strconv.Itoa(http.StatusOK))
	r.Headers.Set("content-type", "application/json")
	r.SetBody(body)
	return nil
}

// description is a result that describes the answer. Its values are as they are written, nil where they are missing.
type description struct {
	statusCode, headers, cookies, body, isBase64Encoded []byte
}

// describe finds the members that count. Unlike encoding/json, the gateway minds the case of their names.
func describe(object []byte) description {
	var d description
	_ = members(object, func(name, value []byte) error {
		switch string(name) {
		case "statusCode":
			d.statusCode = value
		case "headers":
			d.headers = value
		case "cookies":
			d.cookies = value
		case "body":
			d.body = value
		case "isBase64Encoded":
			d.isBase64Encoded = value
		}
		return nil
	})
	return d
}

// write makes the answer what the description says. An error leaves it as it was.
func (d description) write(r *plugins.Response) error {
	status, err := d.readStatus()
	if err != nil {
		return err
	}
	body, err := d.readBody()
	if err != nil {
		return err
	}
	list, err := d.readHeaders()
	if err != nil {
		return err
	}
	removeAll(r.Headers)
	r.Headers.Set(":status", strconv.Itoa(status))
	if status != http.StatusNoContent && status != http.StatusNotModified {
		r.Headers.Set("content-type", "text/plain; charset=utf-8") // The gateway's own default.
	}
	for _, h := range list {
		if h.name == "set-cookie" {
			r.Headers.Add(h.name, h.value)
			continue
		}
		r.Headers.Set(h.name, h.value)
	}
	r.SetBody(body)
	return nil
}

func (d description) readStatus() (int, error) {
	text := d.statusCode
	if isString(text) { // "200" is what many functions return, and the gateway takes it.
		text = unquote(text)
	}
	status, err := strconv.Atoi(string(text))
	if err != nil || status < 200 || status > 599 || len(text) != 3 {
		return 0, invalidAnswer("statusCode must be a whole number from 200 to 599")
	}
	return status, nil
}

func (d description) readBody() ([]byte, error) {
	encoded := false
	switch string(d.isBase64Encoded) {
	case "", "null", "false":
	case "true":
		encoded = true
	default:
		return nil, invalidAnswer("isBase64Encoded must be true or false")
	}
	switch {
	case d.body == nil || isNull(d.body):
		return nil, nil
	case !isString(d.body):
		return nil, invalidAnswer("body must be a string")
	}
	body := unquote(d.body)
	if !encoded {
		return body, nil
	}
	decoded := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	length, err := base64.StdEncoding.Decode(decoded, body)
	if err != nil {
		return nil, invalidAnswer("isBase64Encoded is true, but body is not base64")
	}
	return decoded[:length], nil
}

// readHeaders lists one set-cookie per cookie, then the headers.
func (d description) readHeaders() ([]pair, error) {
	var list []pair
	if d.cookies != nil && !isNull(d.cookies) {
		if d.cookies[0] != '[' {
			return nil, invalidAnswer("cookies must be a list of strings")
		}
		err := elements(d.cookies, func(value []byte) error {
			if !isString(value) {
				return invalidAnswer("cookies must be a list of strings")
			}
			cookie, err := fieldValue(value)
			list = append(list, pair{"set-cookie", cookie})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if d.headers == nil || isNull(d.headers) {
		return list, nil
	}
	if d.headers[0] != '{' {
		return nil, invalidAnswer("headers must be an object")
	}
	err := members(d.headers, func(written, value []byte) error {
		name := strings.ToLower(string(written))
		if isNotTheFunctions(name) || isNull(value) {
			return nil
		}
		if !validName(name) {
			return invalidAnswer("a header's name is not valid")
		}
		text, err := fieldValue(value)
		list = append(list, pair{name, text})
		return err
	})
	return list, err
}

// fieldValue reads the value of a header. The gateway takes numbers, true and false for the texts they look like.
func fieldValue(value []byte) (string, error) {
	text := string(value)
	switch {
	case isString(value):
		text = strings.Trim(string(unquote(value)), " \t")
	case value[0] == '{' || value[0] == '[':
		return "", invalidAnswer("a header's value must be a string")
	}
	for i := range len(text) {
		if c := text[i]; c < ' ' && c != '\t' || c == 0x7f {
			return "", invalidAnswer("a header's value holds a control character")
		}
	}
	return text, nil
}

// validName reports whether a text is a token (RFC 9110 §5.6.2) in lower case.
func validName(name string) bool {
	return all(name, func(c byte) bool {
		return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	})
}

// isNotTheFunctions reports whether a header is not the function's to set: it belongs to HTTP's framing, to one
// connection (RFC 9110 §7.6.1), or to Envoy.
func isNotTheFunctions(name string) bool {
	switch name {
	case "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
		"host":
		return true
	}
	return strings.HasPrefix(name, ":")
}

// removeAll removes the headers with which the Lambda API wraps the result. What tells of the proxying stays, and the
// length, which the filter corrects.
func removeAll(headers plugins.Headers) {
	var names []string
	headers.Range(func(name, _ string) bool {
		stays := name == "date" || name == "server" || name == "via" || name == "content-length" ||
			strings.HasPrefix(name, ":") || strings.HasPrefix(name, "x-envoy-")
		if !stays {
			names = append(names, name)
		}
		return true
	})
	for _, name := range names {
		headers.Remove(name)
	}
}

// invalidAnswer is the error for a result that breaks the format's rules. An HTTP API answers that with 500.
func invalidAnswer(problem string) error {
	err := plugins.Errorf(plugins.InvalidAnswer, "The function's answer is not valid: %s.", problem)
	err.Status = http.StatusInternalServerError
	return err
}
