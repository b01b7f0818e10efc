package rest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// target is a compiled target: the call that a request becomes.
type target struct {
	method      string
	uri         *uri
	headers     []header
	body        *content // nil if the client's body goes along
	environment *expression.Environment
}

// content is the body of a message.
type content struct {
	template *template.Template
	// contentType is that of the body if the message does not say it itself, "" if it does or if there is no body.
	contentType string
}

func compileTarget(text string, set *parameters.Set) (*target, error) {
	m, err := parseMessage(text)
	if err != nil {
		return nil, err
	}
	t := &target{environment: expression.ForRequest(set)}
	if err := t.requestLine(m.start); err != nil {
		return nil, err
	}
	if t.headers, err = compileHeaders(m.headers, t.environment); err != nil {
		return nil, err
	}
	if err := checkHost(t.headers); err != nil {
		return nil, err
	}
	if m.hasBody {
		t.body, err = compileBody(m.body, t.headers, t.environment)
	}
	return t, err
}

// requestLine compiles the first line.
func (t *target) requestLine(line string) error {
	method, uri, _ := strings.Cut(line, " ")
	uri = strings.TrimSpace(uri)
	switch {
	case !httptext.IsToken(method) || uri == "":
		return fmt.Errorf("the first line must be METHOD URI-TEMPLATE, as in GET /users/{id}, not %q", line)
	case method != strings.ToUpper(method):
		return fmt.Errorf("the method must be in upper case, not %q", method)
	case method == "CONNECT":
		return errors.New("CONNECT is no call of a function")
	case strings.Contains(uri, " "):
		return fmt.Errorf("the first line ends with the URI template, in which there are no spaces: %q", uri)
	}
	var err error
	t.method = method
	if t.uri, err = compileURI(uri, t.environment); err != nil {
		return fmt.Errorf("the URI template %q: %w", uri, err)
	}
	return nil
}

// compileBody compiles the body of a message by the content-type among its headers. Without one, a body that begins like
// JSON or XML is that.
func compileBody(text string, headers []header, environment *expression.Environment) (*content, error) {
	declared, err := contentType(headers)
	if err != nil {
		return nil, err
	}
	c := &content{}
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
