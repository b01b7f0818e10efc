// Package jsontext reads and writes JSON as text. It checks, finds and escapes in place, and builds no documents. All else stays as it
// was written, down to the spelling of numbers and the order of members.
package jsontext

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// Members calls f for each member of an object, with the value as it is written. The text must be valid JSON and begin
// with a brace.
func Members(object []byte, f func(name, value []byte) error) error {
	c := Cursor{object}
	return c.Members(func(name []byte) error { return f(name, c.Value()) })
}

// Elements calls f for each element of an array, as it is written. The text must be valid JSON and begin with a bracket.
func Elements(array []byte, f func(value []byte) error) error {
	c := Cursor{array}
	return c.Elements(func() error { return f(c.Value()) })
}

// Cursor reads valid JSON, one value after the other. It looks at each byte once, however deep values are nested.
type Cursor struct{ rest []byte }

// NewCursor returns a cursor at the beginning of a text, which must be valid JSON.
func NewCursor(text []byte) Cursor { return Cursor{skip(text, 0)} }

// First returns the first byte of the next value, which tells the value's kind: one of { [ " t f n, or else the value is a number.
func (c *Cursor) First() byte { return c.rest[0] }

// Value moves past the next value and returns it as it is written.
func (c *Cursor) Value() (value []byte) {
	value, c.rest = splitValue(c.rest)
	return value
}

// Members moves past the next value, which must be an object, and calls f for each member. f must move past the member's value.
func (c *Cursor) Members(f func(name []byte) error) error {
	c.rest = c.rest[1:]
	for c.more('}') {
		name := Unquote(c.Value())
		c.rest = skip(c.rest, ':')
		if err := f(name); err != nil {
			return err
		}
	}
	return nil
}

// Elements moves past the next value, which must be an array, and calls f for each element. f must move past the element.
func (c *Cursor) Elements(f func() error) error {
	c.rest = c.rest[1:]
	for c.more(']') {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// more moves to the next member or element, or past the end of the list.
func (c *Cursor) more(end byte) bool {
	c.rest = skip(c.rest, ',')
	if c.rest[0] == end {
		c.rest = c.rest[1:]
		return false
	}
	return true
}

// Space is what may stand between JSON's tokens (RFC 8259 §2).
const Space = " \t\r\n"

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// skip cuts off the space with which a text begins, and one kind of token within it.
func skip(text []byte, token byte) []byte {
	for i, c := range text {
		if c != token && !isSpace(c) {
			return text[i:]
		}
	}
	return nil
}

// splitValue splits valid JSON after its first value.
func splitValue(text []byte) (value, rest []byte) {
	switch text[0] {
	case '"':
		return split(text, StringEnd(text))
	case '{', '[':
		depth := 0
		for i := 0; ; i++ {
			switch text[i] {
			case '"':
				i += StringEnd(text[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return split(text, i+1)
				}
			}
		}
	}
	if end := bytes.IndexAny(text, ",]}"+Space); end >= 0 {
		return split(text, end)
	}
	return text, nil
}

func split(text []byte, at int) (before, after []byte) { return text[:at], text[at:] }

// StringEnd is the length of the JSON string with which a text begins.
func StringEnd(text []byte) int {
	for i := 1; ; i++ {
		i = plain(text, i, false)
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// Unquote returns what a valid JSON string says, in UTF-8. It may be a piece of the text it is given.
func Unquote(quoted []byte) []byte {
	return UnquoteIn(func(size int) []byte { return make([]byte, 0, size) }, quoted)
}

// UnquoteIn is [Unquote], but makes new text in a slice that buffer returns: an empty one with a capacity of at least size bytes.
func UnquoteIn(buffer func(size int) []byte, quoted []byte) []byte {
	inside := quoted[1 : len(quoted)-1]
	if !utf8.Valid(inside) {
		inside = bytes.ToValidUTF8(inside, []byte("\ufffd"))
	}
	at := bytes.IndexByte(inside, '\\')
	if at < 0 {
		return inside
	}
	text := buffer(len(inside))
	for ; at >= 0; at = bytes.IndexByte(inside, '\\') {
		text = append(text, inside[:at]...)
		escape := inside[at+1]
		inside = inside[at+2:]
		if escape != 'u' {
			text = append(text, unescaped[escape])
			continue
		}
		r := codeUnit(inside)
		inside = inside[4:]
		if utf16.IsSurrogate(r) { // Half a character; the other half follows, or the text is to blame.
			other := rune(utf8.RuneError)
			if bytes.HasPrefix(inside, []byte(`\u`)) {
				other = codeUnit(inside[2:])
			}
			if r = utf16.DecodeRune(r, other); r != utf8.RuneError {
				inside = inside[6:]
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return append(text, inside...)
}

// unescaped is what a letter behind a backslash stands for (RFC 8259 §7).
var unescaped = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// codeUnit reads four hexadecimal digits.
func codeUnit(digits []byte) rune {
	var r rune
	for _, digit := range digits[:4] {
		r = r<<4 | rune(httptext.HexDigit(digit))
	}
	return r
}

// IsNull reports whether a value is null.
func IsNull(value []byte) bool { return string(value) == "null" }

// IsString reports whether a value is a string.
func IsString(value []byte) bool { return value[0] == '"' }
