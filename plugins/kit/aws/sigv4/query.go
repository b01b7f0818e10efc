package sigv4

import (
	"net/url"
	"slices"
	"strings"
)

// canonicalQuery brings a query into the form that is signed: names and values decoded and escaped anew, each name with its equals
// sign, all sorted by what is then written.
func canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	type parameter struct{ name, value string }
	var list []parameter
	for text := range strings.SplitSeq(query, "&") {
		if text == "" {
			continue
		}
		name, value, _ := strings.Cut(text, "=")
		list = append(list, parameter{Escape(unescape(name)), Escape(unescape(value))})
	}
	slices.SortFunc(list, func(a, b parameter) int {
		if order := strings.Compare(a.name, b.name); order != 0 {
			return order
		}
		return strings.Compare(a.value, b.value)
	})
	var canonical strings.Builder
	for i, p := range list {
		if i > 0 {
			canonical.WriteByte('&')
		}
		canonical.WriteString(p.name + "=" + p.value)
	}
	return canonical.String()
}

// unescape decodes a name or a value of a query. What cannot be decoded stays as it is.
func unescape(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}
