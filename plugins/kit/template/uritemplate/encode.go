package uritemplate

import (
	"fmt"
	"strings"
	"unicode/utf8"
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
		case isUnreserved(c), isReserved(c):
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
			dst = appendTriplet(dst, c)
		}
	}
	return string(dst), nil
}

func appendTriplet(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

// isTriplet reports whether a text begins with a percent-escape.
func isTriplet(s string) bool { return len(s) >= 3 && s[0] == '%' && isHex(s[1]) && isHex(s[2]) }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isUnreserved and isReserved are those of RFC 3986 section 2.
func isUnreserved(c byte) bool {
	return isAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'
}

func isReserved(c byte) bool { return contains(":/?#[]@!$&'()*+,;=", c) }

func contains(set string, c byte) bool { return strings.IndexByte(set, c) >= 0 }
