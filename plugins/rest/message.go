package rest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// message is a target or a response template, taken apart but not compiled.
type message struct {
	// start is the first line.
	start   string
	headers []field
	// body is what follows the blank line; without one, hasBody is false.
	body    string
	hasBody bool
}

// field is a header as it is written, its name in lower case.
type field struct{ name, value string }

// parseMessage reads an HTTP message: a first line, headers, a blank line and a body. One line break at the end is not
// looked at, because YAML puts it there.
func parseMessage(text string) (message, error) {
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	head, body, hasBody := strings.Cut(text, "\n\n")
	if !hasBody {
		head, hasBody = strings.CutSuffix(head, "\n")
	}
	lines := strings.Split(head, "\n")
	m := message{start: strings.TrimSpace(lines[0]), body: body, hasBody: hasBody}
	if m.start == "" {
		return m, errors.New("the first line is empty")
	}
	for i, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !httptext.IsToken(name) {
			return m, fmt.Errorf("line %d: %q is no header, which is NAME: VALUE; a blank line goes before the body", i+2, line)
		}
		m.headers = append(m.headers, field{strings.ToLower(name), strings.Trim(value, " \t")})
	}
	return m, nil
}
