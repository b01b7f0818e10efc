package formats

import "github.com/funcroute/funcroute/httptext"

// UUID reports whether a text is a UUID of any version in its usual form (RFC 9562, section 4), such as
// 019a3b5c-7d8e-7f00-8a9b-0c1d2e3f4a5b. Letters may be large or small.
func UUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		switch i {
		case 8, 13, 18, 23:
			if text[i] != '-' {
				return false
			}
		default:
			if httptext.HexDigit(text[i]) > 15 {
				return false
			}
		}
	}
	return true
}
