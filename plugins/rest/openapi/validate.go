package openapi

import (
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/plugins"
)

// valid checks a body and its media type. What cannot be read here goes on unchecked: the upstream knows what it makes of it.
func (b *body) valid(contentType string, raw []byte) error {
	if len(raw) == 0 {
		if b.required {
			return plugins.Errorf(plugins.BadBody, "The body is missing.")
		}
		return nil
	}
	m, described := b.content(contentType)
	if described == nil {
		return plugins.Errorf(plugins.BadBody, "The content-type must be one of %s.", strings.Join(b.types, ", "))
	}
	if described.check == nil {
		return nil
	}
	if err := described.valid(m, raw); err != nil {
		return plugins.Errorf(plugins.BadBody, "The body %v", err)
	}
	return nil
}

func (c *content) valid(m mediaType, raw []byte) error {
	switch {
	case m.isJSON():
		value, err := decodeJSON(raw)
		if err != nil {
			return err
		}
		return c.check(value)
	case c.schema == nil:
		return nil
	case m.isForm():
		form, err := c.fields(raw)
		if err != nil {
			return err
		}
		return c.validForm(form, len(raw))
	case m.isMultipart():
		form, err := c.parts(m.parameters["boundary"], raw)
		if err != nil {
			return err
		}
		return c.validForm(form, len(raw))
	case m.isText() && utf8.Valid(raw) && c.schema.couldBeText():
		value, err := attempt(len(raw)).fromText(c.schema, string(raw))
		if err == nil {
			err = c.check(value)
		}
		return err
	}
	return nil
}
