package events

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
)

// Read reads an event in structured mode from the whole body. The event's data is a piece of the body.
func (e *Event) Read(body []byte) error {
	object, err := document(body, '{', "the body must be a JSON object")
	if err != nil {
		return err
	}
	return e.readObject(object)
}

// ReadBatch calls f for each event of a batch, one after the other, with the event as it stands in the body. It reads all of them into
// the same Event, which afterwards is the last one.
func (e *Event) ReadBatch(body []byte, f func(object []byte) error) error {
	array, err := document(body, '[', "the body of a batch must be a JSON array")
	if err != nil {
		return err
	}
	at := 0
	return jsontext.Elements(array, func(object []byte) error {
		at++
		e.Reset()
		err := invalid("it is not a JSON object")
		if object[0] == '{' {
			err = e.readObject(object)
		}
		if problem, is := err.(*Error); is { //nolint:errorlint // It is made here and never wrapped.
			return invalid("event " + strconv.Itoa(at) + " of the batch: " + problem.Problem)
		}
		return f(object)
	})
}

func document(body []byte, begin byte, problem string) ([]byte, error) {
	text := bytes.Trim(body, jsontext.Space)
	if len(text) == 0 || text[0] != begin || !utf8.Valid(text) || !jsontext.Valid(text) {
		return nil, invalid(problem)
	}
	return text, nil
}

func (e *Event) readObject(object []byte) error {
	if err := jsontext.Members(object, e.member); err != nil {
		return err
	}
	if e.Form == JSONData && !IsJSON(e.Get(DataContentType)) && e.Get(DataContentType) != "" && jsontext.IsString(e.Data) {
		e.Form = TextData
	}
	return e.Complete()
}

func (e *Event) member(name, value []byte) error {
	switch string(name) {
	case "data":
		return e.setData(JSONData, name, value)
	case "data_base64":
		if !jsontext.IsNull(value) && (!jsontext.IsString(value) || !isBase64(jsontext.Unquote(value))) {
			return invalid("data_base64 must be a string in base64")
		}
		return e.setData(Base64Data, name, value)
	}
	a := Attribute{Name: nameOf(name)}
	switch value[0] {
	case '"':
		text := jsontext.Unquote(value)
		if isHalved(text, value) {
			return invalid(named(a.Name) + " holds half a character")
		}
		a.Value = string(text)
	case 'n': // JSON format §2.2: as if it were not there.
	case 't', 'f':
		a.Kind, a.Value = Boolean, string(value)
	case '{', '[':
		return invalid(named(a.Name) + " must be a string, a whole number, true or false")
	default:
		if _, err := strconv.ParseInt(string(value), 10, 32); err != nil {
			return invalid(named(a.Name) + " must be a whole number that 32 bits can hold")
		}
		a.Kind, a.Value = Integer, string(value)
	}
	return e.Add(a)
}

func (e *Event) setData(form Form, name, value []byte) error {
	switch {
	case slices.Contains(e.absent, string(name)), e.Form == form:
		return twice(string(name))
	case jsontext.IsNull(value):
		e.absent = append(e.absent, string(name))
		return nil
	case e.Form != NoData:
		return invalid("data and data_base64 exclude each other")
	}
	e.Form, e.Data = form, value
	return nil
}

// nameOf copies a name, unless it is one of the specification's own.
func nameOf(name []byte) string {
	switch string(name) {
	case SpecVersion:
		return SpecVersion
	case ID:
		return ID
	case Source:
		return Source
	case Type:
		return Type
	case Subject:
		return Subject
	case Time:
		return Time
	case DataSchema:
		return DataSchema
	case DataContentType:
		return DataContentType
	}
	return string(name)
}

// isHalved reports whether a string has an escape for half a character. Such an escape would read as U+FFFD.
func isHalved(text, quoted []byte) bool {
	const replacement = "\ufffd"
	return bytes.Contains(text, []byte(replacement)) && !bytes.Contains(quoted, []byte(replacement)) &&
		!bytes.Contains(bytes.ToLower(quoted), []byte(`\ufffd`))
}
