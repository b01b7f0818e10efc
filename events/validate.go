package events

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on what a client can make us keep. An attribute may have to become a header, and Envoy itself takes no more than
// 100 of those.
const (
	MaxAttributes = 100
	MaxValue      = 8 << 10
)

// Add adds an attribute after checking it. An empty text counts as not there.
func (e *Event) Add(a Attribute) error {
	if err := e.checkNew(a.Name); err != nil {
		return err
	}
	if len(a.Value) > MaxValue {
		return invalid(named(a.Name) + " is longer than can be read")
	}
	if err := checkValue(a); err != nil {
		return err
	}
	if a.Value == "" {
		e.absent = append(e.absent, a.Name)
		return nil
	}
	e.Attributes = append(e.Attributes, a)
	return nil
}

// checkNew looks whether there can be an attribute of that name, and whether it is the first.
func (e *Event) checkNew(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if _, there := e.Lookup(name); there || slices.Contains(e.absent, name) {
		return twice(name)
	}
	if len(e.Attributes)+len(e.absent) == MaxAttributes {
		return invalid("it has more attributes than can be read")
	}
	return nil
}

func twice(name string) error { return invalid(named(name) + " is there twice") }

// checkName holds a name against §2 of the specification.
func checkName(name string) error {
	valid := name != "" && name != "data"
	for i := range len(name) {
		valid = valid && ('a' <= name[i] && name[i] <= 'z' || '0' <= name[i] && name[i] <= '9')
	}
	if !valid {
		return invalid("the name of an attribute must consist of small letters and digits, and not be data")
	}
	return nil
}

// CheckName reports whether an attribute can have that name.
func CheckName(name string) bool { return checkName(name) == nil }

// named is a name in a message. Long ones are left out, for a client may choose them.
func named(name string) string {
	if len(name) > 40 {
		return "an attribute"
	}
	return name
}

// IsExtension reports whether an attribute is none of the specification's own.
func IsExtension(name string) bool {
	switch name {
	case SpecVersion, ID, Source, Type, Subject, Time, DataSchema, DataContentType:
		return false
	}
	return true
}

func checkValue(a Attribute) error {
	if a.Kind != Text {
		if !IsExtension(a.Name) {
			return invalid(a.Name + " must be a string")
		}
		return nil
	}
	if problem := textProblem(a.Value); problem != "" {
		return invalid(named(a.Name) + problem)
	}
	switch a.Name {
	case SpecVersion:
		if a.Value != Version && a.Value != "" {
			return invalid("specversion must be " + Version)
		}
	case Time:
		if _, err := time.Parse(time.RFC3339, a.Value); err != nil && a.Value != "" {
			return invalid("time must be a timestamp like 2026-03-01T12:00:00Z")
		}
	case Source, DataSchema:
		if !isReference(a.Value) {
			return invalid(a.Name + " must be a URI")
		}
	}
	return nil
}

// textProblem says what is wrong with a String (specification §3.1): it holds no control characters and no
// noncharacters.
func textProblem(text string) string {
	ascii := true
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c == 0x7f {
			return " holds a control character"
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if ascii {
		return ""
	}
	if !utf8.ValidString(text) {
		return " is not UTF-8"
	}
	for _, r := range text {
		switch {
		case 0x80 <= r && r < 0xa0:
			return " holds a control character"
		case r&0xfffe == 0xfffe, 0xfdd0 <= r && r <= 0xfdef:
			return " holds a code point that is no character"
		}
	}
	return ""
}

// isReference reports whether a text is a URI reference. What net/url takes counts as one, as it does for the Go SDK;
// plain paths, which need no parser, are most of them.
func isReference(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte("/-._~", c) < 0 {
			_, err := url.Parse(text)
			return err == nil
		}
	}
	return true
}
