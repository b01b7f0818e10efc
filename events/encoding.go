package events

import (
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
)

// Encode writes an attribute's value for a header (HTTP binding §3.1.3.2): whatever is not printable ASCII is
// percent-encoded, and so are the space, the quote and the percent sign.
func Encode(value string) string {
	length := EncodedLength(value)
	if length == len(value) {
		return value
	}
	const digits = "0123456789ABCDEF"
	encoded := make([]byte, 0, length)
	for i := range len(value) {
		if c := value[i]; plain(c) {
			encoded = append(encoded, c)
		} else {
			encoded = append(encoded, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(encoded)
}

// EncodedLength is how many bytes [Encode] makes of a value.
func EncodedLength(value string) int {
	length := len(value)
	for i := range len(value) {
		if !plain(value[i]) {
			length += len("%00") - 1
		}
	}
	return length
}

func plain(c byte) bool { return '!' <= c && c <= '~' && c != '"' && c != '%' }

// Decode reads an attribute's value from a header: a quoted string loses its quotes and backslashes, then
// percent-encoding is taken off, once. A percent sign that begins no escape stands for itself, for there are senders that
// do not encode at all. It reports false for what is not UTF-8 then.
func Decode(header string) (value string, ok bool) {
	if len(header) >= 2 && header[0] == '"' && header[len(header)-1] == '"' {
		header = unquote(header[1 : len(header)-1])
	}
	value = unescape(header)
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

func unescape(text string) string {
	at := strings.IndexByte(text, '%')
	if at < 0 {
		return text
	}
	decoded := append(make([]byte, 0, len(text)), text[:at]...)
	for i := at; i < len(text); i++ {
		c := text[i]
		if c == '%' && i+2 < len(text) {
			if high, low := jsontext.HexDigit(text[i+1]), jsontext.HexDigit(text[i+2]); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		decoded = append(decoded, c)
	}
	return string(decoded)
}
