package parameters

import (
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// encodedSlash stands for `%2F` in a decoded path, so that it is not taken for a separator. It cannot be confused with the client's own
// bytes, because no path that is matched holds a NUL.
const encodedSlash = '\x00'

// decodePath decodes all escapes of a path once, each into one byte, with encodedSlash for `%2F`. It returns the path
// itself if there is nothing to decode, and otherwise says what is wrong with it.
func decodePath(path string) (decoded, problem string) {
	escape := strings.IndexByte(path, '%')
	if escape < 0 {
		return path, ""
	}
	if strings.IndexByte(path, 0) >= 0 {
		return "", problemNUL
	}
	var out strings.Builder
	out.Grow(len(path))
	for ; escape >= 0; escape = strings.IndexByte(path, '%') {
		c, ok := httptext.Escape(path[escape:])
		switch {
		case !ok:
			return "", problemEscape
		case c == 0:
			return "", problemNUL
		case c == '/':
			c = encodedSlash
		}
		out.WriteString(path[:escape])
		out.WriteByte(c)
		path = path[escape+3:]
	}
	out.WriteString(path)
	return out.String(), ""
}

// policy says which texts are refused because of the characters they hold.
type policy uint8

const (
	// oneLine is for sources that cannot hold a NUL, carriage return or line feed (RFC 9110 section 5.5).
	oneLine policy = iota
	// manyLines is for sources that hold line breaks as percent-escapes, or from a text area. A value with line breaks must be refused
	// where it cannot have any, such as in a header.
	manyLines
	// anything is for what JSON strings hold, which has been checked as a whole.
	anything
)

// problem says what is wrong with a text. It returns "" if nothing is.
func (p policy) problem(s string) string {
	if p == anything {
		return ""
	}
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case c == 0 || p == oneLine && (c == '\r' || c == '\n'):
			if p == manyLines {
				return problemNUL
			}
			return problemControl
		}
	}
	if !ascii && !utf8.ValidString(s) {
		return problemUTF8
	}
	return ""
}
