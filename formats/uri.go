package formats

import (
	"net/netip"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// URI reports whether a text is a URI of RFC 3986 (section 3): it begins with a scheme. Characters that are no ASCII have
// to be percent-encoded, as the RFC says.
func URI(text string) bool {
	colon := schemeEnd(text)
	return colon > 0 && hierarchy(text[colon+1:])
}

// URIReference reports whether a text is a URI-reference of RFC 3986 (section 4.1): a URI, or one that is relative to
// another, which may be empty.
func URIReference(text string) bool {
	if schemeEnd(text) > 0 {
		return URI(text)
	}
	// A first segment with a colon would be a scheme (section 4.2).
	if end := strings.IndexAny(text, ":/?#"); end >= 0 && text[end] == ':' {
		return false
	}
	return hierarchy(text)
}

// schemeEnd is where the colon behind a scheme stands, 0 if the text does not begin with a scheme.
func schemeEnd(text string) int {
	for i := range len(text) {
		switch c := text[i]; {
		case isLetter(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case c == ':':
			return i
		default:
			return 0
		}
	}
	return 0
}

// hierarchy checks what stands behind a scheme: authority, path, query and fragment.
func hierarchy(text string) bool {
	text, fragment, _ := strings.Cut(text, "#")
	text, query, _ := strings.Cut(text, "?")
	if !consistsOf(fragment, httptext.Query) || !consistsOf(query, httptext.Query) {
		return false
	}
	if rest, found := strings.CutPrefix(text, "//"); found {
		end := strings.IndexByte(rest, '/')
		if end < 0 {
			return authority(rest)
		}
		return authority(rest[:end]) && consistsOf(rest[end:], httptext.Path)
	}
	return consistsOf(text, httptext.Path)
}

// authority checks what stands between // and the path: user, host and port.
func authority(text string) bool {
	if at := strings.IndexByte(text, '@'); at >= 0 {
		if !consistsOf(text[:at], httptext.UserInfo) {
			return false
		}
		text = text[at+1:]
	}
	host, port := text, ""
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 || !literal(text[1:end]) {
			return false
		}
		if host, port = "", text[end+1:]; port != "" && port[0] != ':' {
			return false
		}
	} else if colon := strings.IndexByte(text, ':'); colon >= 0 {
		host, port = text[:colon], text[colon:]
	}
	for i := 1; i < len(port); i++ {
		if !isDigit(port[i]) {
			return false
		}
	}
	return consistsOf(host, httptext.RegName)
}

// literal checks an address in brackets: one of version 6 without a zone, or of a version to come ("v1.x").
func literal(text string) bool {
	if text != "" && text[0]|0x20 == 'v' {
		version, address, found := strings.Cut(text[1:], ".")
		for i := range len(version) {
			found = found && httptext.HexDigit(version[i]) < 16
		}
		return found && version != "" && address != "" && !strings.Contains(address, "%") && consistsOf(address, httptext.UserInfo)
	}
	address, err := netip.ParseAddr(text)
	return err == nil && address.Is6() && address.Zone() == ""
}

// consistsOf reports whether all characters may stand there, and each percent sign begins an escape.
func consistsOf(text string, where httptext.Set) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case where.Has(c):
		case c == '%':
			if _, ok := httptext.Escape(text[i:]); !ok {
				return false
			}
			i += 2
		default:
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
