package parameters

import "strings"

// takeCookie takes a parameter out of the Cookie headers.
func (o *origin) takeCookie(values []Value, headers []string) *Error {
	if o.list {
		var texts []string
		for _, header := range headers {
			for header != "" {
				var value string
				var found bool
				if value, header, found = nextCookie(header, o.name); found {
					texts = append(texts, value)
				}
			}
		}
		return o.takeList(values, texts)
	}
	for _, header := range headers {
		if value, _, found := nextCookie(header, o.name); found {
			return o.take(values, value)
		}
	}
	return o.missing(values)
}

// nextCookie returns the first cookie of a name and what follows it. Names are case-sensitive. Double quotes around a
// value are part of it (RFC 6265 section 4.1.1: browsers store and return them), and nothing is decoded.
func nextCookie(header, name string) (value, rest string, found bool) {
	for header != "" {
		pair := header
		if end := strings.IndexByte(header, ';'); end >= 0 {
			pair, header = header[:end], header[end+1:]
		} else {
			header = ""
		}
		pairName, value, hasValue := strings.Cut(pair, "=")
		if hasValue && strings.Trim(pairName, " \t") == name {
			return strings.Trim(value, " \t"), header, true
		}
	}
	return "", "", false
}
