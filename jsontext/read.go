// Package jsontext reads and writes JSON as text: it checks, finds and escapes in place, and builds no documents. What it
// is not asked for stays as it was written, down to the spelling of numbers and the order of members.
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

// Cursor reads one valid JSON value after the other, and looks at each byte once, however deep they are nested.
type Cursor struct{ rest []byte }

// NewCursor returns one at the beginning of a text, which must be valid JSON.
func NewCursor(text []byte) Cursor { return Cursor{skip(text, 0)} }

// First is the first byte of the value that comes next, which tells what it is: one of { [ " t f n, or else a number.
func (c *Cursor) First() byte { return c.rest[0] }

// Value goes over the next value and returns it as it is written.
func (c *Cursor) Value() (value []byte) {
	value, c.rest = splitValue(c.rest)
	return value
}

// Members goes over the next value, which must be an object, and calls f for each member. There f has to go over the value.
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

// Elements goes over the next value, which must be an array, and calls f for each element, over which f has to go.
func (c *Cursor) Elements(f func() error) error {
	c.rest = c.rest[1:]
	for c.more(']') {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// more goes on to the next member or element, or over the end of the list.
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

// skip leaves out the space that a text begins with, and one kind of token in it.
func skip(text []byte, token byte) []byte {
	for i, c := range text {
		if c != token && !isSpace(c) {
			return text[i:]
		}
	}
	return nil
}

// splitValue splits valid JSON behind the value that it begins with.
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

// StringEnd is the length of the JSON string that a text begins with.
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

// UnquoteIn is Unquote, but what cannot be a piece of the text is appended to what buffer returns: an empty slice with a capacity of
// size bytes.
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
