package lambda

import (
	"fmt"
	"slices"
	"strings"
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

// isTypeToken is strict: what it refuses, a parameter or a second star, would never match.
func isTypeToken(text string) bool {
	return !strings.ContainsAny(text, "*/;, \t\"()<>@:\\[]?={}")
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

// isText reports whether a body of that content type goes to the function as text. The API Gateway's own text types are
// text/*, application/json, application/xml and application/javascript; a missing type is none of them.
func (c contentTypes) isText(header string) bool {
	header, _, _ = strings.Cut(header, ";")
	kind, subtype, ok := strings.Cut(strings.TrimSpace(header), "/")
	if !ok {
		kind, subtype = "", "" // Only */* matches that.
	}
	matches := func(t contentType) bool { return t.matches(kind, subtype) }
	switch {
	case slices.ContainsFunc(c.binary, matches):
		return false
	case strings.EqualFold(kind, "text"):
		return true
	case strings.EqualFold(kind, "application") && (strings.EqualFold(subtype, "json") ||
		strings.EqualFold(subtype, "xml") || strings.EqualFold(subtype, "javascript")):
		return true
	}
	return slices.ContainsFunc(c.text, matches)
}
