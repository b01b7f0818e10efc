package openapi

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/funcroute/funcroute/formats"
)

// format is a format of texts that is checked.
type format struct {
	valid func(string) bool
	// like says what would be right.
	like string
}

// textFormats are the formats of texts that are checked, in all versions. Both libraries have readers of their own, which take
// what is wrong and refuse what is right; what is not here is for the upstream to check.
var textFormats = map[string]format{
	"date":          {formats.Date, "a date like 2006-01-02"},
	"date-time":     {formats.DateTime, "a time like 2006-01-02T15:04:05Z"},
	"time":          {formats.Time, "a time of day like 15:04:05Z"},
	"uuid":          {formats.UUID, "a UUID like 0191d3a2-6f5b-7c3e-9a41-5d6b1c0f2e77"},
	"uri":           {formats.URI, "a URI like https://example.com/a"},
	"uri-reference": {formats.URIReference, "a URI or a relative reference like /a"},
	"email":         {isEmail, "an address like ada@example.com"},
	"hostname":      {isHostname, "a host's name like www.example.com"},
	"ipv4":          {isIPv4, "an address like 192.0.2.1"},
	"ipv6":          {isIPv6, "an address like 2001:db8::1"},
	"json-pointer":  {isJSONPointer, "a JSON Pointer like /a/0"},
}

// formats30 are those of them that are checked in versions 2.0 and 3.0. There a format can be anything, a `time` even 10:30.
var formats30 = []string{"date", "date-time", "uuid", "email", "ipv4", "ipv6"}

// foreign are formats that the library for 3.1 would check in its own way: internationalized references as if they were ASCII, URI
// templates as if they were URIs, durations without the fractions that ISO 8601 allows and many servers write, and some that
// JSON Schema does not know.
var foreign = []string{"iri", "iri-reference", "uri-template", "duration", "relative-json-pointer", "period", "semver"}

// registerFormats has the library for 3.1 check the formats as we do, and tell of lists and objects that it looks at.
func registerFormats(compiler *jsonschema.Compiler, look func(any)) {
	compiler.RegisterFormat(&jsonschema.Format{Name: counted, Validate: func(value any) error {
		look(value)
		return nil
	}})
	for name, known := range textFormats {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(value any) error {
			look(value)
			if s, is := value.(string); is && !known.valid(s) {
				return jsonschema.LocalizableError("it must be %s", known.like)
			}
			return nil
		}})
	}
	for _, name := range foreign {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(any) error { return nil }})
	}
	for name, bits := range integerFormats {
		compiler.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(value any) error {
			look(value)
			if n := asNumber(value); n != "" && isWhole(n) && !inRange(n, bits) {
				return jsonschema.LocalizableError("it must be an integer of %d bits", bits)
			}
			return nil
		}})
	}
}

// integerFormats are the formats of integers by their bits.
var integerFormats = map[string]int{"int32": 32, "int64": 64}

func isIPv4(s string) bool {
	address, err := netip.ParseAddr(s)
	return err == nil && address.Is4()
}

func isIPv6(s string) bool {
	address, err := netip.ParseAddr(s)
	return err == nil && address.Is6() && address.Zone() == "" // RFC 4291 section 2.2 has no zones.
}

// isHostname reports whether a text is a name as RFC 1123 section 2.1 has it, with or without the dot of the root.
func isHostname(s string) bool { return isName(s, false) }

// isName reports whether a text is a name of labels, of letters beyond ASCII as well if that is wanted.
func isName(s string, international bool) bool {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range label {
			if !isAlphanumeric(c) && c != '-' && (!international || c < utf8.RuneSelf || c == utf8.RuneError) {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isEmail reports whether a text is a mailbox as RFC 5321 section 4.1.2 has it, with the characters of RFC 6531 section 3.3.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return false
	}
	local, domain := s[:at], s[at+1:]
	if local == "" || len(local) > 64 || len(domain) > 255 { // Sections 4.5.3.1.1 and 4.5.3.1.2.
		return false
	}
	if local[0] == '"' {
		return isQuoted(local) && isMailDomain(domain)
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return false
		}
		for _, c := range atom {
			if !isAlphanumeric(c) && (c >= utf8.RuneSelf || !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", c)) && (c < utf8.RuneSelf || c == utf8.RuneError) {
				return false
			}
		}
	}
	return isMailDomain(domain)
}

// isQuoted reports whether a text is a Quoted-string.
func isQuoted(s string) bool {
	if len(s) < 2 || s[len(s)-1] != '"' {
		return false
	}
	escaped := false
	for _, c := range s[1 : len(s)-1] {
		switch {
		case c < ' ' || c == 0x7f || c == utf8.RuneError:
			return false
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return false
		}
	}
	return !escaped
}

func isMailDomain(s string) bool {
	literal, opened := strings.CutPrefix(s, "[")
	if !opened {
		return !strings.HasSuffix(s, ".") && isName(s, true)
	}
	literal, closed := strings.CutSuffix(literal, "]")
	if six, is := strings.CutPrefix(literal, "IPv6:"); is {
		return closed && isIPv6(six)
	}
	return closed && isIPv4(literal)
}

// isJSONPointer reports whether a text is a JSON Pointer (RFC 6901 section 3).
func isJSONPointer(s string) bool {
	if s != "" && s[0] != '/' {
		return false
	}
	for i := range len(s) {
		if s[i] == '~' && (i+1 == len(s) || s[i+1] != '0' && s[i+1] != '1') {
			return false
		}
	}
	return true
}
