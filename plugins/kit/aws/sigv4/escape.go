package sigv4

// Escape percent-encodes every byte outside RFC 3986's unreserved characters, in the way signatures demand: with capital
// digits, the slash and the space too.
func Escape(text string) string { return escape(text, false) }

func escape(text string, keepSlashes bool) string {
	const digits = "0123456789ABCDEF"
	escaped := make([]byte, 0, len(text)+16)
	for i := range len(text) {
		c := text[i]
		if unreserved(c) || keepSlashes && c == '/' {
			escaped = append(escaped, c)
			continue
		}
		escaped = append(escaped, '%', digits[c>>4], digits[c&15])
	}
	return string(escaped)
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
