package events

import (
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// Encode writes an attribute's value for a header (HTTP binding §3.1.3.2). It percent-encodes the space, the quote, the percent sign,
// and all that is not printable ASCII.
func Encode(value string) string {
	return httptext.Encode(value, httptext.EventAttribute)
}

// EncodedLength is how many bytes [Encode] makes of a value.
func EncodedLength(value string) int {
	return httptext.EncodedLength(value, httptext.EventAttribute)
}

// Decode reads an attribute's value from a header. A quoted string loses its quotes and backslashes; then percent-escapes are decoded,
// once. A percent sign that begins no escape stays as it is, for some senders do not encode at all. Decode reports false if the result
// is not UTF-8.
func Decode(header string) (value string, ok bool) {
	if len(header) >= 2 && header[0] == '"' && header[len(header)-1] == '"' {
		header = unquote(header[1 : len(header)-1])
	}
	value = httptext.Decode(header, false)
	return value, utf8.ValidString(value)
}

// unquote takes the backslashes out of a quoted string (RFC 9110 §5.6.4).
func unquote(inside string) string {
	if strings.IndexByte(inside, '\\') < 0 {
		return inside
	}
	text := make([]byte, 0, len(inside))
	for i := 0; i < len(inside); i++ {
		if inside[i] == '\\' && i+1 < len(inside) {
			i++
		}
		text = append(text, inside[i])
	}
	return string(text)
}
