package format

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// contentTypes says which bodies a function gets as text, besides those the format itself names.
type contentTypes struct {
	text, binary []contentType
}

// contentType is a pattern: `text/html`, `text/*`, `*/*+json`, `*/*`.
type contentType struct {
	kind    string // "" for any
	subtype string // "" for any; with suffix, what the subtype ends in
	suffix  bool
}

func parseContentTypes(patterns []string) ([]contentType, error) {
	var parsed []contentType
	for _, pattern := range patterns {
		kind, subtype, ok := strings.Cut(strings.ToLower(pattern), "/")
		t := contentType{kind: kind, subtype: subtype}
		if kind == "*" {
			t.kind = ""
		}
		switch {
		case subtype == "*":
			t.subtype = ""
		case strings.HasPrefix(subtype, "*+"):
			t.suffix, t.subtype = true, subtype[1:]
		}
		if !ok || kind == "*" && t.subtype != "" && !t.suffix || !isTypeToken(t.kind) || !isTypeToken(t.subtype) {
			return nil, fmt.Errorf("must hold content types like text/html, text/*, */*+json or */*, not %q", pattern)
		}
		parsed = append(parsed, t)
	}
	return parsed, nil
}

// isTypeToken is strict: what it refuses, a parameter or a second star, would never match. Empty is what any text fits.
func isTypeToken(text string) bool {
	return text == "" || httptext.IsToken(text) && strings.IndexByte(text, '*') < 0
}

func (t contentType) matches(kind, subtype string) bool {
	if t.kind != "" && !strings.EqualFold(t.kind, kind) {
		return false
	}
	if t.suffix {
		return len(subtype) >= len(t.subtype) && strings.EqualFold(t.subtype, subtype[len(subtype)-len(t.subtype):])
	}
	return t.subtype == "" || strings.EqualFold(t.subtype, subtype)
}

// isText reports whether a body of that content type goes to the function as text: it is one of the format's own text
// types or of text_types, and none of binary_types.
func (c contentTypes) isText(header string, own func(header string) bool) bool {
	return !c.isBinary(header) && (own(header) || anyMatches(c.text, header))
}

// isBinary reports whether a content type is one of binary_types.
func (c contentTypes) isBinary(header string) bool { return anyMatches(c.binary, header) }

// isGatewayText reports whether the body can go into an HTTP API's, a function URL's or a load balancer's event as it is.
// What claims to be a text and is not UTF-8 would be mangled in JSON.
func (c contentTypes) isGatewayText(r *client) bool {
	return !r.isCompressed() && c.isText(r.header("content-type"), isGatewayType) && utf8.Valid(r.request.Body())
}

// isGatewayType reports whether a content type is one of API Gateway's own text types: text/*, application/json,
// application/xml and application/javascript. A missing type is none of them.
func isGatewayType(header string) bool {
	kind, subtype := mediaType(header)
	return strings.EqualFold(kind, "text") || strings.EqualFold(kind, "application") &&
		(strings.EqualFold(subtype, "json") || strings.EqualFold(subtype, "xml") || strings.EqualFold(subtype, "javascript"))
}

func anyMatches(patterns []contentType, header string) bool {
	if len(patterns) == 0 {
		return false
	}
	kind, subtype := mediaType(header)
	for _, pattern := range patterns {
		if pattern.matches(kind, subtype) {
			return true
		}
	}
	return false
}

// mediaType splits a content type and leaves its parameters aside. What is no content type has empty parts, which only
// the pattern */* matches.
func mediaType(header string) (kind, subtype string) {
	kind, subtype, ok := httptext.MediaType(header)
	if !ok {
		return "", ""
	}
	return kind, subtype
}
