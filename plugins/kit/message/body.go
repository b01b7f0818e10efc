package message

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Body is the body that a message has of its own.
type Body struct {
	template *template.Template
	// contentType is that of the body if the message does not say it itself, "" if it does or if there is no body.
	contentType string
}

// CompileBody compiles the body of a message by the content-type among its headers. Without one, a body that begins like
// JSON or XML is that. It is nil if the message has none of its own.
func (t Text) CompileBody(headers Headers, environment *expression.Environment) (*Body, error) {
	if !t.HasBody {
		return nil, nil
	}
	text := t.Body
	declared, err := headers.contentType()
	if err != nil {
		return nil, err
	}
	c := &Body{}
	if text == "" {
		c.template, err = template.Compile(text, template.Header, "", environment)
		return c, err
	}
	if declared == "" {
		if c.contentType = guess(text); c.contentType == "" {
			return nil, errors.New("the body needs a Content-Type header before it, which also says how expressions are escaped")
		}
		declared = c.contentType
	}
	format, err := template.FormatOf(declared)
	if err != nil {
		return nil, err
	}
	if c.template, err = template.Compile(text, format, "the body", environment); err != nil {
		return nil, fmt.Errorf("body (%s): %w", declared, err)
	}
	return c, nil
}

// ContentType is what the message is to say of its body beside its headers, "" if they say it, or if the body is empty.
func (b *Body) ContentType() string { return b.contentType }

// Append appends the body to dst. An error is the request's fault, see [RequestError].
func (b *Body) Append(dst []byte, s *expression.Scope) ([]byte, error) {
	return b.template.Append(dst, s)
}

// guess is the content type of a body that says it itself.
func guess(text string) string {
	text = strings.TrimLeft(text, " \t\n")
	switch {
	case strings.HasPrefix(text, "{{"):
		return ""
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "application/json"
	case strings.HasPrefix(text, "<"):
		return "application/xml"
	}
	return ""
}
