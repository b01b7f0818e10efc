// Package template is text with expressions between {{ and }}, compiled once. What an expression says is escaped for the
// place where it lands, which is decided when the template is compiled: in JSON, XML and forms the text around the
// expressions is read for that, and must be well-formed.
//
//	split.go       text and expressions
//	context.go     the places there are, and how a value is escaped for each
//	format.go      content types
//	json.go, xml.go, form.go   which place an expression stands in
package template

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Template is a compiled template. It does not change and is safe for concurrent use.
type Template struct {
	parts []part
}

// part is a text, or an expression.
type part struct {
	text       string
	expression *expression.Expression
	context    context
	// place is for messages.
	place string
}

// Error is the error of one expression, for one message.
type Error struct {
	// Place says which expression it is: "expression 2 of the body".
	Place string
	// Body tells that the body is not what is needed, rather than one value.
	Body bool
	// Problem is fit for clients: the rest of a sentence that begins with the place.
	Problem string
	// Cause is for operators; it may be nil.
	Cause error
}

func (e *Error) Error() string { return e.Place + " " + e.Problem }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Compile compiles a template. Place is what messages call it, such as "the body". The error says what is wrong and where.
func Compile(text string, format Format, place string, environment *expression.Environment) (*Template, error) {
	pieces, err := split(text)
	if err != nil {
		return nil, err
	}
	t := &Template{}
	count := 0
	for _, piece := range pieces {
		p := part{text: piece.text}
		if piece.isExpression {
			count++
			p.text, p.place = "", fmt.Sprintf("expression %d of %s", count, place)
			if p.expression, err = environment.Compile(piece.text); err != nil {
				return nil, fmt.Errorf("line %d, {{ %s }}: %w", piece.line, piece.text, err)
			}
			pieces[len(t.parts)].raw = p.expression.Raw()
		}
		t.parts = append(t.parts, p)
	}
	contexts, err := format.contexts(pieces)
	if err != nil {
		return nil, err
	}
	for i := range t.parts {
		if t.parts[i].expression != nil {
			t.parts[i].context = contexts[i]
		}
	}
	return t, nil
}

// Constant returns the text and true if there are no expressions.
func (t *Template) Constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].expression == nil:
		return t.parts[0].text, true
	default:
		return "", false
	}
}

// Append appends the text with the values of all expressions. An error is an [*Error].
func (t *Template) Append(dst []byte, s *expression.Scope) ([]byte, error) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.expression == nil {
			dst = append(dst, p.text...)
			continue
		}
		value, err := p.value(s)
		if err != nil {
			return dst, err
		}
		if dst, err = p.append(dst, value); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// AppendOptional is like Append, but for a template that is one expression and nothing else: if that has no value, present
// is false and nothing is appended.
func (t *Template) AppendOptional(dst []byte, s *expression.Scope) (_ []byte, present bool, err error) {
	if !t.IsExpression() {
		dst, err = t.Append(dst, s)
		return dst, true, err
	}
	p := &t.parts[0]
	value, err := p.value(s)
	if err != nil || !value.Present() {
		return dst, false, err
	}
	dst, err = p.append(dst, value)
	return dst, true, err
}

func (p *part) value(s *expression.Scope) (parameters.Value, error) {
	value, err := p.expression.Value(s)
	if err == nil {
		return value, nil
	}
	var failed *expression.Error
	if errors.As(err, &failed) {
		return value, &Error{Place: p.place, Body: failed.Body, Problem: failed.Problem, Cause: failed.Cause}
	}
	return value, &Error{Place: p.place, Problem: "cannot be computed", Cause: err}
}

func (p *part) append(dst []byte, value parameters.Value) ([]byte, error) {
	if !value.Present() && p.context != jsonValue {
		return dst, &Error{Place: p.place, Problem: "has no value, and cannot stand empty"}
	}
	dst, problem := p.context.append(dst, value)
	if problem != "" {
		return dst, &Error{Place: p.place, Problem: problem}
	}
	return dst, nil
}

// IsExpression reports whether the template is one expression and nothing else.
func (t *Template) IsExpression() bool { return len(t.parts) == 1 && t.parts[0].expression != nil }
