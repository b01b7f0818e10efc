package format

import (
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

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
			if high, low := jsontext.HexDigit(text[i+1]), jsontext.HexDigit(text[i+2]); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		decoded = append(decoded, c)
	}
	return string(decoded)
}
