package uritemplate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// encodeLiteral makes a literal of a template what a URI can hold (RFC 6570 sections 2.1 and 3.1). The apostrophe is let
// through, as erratum 6937 wants it.
func encodeLiteral(literal string) (string, error) {
	if !utf8.ValidString(literal) {
		return "", fmt.Errorf("the template is not valid UTF-8")
	}
	var dst []byte
	for i := 0; i < len(literal); i++ {
		c := literal[i]
		switch {
		case kept.Has(c):
			dst = append(dst, c)
		case isTriplet(literal[i:]):
			dst = append(dst, literal[i:i+3]...)
			i += 2
		case c == '%':
			return "", fmt.Errorf("a percent sign must begin an escape like %%20; itself it is written %%25")
		case c == '}':
			return "", fmt.Errorf("a brace closes nothing; itself it is written %%7D")
		case c <= ' ' || c == 0x7f || strings.IndexByte("\"<>\\^`|", c) >= 0:
			return "", fmt.Errorf("%q cannot stand in a URI; write %%%02X", c, c)
		default:
			dst = httptext.AppendEscape(dst, c)
		}
	}
	return string(dst), nil
}

// isTriplet reports whether a text begins with a percent-escape.
func isTriplet(s string) bool {
	_, ok := httptext.Escape(s)
	return ok
}

// The sets of RFC 3986 section 2: what is kept everywhere, and what some operators keep besides.
const (
	unreserved = httptext.Unreserved
	kept       = httptext.Unreserved | httptext.Reserved
)
