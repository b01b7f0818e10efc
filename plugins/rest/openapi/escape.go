package openapi

import "strings"

const digits = "0123456789ABCDEF"

// appendEncoded percent-encodes everything but the unreserved characters of RFC 3986.
func appendEncoded(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return out
}

// appendReserved leaves those reserved characters, too, that neither end a query nor separate its pairs, as some
// take ";" to do, nor, like "+" and ",", mean something else there.
func appendReserved(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) || strings.IndexByte(":/?@!$'()*=", c) >= 0 {
			out = append(out, c)
		} else {
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return out
}

func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
