package lambda

import "strings"

// unescape decodes a percent-encoded text, in a query also the plus that stands for a space. A broken escape is no
// reason to refuse a request here: it stays as it is.
func unescape(text string, inQuery bool) string {
	if strings.IndexByte(text, '%') < 0 && (!inQuery || strings.IndexByte(text, '+') < 0) {
		return text
	}
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+' && inQuery:
			c = ' '
		case c == '%' && i+2 < len(text):
			if high, low := hexDigit(text[i+1]), hexDigit(text[i+2]); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		decoded = append(decoded, c)
	}
	return string(decoded)
}

// hexDigit is the value of a hexadecimal digit, 16 or more for anything else.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
