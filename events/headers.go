package events

import (
	"mime"
	"strings"
)

// ContentTypeHeader is a header that no event in binary mode may have (HTTP binding §3.1.1): content-type stands in its place.
const ContentTypeHeader = HeaderPrefix + DataContentType

// AddHeader adds the attribute that a header of binary mode carries. It leaves headers without the prefix alone. It keeps what
// [ContentTypeHeader] says for [Event.SetContentType].
func (e *Event) AddHeader(name, value string) error {
	name, is := strings.CutPrefix(name, HeaderPrefix)
	if !is {
		return nil
	}
	decoded, ok := Decode(value)
	if !ok {
		return invalid(named(name) + " is not UTF-8 once its percent-encoding is taken off")
	}
	if name != DataContentType {
		return e.Add(Attribute{Name: name, Value: decoded})
	}
	if e.claimed {
		return twice(name)
	}
	e.otherType, e.claimed = decoded, true
	return nil
}

// SetContentType adds the attribute that says the data's type, which in binary mode is the message's content-type. Call it when all
// headers have been added. If there is a [ContentTypeHeader], it must say the same, for some receivers read the one and some the other.
func (e *Event) SetContentType(contentType string) error {
	if e.claimed && !sameMediaType(e.otherType, contentType) {
		return invalid(ContentTypeHeader + " must not be there, as content-type says that, and it says something else")
	}
	if contentType != "" {
		e.add(Attribute{Name: DataContentType, Value: contentType})
	}
	return nil
}

// sameMediaType compares media types by RFC 9110 §8.3.1: upper and lower case count only in the values of parameters, and not in that of
// charset.
func sameMediaType(a, b string) bool {
	if a == b {
		return true
	}
	kindA, parametersA, errA := mime.ParseMediaType(a)
	kindB, parametersB, errB := mime.ParseMediaType(b)
	if errA != nil || errB != nil || kindA != kindB || len(parametersA) != len(parametersB) {
		return false
	}
	for name, value := range parametersA {
		other, there := parametersB[name]
		if !there || value != other && (name != "charset" || !strings.EqualFold(value, other)) {
			return false
		}
	}
	return true
}

// ClaimsContentType reports whether a header says the data's type beside content-type.
func (e *Event) ClaimsContentType() bool { return e.claimed }

// Headers calls f for each header of the event in binary mode, except content-type.
func (e *Event) Headers(f func(name, value string)) {
	for i := range e.Attributes {
		if a := &e.Attributes[i]; a.Name != DataContentType {
			f(HeaderPrefix+a.Name, Encode(a.Value))
		}
	}
}

// ContentType is the content-type of the event in binary mode, "" if it has none. Data that is JSON has to say so there, but not in the
// JSON format.
func (e *Event) ContentType() string {
	contentType := e.Get(DataContentType)
	if contentType == "" && e.Form == JSONData {
		return "application/json"
	}
	return contentType
}
