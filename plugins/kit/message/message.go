// Package message is HTTP messages as a configuration writes them, compiled: what a request becomes, and what an answer becomes.
// Function types of all kinds say in this notation what they send, so that whoever knows one of them knows them all:
//
//	POST /users/{id}                a first line, whose meaning is the type's own
//	X-Tenant: {{ tenant }}          headers
//	<a blank line>
//	{ "name": {{ body.name }} }     a body
//
// A type reads the text with [Parse], makes sense of the first line and has the rest compiled: as a [Call] if it is an HTTP request that
// goes to the upstream, or piece by piece if it is a message of another protocol. What the client gets is an [Answerer].
//
//	message.go          the notation
//	headers.go, host.go, body.go, uri.go, query.go   what a message consists of, compiled
//	call.go             a request that becomes a call
//	answer.go, rewrite.go   the upstream's answer, and what the client gets in its place
package message

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// Text is a message that is taken apart but not compiled.
type Text struct {
	// First is the first line, without white space around it.
	First   string
	Headers []Field
	// Body is what follows the blank line; without one, HasBody is false.
	Body    string
	HasBody bool
}

// Field is a header as it is written.
type Field struct {
	// Name is the header's in lower case, as HTTP has it.
	Name, Value string
	// Written is the name in the letters that it is written in, for protocols to which these matter.
	Written string
}

// Parse takes a message apart: a first line, headers, a blank line and a body. One line break at the end is not looked at, because
// YAML puts it there. An error says what is wrong and in which line.
func Parse(text string) (Text, error) {
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	head, body, hasBody := strings.Cut(text, "\n\n")
	if !hasBody {
		head, hasBody = strings.CutSuffix(head, "\n")
	}
	lines := strings.Split(head, "\n")
	m := Text{First: strings.TrimSpace(lines[0]), Body: body, HasBody: hasBody}
	if m.First == "" {
		return m, errors.New("the first line is empty")
	}
	for i, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || !httptext.IsToken(name) {
			return m, fmt.Errorf("line %d: %q is no header, which is NAME: VALUE; a blank line goes before the body", i+2, line)
		}
		m.Headers = append(m.Headers, Field{Name: strings.ToLower(name), Value: strings.Trim(value, " \t"), Written: name})
	}
	return m, nil
}
