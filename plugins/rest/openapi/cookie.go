package openapi

import "strings"

// cookieOf returns the first cookie of a name in the Cookie headers.
func cookieOf(headers []string, name string) (value string, found bool) {
	for _, header := range headers {
		for pair := range strings.SplitSeq(header, ";") {
			pairName, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
			if ok && pairName == name {
				return value, true
			}
		}
	}
	return "", false
}

// withoutCookies returns all cookies but those of the names, as one header.
func withoutCookies(headers []string, names map[string]bool) []byte {
	var out []byte
	for _, header := range headers {
		for pair := range strings.SplitSeq(header, ";") {
			pair = strings.TrimSpace(pair)
			name, _, _ := strings.Cut(pair, "=")
			if pair == "" || names[strings.TrimSpace(name)] {
				continue
			}
			if len(out) > 0 {
				out = append(out, "; "...)
			}
			out = append(out, pair...)
		}
	}
	return out
}
