package httptext

import (
	"net/url"
	"strings"
)

// DotSegment returns the first segment of a path that is "." or "..", as it is written, "" if there is none. A dot may be written as its
// escape, %2e or %2E, which servers take for the same (RFC 3986 §6.2.2.2). What follows the path, from "?" or "#" on, does not count.
// Parameters of a segment do not count either, as in ..;a=b, for some servers leave them aside.
//
// Servers resolve such segments. So a path that is made of what a client sends must have none; else the client could call what it is not
// meant to call.
func DotSegment[T string | []byte](path T) T {
	for start := 0; ; {
		at, dots := start, 0
		for ; at < len(path) && dots <= 2; dots++ {
			if path[at] == '.' {
				at++
			} else if c, ok := escapeAt(path, at); ok && c == '.' {
				at += len("%2e")
			} else {
				break
			}
		}
		if (dots == 1 || dots == 2) && (at == len(path) || endsSegment(path[at])) {
			return path[start:at]
		}
		for at < len(path) && path[at] != '/' {
			if path[at] == '?' || path[at] == '#' {
				return path[:0]
			}
			at++
		}
		if at == len(path) {
			return path[:0]
		}
		start = at + 1
	}
}

// escapeAt is [Escape] for an index in a text.
func escapeAt[T string | []byte](text T, at int) (c byte, ok bool) {
	if text[at] != '%' {
		return 0, false
	}
	return Escape(text[at:])
}

func endsSegment(c byte) bool { return c == '/' || c == '?' || c == '#' || c == ';' }

// QueryName returns the decoded name in a pair of a query: for a%20b=c it is "a b". It reports false for the empty pair, and for a name
// with a broken escape, which it returns as it is written.
func QueryName(pair string) (name string, ok bool) {
	name, _, _ = strings.Cut(pair, "=")
	decoded, err := url.QueryUnescape(name)
	if err != nil {
		return name, false
	}
	return decoded, pair != ""
}
