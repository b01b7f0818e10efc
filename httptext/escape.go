package httptext

import "strings"

const digits = "0123456789ABCDEF"

// AppendEscape appends the percent-escape of a byte.
func AppendEscape(to []byte, c byte) []byte { return append(to, '%', digits[c>>4], digits[c&15]) }

// AppendEncoded appends a text, and percent-encodes all bytes of it that are not in the set.
func AppendEncoded(to []byte, text string, set Set) []byte {
	for i := range len(text) {
		if c := text[i]; set.Has(c) {
			to = append(to, c)
		} else {
			to = AppendEscape(to, c)
		}
	}
	return to
}

// Encode returns the text that [AppendEncoded] appends.
func Encode(text string, set Set) string {
	length := EncodedLength(text, set)
	if length == len(text) {
		return text
	}
	return string(AppendEncoded(make([]byte, 0, length), text, set))
}

// EncodedLength is how many bytes [AppendEncoded] appends for a text.
func EncodedLength(text string, set Set) int {
	length := len(text)
	for i := range len(text) {
		if !set.Has(text[i]) {
			length += len("%00") - 1
		}
	}
	return length
}

// AppendForm appends a text as application/x-www-form-urlencoded encodes it: like [AppendEncoded] with the set [Form], but a space
// becomes a plus.
func AppendForm(to []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; {
		case Form.Has(c):
			to = append(to, c)
		case c == ' ':
			to = append(to, '+')
		default:
			to = AppendEscape(to, c)
		}
	}
	return to
}

// Escape returns the byte for which the percent-escape at the beginning of a text stands. It reports false if the text begins with no
// escape.
func Escape[T string | []byte](text T) (c byte, ok bool) {
	if len(text) < len("%00") || text[0] != '%' {
		return 0, false
	}
	high, low := HexDigit(text[1]), HexDigit(text[2])
	return high<<4 | low, high|low < 16
}

// Decode decodes the percent-escapes of a text, once. With spaces, each plus becomes a space, as in queries and forms. A percent sign
// that begins no escape stays as it is; use package net/url where such a text must be refused.
func Decode(text string, spaces bool) string {
	first := strings.IndexByte(text, '%')
	if spaces {
		if plus := strings.IndexByte(text, '+'); plus >= 0 && (first < 0 || plus < first) {
			first = plus
		}
	}
	if first < 0 {
		return text
	}
	var decoded strings.Builder
	decoded.Grow(len(text))
	decoded.WriteString(text[:first])
	for i := first; i < len(text); i++ {
		c := text[i]
		if c == '+' && spaces {
			c = ' '
		} else if escaped, ok := Escape(text[i:]); ok {
			c = escaped
			i += 2
		}
		decoded.WriteByte(c)
	}
	return decoded.String()
}

// HexDigit is the value of a hexadecimal digit, 16 or more for anything else.
func HexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
