package format

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// answerFormat is what the forms of results that describe an answer have in common, and where they differ.
type answerFormat struct {
	// invalid is the status that the imitated service gives for a result that breaks the rules.
	invalid int
	// contentType is what an answer has that names none.
	contentType string
	// strict says that a number is a number and a text a text. The other services take 200 and "200", true and "true".
	strict bool
	// nullIsEmpty says that null in place of a header's value is an empty text.
	nullIsEmpty bool
	// cookiesLast says that cookies come behind the headers, not before them.
	cookiesLast bool
	// repeats says that a header may be there several times. In the other forms names are unique, but for their case.
	repeats bool
	// lists says that a list may stand where one value is meant, and one value where a list is: a header that is there several times is
	// written so by AWS's runtime for Rust.
	lists bool
}

// description is a result that describes the answer. Its values are as they are written, nil where they are missing.
type description struct {
	statusCode, statusDescription, headers, multiValueHeaders, cookies, body, isBase64Encoded []byte
}

// any reports whether there is a member that describes an answer, other than its body.
func (d description) any() bool {
	return d.statusCode != nil || d.headers != nil || d.multiValueHeaders != nil || d.cookies != nil
}

// describe finds the members that count. Unlike encoding/json, the services mind the case of their names.
func describe(object []byte) description {
	var d description
	_ = jsontext.Members(object, func(name, value []byte) error {
		switch string(name) {
		case "statusCode":
			d.statusCode = value
		case "statusDescription":
			d.statusDescription = value
		case "headers":
			d.headers = value
		case "multiValueHeaders":
			d.multiValueHeaders = value
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

// object reads a result that must be an object.
func (f *answerFormat) object(result []byte) (description, error) {
	result = bytes.Trim(result, jsontext.Space)
	if !jsontext.Valid(result) || result[0] != '{' {
		return description{}, f.invalidAnswer("it must be a JSON object")
	}
	return describe(result), nil
}

// invalidAnswer is the error for a result that breaks the format's rules.
func (f *answerFormat) invalidAnswer(problem string) error {
	err := plugins.Errorf(plugins.InvalidAnswer, "The function's answer is not valid: %s.", problem)
	err.Status = f.invalid
	return err
}

func (f *answerFormat) readStatus(text []byte) (int, error) {
	if len(text) > 0 && jsontext.IsString(text) && !f.strict { // "200" is what many functions return.
		text = jsontext.Unquote(text)
	}
	status, err := strconv.Atoi(string(text))
	if err != nil || status < 200 || status > 599 || len(text) != 3 {
		return 0, f.invalidAnswer("statusCode must be a whole number from 200 to 599")
	}
	return status, nil
}

// readBody returns the new body: a piece of the function's result, or what is made of it in the answer's buffer.
func (f *answerFormat) readBody(r *plugins.Answer, text, flag []byte) ([]byte, error) {
	encoded := false
	switch string(flag) {
	case "", "null", "false":
	case "true":
		encoded = true
	default:
		return nil, f.invalidAnswer("isBase64Encoded must be true or false")
	}
	switch {
	case text == nil || jsontext.IsNull(text):
		return nil, nil
	case !jsontext.IsString(text):
		return nil, f.invalidAnswer("body must be a string")
	}
	if !encoded {
		return jsontext.UnquoteIn(r.Buffer, text), nil
	}
	body := jsontext.Unquote(text)
	body, err := base64.StdEncoding.AppendDecode(r.Buffer(base64.StdEncoding.DecodedLen(len(body))), body)
	if err != nil {
		return nil, f.invalidAnswer("isBase64Encoded is true, but body is not base64")
	}
	return body, nil
}

// readCookies adds one set-cookie per cookie to a list of headers.
func (f *answerFormat) readCookies(list []entry, cookies []byte) ([]entry, error) {
	if cookies == nil || jsontext.IsNull(cookies) {
		return list, nil
	}
	if cookies[0] != '[' && !f.lists {
		return nil, f.invalidAnswer("cookies must be a list of strings")
	}
	err := f.eachValue(cookies, func(value []byte) error {
		if !f.lists && !jsontext.IsString(value) && (!jsontext.IsNull(value) || !f.nullIsEmpty) {
			return f.invalidAnswer("cookies must be a list of strings")
		}
		cookie, err := f.fieldValue(value)
		list = append(list, entry{"set-cookie", cookie})
		return err
	})
	return list, err
}

// readHeaders adds the members of an object to a list of headers.
func (f *answerFormat) readHeaders(list []entry, headers []byte) ([]entry, error) {
	err := f.eachHeader("headers", headers, func(name string, value []byte) error {
		add := func(value []byte) error {
			text, err := f.fieldValue(value)
			list = append(list, entry{name, text})
			return err
		}
		if f.lists {
			return f.eachValue(value, add)
		}
		return add(value)
	})
	return list, err
}

// readMultiValueHeaders adds the elements of an object's lists to a list of headers.
func (f *answerFormat) readMultiValueHeaders(list []entry, headers []byte) ([]entry, error) {
	err := f.eachHeader("multiValueHeaders", headers, func(name string, values []byte) error {
		if values[0] != '[' && !f.lists {
			return f.invalidAnswer("multiValueHeaders must hold lists")
		}
		return f.eachValue(values, func(value []byte) error {
			if jsontext.IsNull(value) && !f.strict {
				return nil
			}
			text, err := f.fieldValue(value)
			list = append(list, entry{name, text})
			return err
		})
	})
	return list, err
}

// eachValue calls a function for each element of a list, or for what stands alone in its place.
func (f *answerFormat) eachValue(values []byte, call func(value []byte) error) error {
	if values[0] != '[' {
		return call(values)
	}
	return jsontext.Elements(values, func(value []byte) error {
		if f.lists && jsontext.IsNull(value) {
			return nil
		}
		return call(value)
	})
}

// eachHeader calls a function for each member of an object that is a header the function may set.
func (f *answerFormat) eachHeader(member string, headers []byte, call func(name string, value []byte) error) error {
	if headers == nil || jsontext.IsNull(headers) {
		return nil
	}
	if headers[0] != '{' {
		return f.invalidAnswer(member + " must be an object")
	}
	return jsontext.Members(headers, func(written, value []byte) error {
		name := strings.ToLower(string(written))
		if isNotTheFunctions(name) || jsontext.IsNull(value) && !f.strict {
			return nil
		}
		if !httptext.IsFieldName(name) {
			return f.invalidAnswer("a header's name is not valid")
		}
		return call(name, value)
	})
}

// fieldValue reads the value of a header. Unless they are strict, the services take numbers, true and false for the texts
// they look like.
func (f *answerFormat) fieldValue(value []byte) (string, error) {
	var text string
	switch {
	case jsontext.IsNull(value) && f.nullIsEmpty:
		return "", nil
	case jsontext.IsString(value):
		text = strings.Trim(string(jsontext.Unquote(value)), " \t")
	case f.strict || value[0] == '{' || value[0] == '[':
		return "", f.invalidAnswer("a header's value must be a string")
	default:
		text = string(value)
	}
	if httptext.ControlByte(text) >= 0 {
		return "", f.invalidAnswer("a header's value holds a control character")
	}
	return text, nil
}

// write makes the answer what a description says, of which members that a format does not have are nil. An error leaves
// the answer as it was.
func (f *answerFormat) write(r *plugins.Answer, d description) error {
	status, err := f.readStatus(d.statusCode)
	if err != nil {
		return err
	}
	body, err := f.readBody(r, d.body, d.isBase64Encoded)
	if err != nil {
		return err
	}
	var headers []entry
	if !f.cookiesLast {
		headers, err = f.readCookies(headers, d.cookies)
	}
	if err == nil {
		headers, err = f.readMultiValueHeaders(headers, d.multiValueHeaders)
	}
	if err == nil {
		headers, err = f.readHeaders(headers, d.headers)
	}
	if err == nil && f.cookiesLast {
		headers, err = f.readCookies(headers, d.cookies)
	}
	if err == nil {
		f.replace(r, status, headers, body)
	}
	return err
}

// replace makes the answer one of these parts.
func (f *answerFormat) replace(r *plugins.Answer, status int, headers []entry, body []byte) {
	r.Headers.RemoveFunc(isWrapping)
	r.Headers.Set(":status", strconv.Itoa(status))
	if status != http.StatusNoContent && status != http.StatusNotModified {
		r.Headers.Set("content-type", f.contentType)
	}
	for _, h := range headers {
		if h.value == "" { // The ABI of dynamic modules takes an empty value for none.
			continue
		}
		if h.name == "set-cookie" || f.repeats && h.name != "content-type" && !staysInAnswer(h.name) {
			r.Headers.Add(h.name, h.value)
			continue
		}
		r.Headers.Set(h.name, h.value)
	}
	r.SetBody(body)
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

// isWrapping reports whether a header is one of those with which the Lambda API wraps the result.
func isWrapping(name string) bool { return !staysInAnswer(name) }

// staysInAnswer reports whether a header of the Lambda API's answer stays: what tells of the proxying, and the length,
// which the filter corrects.
func staysInAnswer(name string) bool {
	return name == "date" || name == "server" || name == "via" || name == "content-length" ||
		strings.HasPrefix(name, ":") || strings.HasPrefix(name, "x-envoy-")
}
