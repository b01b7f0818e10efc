package openapi

import (
	"mime"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// mediaType is a media type or a range of them. Type, subtype and the names of parameters are in lower case; so is the
// charset, the only parameter whose value knows no case everywhere (RFC 9110 section 8.3.1).
type mediaType struct {
	kind, subtype string
	parameters    map[string]string
}

const charset = "charset"

// parseMediaType reads a media type, in whatever order and with whatever quotes its parameters are written.
func parseMediaType(s string) (mediaType, bool) {
	name, parameters, err := mime.ParseMediaType(s)
	if err != nil { // Its parameters cannot be read, which is no reason to know nothing of it.
		name, _, _ = strings.Cut(s, ";")
		name = strings.ToLower(strings.TrimSpace(name))
	}
	kind, subtype, two := strings.Cut(name, "/")
	if !two || !httptext.IsToken(kind) || !httptext.IsToken(subtype) {
		return mediaType{}, false
	}
	if value, has := parameters[charset]; has {
		parameters[charset] = strings.ToLower(value)
	}
	return mediaType{kind, subtype, parameters}, true
}

// covers tells how exactly a range describes a media type, 0 if it does not. A parameter that the media type does not have
// counts for less than none in the range, but is no contradiction: who describes `application/json; charset=utf-8` does not
// mean to refuse `application/json`.
func (m mediaType) covers(other mediaType) (exactness int) {
	const each, ofRange, ofKind, ofType = 2, 1 << 10, 2 << 10, 3 << 10
	switch {
	case m.kind == "*" && m.subtype == "*":
		exactness = ofRange
	case m.kind != other.kind:
		return 0
	case m.subtype == "*":
		exactness = ofKind
	case m.subtype != other.subtype:
		return 0
	default:
		exactness = ofType
	}
	for name, value := range m.parameters {
		given, has := other.parameters[name]
		switch {
		case has && given != value:
			return 0
		case has:
			exactness += each
		default:
			exactness--
		}
	}
	return exactness
}

// same reports whether two media types are one.
func (m mediaType) same(other mediaType) bool {
	return m.kind == other.kind && m.subtype == other.subtype && len(m.parameters) == len(other.parameters) &&
		m.covers(other) != 0 && other.covers(m) != 0
}

func (m mediaType) isRange() bool { return m.subtype == "*" }

func (m mediaType) isJSON() bool {
	return (m.kind == "application" || m.kind == "text") && m.subtype == "json" || strings.HasSuffix(m.subtype, "+json")
}

func (m mediaType) isForm() bool {
	return m.kind == "application" && m.subtype == "x-www-form-urlencoded"
}

func (m mediaType) isMultipart() bool { return m.kind == "multipart" && m.subtype == "form-data" }

// isText reports whether it is text in UTF-8, or in ASCII, which is the same.
func (m mediaType) isText() bool {
	switch m.parameters[charset] {
	case "", "utf-8", "utf8", "us-ascii":
		return m.kind == "text"
	}
	return false
}

// isJSON reports whether a media type is JSON.
func isJSON(name string) bool {
	m, ok := parseMediaType(name)
	return ok && m.isJSON()
}

// isForm reports whether a media type is that of forms in a single text.
func isForm(name string) bool {
	m, ok := parseMediaType(name)
	return ok && m.isForm()
}

// sameMediaType reports whether two texts name the same media type.
func sameMediaType(a, b string) bool {
	one, ok := parseMediaType(a)
	other, alsoOK := parseMediaType(b)
	return ok && alsoOK && one.same(other)
}

// mediaTypes reads a list of media types or ranges, as a document may have one for several.
func mediaTypes(list string) (read []mediaType) {
	for name := range strings.SplitSeq(list, ",") {
		if m, ok := parseMediaType(name); ok {
			read = append(read, m)
		}
	}
	return read
}
