package events

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
)

// AppendData appends the data of an event that was read from JSON, in the form that it has in binary mode.
func (e *Event) AppendData(to []byte) []byte {
	switch e.Form {
	case JSONData:
		return append(to, e.Data...)
	case TextData:
		return append(to, jsontext.Unquote(e.Data)...)
	case Base64Data:
		// It has been checked when it was read.
		to, _ = base64.StdEncoding.AppendDecode(to, jsontext.Unquote(e.Data))
	}
	return to
}

// AppendJSON appends the event in the JSON format. body is the data as it is in binary mode, and form is what [FormOf] says of it.
func (e *Event) AppendJSON(to []byte, form Form, body []byte) []byte {
	to = append(to, '{')
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if i > 0 {
			to = append(to, ',')
		}
		to = append(jsontext.AppendString(to, a.Name), ':')
		if a.Kind == Text {
			to = jsontext.AppendString(to, a.Value)
		} else {
			to = append(to, a.Value...)
		}
	}
	switch form {
	case JSONData:
		to = append(append(to, `,"data":`...), body...)
	case TextData:
		to = jsontext.AppendString(append(to, `,"data":`...), body)
	case Base64Data:
		to = jsontext.AppendBase64(append(to, `,"data_base64":`...), body)
	}
	return append(to, '}')
}

// FormOf returns the form in JSON that loses nothing of data of binary mode (JSON format §3.1). Data that claims to be JSON or a text,
// and is not, goes in base64. Data without a type counts as JSON in the JSON format, so it can only be written as such if it is JSON.
// isText says that the data's type is that of a text other than JSON.
func FormOf(contentType string, isText bool, body []byte) Form {
	switch {
	case len(body) == 0:
		return NoData
	case !utf8.Valid(body):
		return Base64Data
	case contentType == "" || IsJSON(contentType):
		if jsontext.Valid(body) {
			return JSONData
		}
	case isText:
		return TextData
	}
	return Base64Data
}

// IsJSON reports whether a content type says that data is JSON: */json and */*+json.
func IsJSON(contentType string) bool {
	_, subtype, _ := httptext.MediaType(contentType)
	return strings.EqualFold(subtype, "json") || hasSuffixFold(subtype, "+json")
}

// IsText reports whether a content type says that data is a text that is written in UTF-8.
func IsText(contentType string) bool {
	kind, subtype, _ := httptext.MediaType(contentType)
	switch {
	case !isUTF8(contentType):
		return false
	case strings.EqualFold(kind, "text"), hasSuffixFold(subtype, "+xml"):
		return true
	case strings.EqualFold(kind, "application"):
		return strings.EqualFold(subtype, "xml") || strings.EqualFold(subtype, "javascript") ||
			strings.EqualFold(subtype, "x-www-form-urlencoded")
	}
	return false
}

// isUTF8 reports whether a content type names no other charset.
func isUTF8(contentType string) bool {
	_, parameters, _ := strings.Cut(contentType, ";")
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		value = strings.Trim(value, ` "`)
		if strings.EqualFold(strings.TrimSpace(name), "charset") && !strings.EqualFold(value, "utf-8") && !strings.EqualFold(value, "us-ascii") {
			return false
		}
	}
	return true
}

// isMediaType reports whether a text can be sent as a content-type.
func isMediaType(text string) bool {
	if text == "" {
		return true // Like null.
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	kind, subtype, _ := httptext.MediaType(text)
	return httptext.IsToken(kind) && httptext.IsToken(subtype)
}

// isBase64 reports whether a text is base64 with its padding, as encoding/base64 reads it.
func isBase64(text []byte) bool {
	if len(text)%4 != 0 {
		return false
	}
	digits := text
	for range 2 {
		if n := len(digits); n > 0 && digits[n-1] == '=' {
			digits = digits[:n-1]
		}
	}
	for _, c := range digits {
		if !httptext.Alphanumeric.Has(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}
