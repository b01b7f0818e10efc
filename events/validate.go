package events

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/funcroute/funcroute/formats"
)

// MaxSize is how many bytes the names and values of an event's attributes may have together. Those who hand events on must take events
// of up to 64 KiB (specification, "Size Limits"), and no format writes an event in fewer bytes than its names and values have.
const MaxSize = 64 << 10

// Add checks an attribute and adds it. An empty text counts as no attribute.
func (e *Event) Add(a Attribute) error {
	if err := e.checkNew(a.Name); err != nil {
		return err
	}
	if e.size += len(a.Name) + len(a.Value); e.size > MaxSize {
		return invalid("its attributes are longer than can be read, which is 64 KiB")
	}
	if err := checkValue(a); err != nil {
		return err
	}
	if a.Value == "" {
		e.leaveOut(a.Name)
		return nil
	}
	e.add(a)
	return nil
}

// add adds an attribute that was checked before.
func (e *Event) add(a Attribute) {
	if e.places != nil {
		e.places[a.Name] = len(e.Attributes)
	}
	e.Attributes = append(e.Attributes, a)
}

// leaveOut notes an attribute that was given without a value.
func (e *Event) leaveOut(name string) {
	if e.places != nil {
		e.places[name] = nowhere
	}
	e.absent = append(e.absent, name)
}

// checkNew checks that there can be an attribute of that name, and that it has not been given before.
func (e *Event) checkNew(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if e.places == nil && len(e.Attributes)+len(e.absent) > few {
		e.index()
	}
	if _, there := e.Lookup(name); there || e.isAbsent(name) {
		return twice(name)
	}
	return nil
}

// few is up to how many attributes are searched one by one. A client may send thousands.
const few = 32

// index notes where each attribute is.
func (e *Event) index() {
	e.places = make(map[string]int, 2*few)
	for i := range e.Attributes {
		e.places[e.Attributes[i].Name] = i
	}
	for _, name := range e.absent {
		e.places[name] = nowhere
	}
}

// nowhere is the place of an attribute that was given without a value.
const nowhere = -1

func (e *Event) isAbsent(name string) bool {
	if e.places == nil {
		return slices.Contains(e.absent, name)
	}
	_, there := e.places[name]
	return there
}

func twice(name string) error { return invalid(named(name) + " is there twice") }

// checkName checks a name by §2 of the specification.
func checkName(name string) error {
	valid := name != "" && name != "data"
	for i := range len(name) {
		valid = valid && ('a' <= name[i] && name[i] <= 'z' || '0' <= name[i] && name[i] <= '9')
	}
	if !valid {
		return invalid(quoted(name) + " cannot be the name of an attribute, which consists of small letters and digits, and is not data")
	}
	return nil
}

// CheckName reports whether an attribute can have that name.
func CheckName(name string) bool { return checkName(name) == nil }

// named shows a name in a message. It leaves out a long one, for a client may choose it.
func named(name string) string {
	if len(name) > 40 {
		return "an attribute"
	}
	return name
}

// quoted shows a name in a message that may hold anything.
func quoted(name string) string {
	const most = 40
	if len(name) > most {
		return strconv.QuoteToASCII(name[:most]) + "…"
	}
	return strconv.QuoteToASCII(name)
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
		if a.Value != "" && !formats.DateTime(a.Value) {
			return invalid("time must be a timestamp like 2026-03-01T12:00:00Z")
		}
	case DataContentType:
		if !isMediaType(a.Value) {
			return invalid("datacontenttype must be a media type like application/json")
		}
	case Source:
		if !formats.URIReference(a.Value) {
			return invalid("source must be a URI reference like /shop/7; a character that cannot stand in one is written %20, and in a header %2520")
		}
	case DataSchema:
		if a.Value != "" && !formats.URI(a.Value) {
			return invalid("dataschema must be a URI like https://example.com/order")
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
