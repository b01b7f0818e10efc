package events

import "strings"

// AddHeader adds the attribute that a header of binary mode carries. Headers that carry none are let be: those without the
// prefix, and ce-datacontenttype, which content-type stands for.
func (e *Event) AddHeader(name, value string) error {
	name, is := strings.CutPrefix(name, HeaderPrefix)
	if !is || name == DataContentType {
		return nil
	}
	decoded, ok := Decode(value)
	if !ok {
		return invalid(named(name) + " is not UTF-8 once its percent-encoding is taken off")
	}
	return e.Add(Attribute{Name: name, Value: decoded})
}

// SetContentType adds what binary mode says of the data by the message's content-type. It is taken as it is.
func (e *Event) SetContentType(contentType string) {
	if contentType != "" {
		e.Attributes = append(e.Attributes, Attribute{Name: DataContentType, Value: contentType})
	}
}

// Headers calls f for the headers of binary mode, except content-type.
func (e *Event) Headers(f func(name, value string)) {
	for i := range e.Attributes {
		if a := &e.Attributes[i]; a.Name != DataContentType {
			f(HeaderPrefix+a.Name, Encode(a.Value))
		}
	}
}

// ContentType is the content-type of the event in binary mode, or "": data that is JSON needs to say so there, and not in
// JSON.
func (e *Event) ContentType() string {
	contentType := e.Get(DataContentType)
	if contentType == "" && e.Form == JSONData {
		return "application/json"
	}
	return contentType
}
