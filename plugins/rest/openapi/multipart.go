package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"unicode/utf8"
)

// parts reads a form in several parts (RFC 7578).
func (c *content) parts(boundary string, raw []byte) (*field, error) {
	if boundary == "" {
		return nil, errors.New("has a content-type without a boundary")
	}
	form, reader := &field{}, multipart.NewReader(bytes.NewReader(raw), boundary)
	for read := 0; ; read++ {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, fmt.Errorf("is no multipart/form-data after %d of its parts", read)
		}
		name := part.FormName()
		if name == "" {
			continue // It is no field.
		}
		steps := c.steps(name)
		one, err := c.part(steps, part)
		if err != nil {
			return nil, &violation{pointer: pointer(steps), reason: err.Error()}
		}
		target := form.at(steps...)
		target.given = append(target.given, one)
	}
}

// part reads a part. What it is follows from what the document says of the field before what the client says of the part,
// or else a client could choose not to be checked.
func (c *content) part(steps []string, part *multipart.Part) (given, error) {
	e, sent := c.encodings[steps[0]], part.Header.Get("Content-Type")
	m, ok := parseMediaType(sent)
	if sent == "" {
		m = mediaType{kind: "text", subtype: "plain"} // RFC 7578 section 4.4.
		if e != nil && len(e.mediaTypes) == 1 && !e.mediaTypes[0].isRange() {
			m = e.mediaTypes[0]
		}
	} else if e != nil && len(e.mediaTypes) > 0 && (!ok || !e.allows(m)) {
		return given{}, fmt.Errorf("must not have the content-type %s", sent)
	}
	described := c.members.properties[steps[0]]
	if described != nil && described.isBinary() {
		return given{opaque: true}, nil
	}
	raw, err := io.ReadAll(part)
	if err != nil {
		return given{}, errors.New("is cut off")
	}
	if m.isJSON() {
		value, err := decodeJSON(raw)
		return given{json: value, isJSON: true}, err
	}
	if !utf8.Valid(raw) && (described == nil || described.types.has(text|object|array)) {
		return given{opaque: true}, nil
	}
	return given{text: string(raw)}, nil
}

func (e *encoding) allows(m mediaType) bool {
	for _, allowed := range e.mediaTypes {
		if allowed.covers(m) != 0 {
			return true
		}
	}
	return false
}

// isBinary reports whether a value, or an element of a list, is bytes of which JSON says nothing, as of a file.
func (s *schema) isBinary() bool {
	if s.binary {
		return true
	}
	for _, way := range s.ways {
		if way.isBinary() {
			return true
		}
	}
	return s.ways == nil && s.items != nil && s.types.has(array) && s.items.binary
}
