package template

import (
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
)

// context is the place where a value lands.
type context uint8

const (
	plainText context = iota
	rawText
	headerValue
	jsonValue
	jsonString
	xmlData
	formField
)

// unless is the context of an expression that may be raw(…).
func (c context) unless(raw bool) context {
	if raw {
		return rawText
	}
	return c
}

// append appends a value as its place wants it. The problem is the rest of a sentence, or "".
func (c context) append(dst []byte, value parameters.Value) (_ []byte, problem string) {
	switch c {
	case jsonValue:
		return appendJSON(dst, value), ""
	case jsonString:
		return jsontext.AppendEscaped(dst, value.Text()), ""
	case xmlData:
		return appendXML(dst, value.Text())
	case formField:
		return httptext.AppendForm(dst, value.Text()), ""
	case headerValue:
		text := value.Text()
		if httptext.ControlByte(text) >= 0 {
			return dst, "holds a control character, which no header can"
		}
		return append(dst, text...), ""
	default:
		return append(dst, value.Text()...), ""
	}
}

// appendJSON appends a value as JSON. What already is JSON is taken as it stands.
func appendJSON(dst []byte, value parameters.Value) []byte {
	if !value.Present() {
		return append(dst, "null"...)
	}
	if document, ok := value.JSON(); ok {
		return append(dst, document...)
	}
	if list, ok := value.List(); ok {
		dst = append(dst, '[')
		for i, text := range list {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = jsontext.AppendString(dst, text)
		}
		return append(dst, ']')
	}
	return jsontext.AppendString(dst, value.Text())
}

// appendXML appends a text for content and for attributes in either quotes. References keep a parser from changing line
// breaks and tabs (XML 1.0 sections 2.11 and 3.3.3).
func appendXML(dst []byte, text string) ([]byte, string) {
	start := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		escape := ""
		switch {
		case r == '&':
			escape = "&amp;"
		case r == '<':
			escape = "&lt;"
		case r == '>':
			escape = "&gt;"
		case r == '"':
			escape = "&#34;"
		case r == '\'':
			escape = "&#39;"
		case r == '\t':
			escape = "&#9;"
		case r == '\n':
			escape = "&#10;"
		case r == '\r':
			escape = "&#13;"
		case r < ' ', r == 0xfffe, r == 0xffff, r == utf8.RuneError && size == 1:
			return dst, "holds a character that XML cannot"
		}
		if escape != "" {
			dst = append(dst, text[start:i]...)
			dst = append(dst, escape...)
			start = i + size
		}
		i += size
	}
	return append(dst, text[start:]...), ""
}
