package queue

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins/kit/template"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Rule says what an address of a protocol consists of: parts between separators. A value stands for one part, unless its
// place says that it may be several.
type Rule struct {
	// What messages call the address, "the subject".
	What string
	// Separator is the character between parts, "" if there is only one.
	Separator string
	// Forbidden are the characters that stand nowhere in it, such as wildcards and the space. Control characters never do.
	Forbidden string
	// EmptyParts has parts be empty.
	EmptyParts bool
	// Empty has the whole be empty. A value still is not.
	Empty bool
	// Reserved says of the whole that it is not for clients to choose. It is only asked where a value has a say in the first part.
	Reserved func(text string) bool
	// Longest is how many bytes it may have.
	Longest int
}

// Text is a text with parameters, compiled: {name} stands for one part of it, {+name} for one or several.
type Text struct {
	rule  Rule
	parts []part
	// constant is the text if there are no parameters.
	constant string
	// guarded is whether a value has a say in the first part.
	guarded bool
}

// part is a literal, or a value.
type part struct {
	literal string
	value   *expression.Expression
	name    string
	several bool
}

// CompileText compiles a text. The error says what is wrong with it.
func CompileText(text string, rule Rule, environment *expression.Environment) (*Text, error) {
	t := &Text{rule: rule}
	sample := ""
	for rest := text; rest != ""; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			open = len(rest)
		}
		if open > 0 {
			t.parts = append(t.parts, part{literal: rest[:open]})
			sample += rest[:open]
		}
		if rest = rest[open:]; rest == "" {
			break
		}
		end := strings.IndexByte(rest, '}')
		if end <= 0 {
			return nil, fmt.Errorf("%s: the brace that begins %q belongs to none; a parameter is {name} or {+name}", rule.What, rest)
		}
		p, err := compilePart(rest[1:end], environment)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", rule.What, rest[:end+1], err)
		}
		t.guarded = t.guarded || rule.Separator == "" || !strings.Contains(sample, rule.Separator)
		t.parts = append(t.parts, p)
		sample += "x"
		rest = rest[end+1:]
	}
	if problem := t.rule.problem(sample); problem != "" {
		return nil, fmt.Errorf("%s %s", rule.What, problem)
	}
	if len(t.parts) == 1 && t.parts[0].value == nil {
		t.constant = text
	}
	return t, nil
}

func compilePart(inside string, environment *expression.Environment) (part, error) {
	name, several := strings.CutPrefix(inside, "+")
	if name == "" || !httptext.Alphanumeric.Has(name[0]) && name[0] != '_' {
		return part{}, errors.New("a parameter is {name} or {+name}")
	}
	value, err := environment.Variable(name)
	return part{value: value, name: name, several: several}, err
}

// Expand returns the text with the values of its parameters. An error is the request's fault, see [message.RequestError].
func (t *Text) Expand(s *expression.Scope) (string, error) {
	if t.constant != "" {
		return t.constant, nil
	}
	var text []byte
	for i := range t.parts {
		p := &t.parts[i]
		if p.value == nil {
			text = append(text, p.literal...)
			continue
		}
		value, err := p.value.Value(s)
		if err != nil {
			return "", p.failed(t.rule, err)
		}
		one := value.Text()
		if problem := t.rule.valueProblem(one, p.several); problem != "" {
			return "", &template.Error{Place: p.place(t.rule), Problem: problem}
		}
		text = append(text, one...)
	}
	whole := string(text)
	if problem := t.rule.problem(whole); problem != "" {
		return "", fmt.Errorf("%s %s", t.rule.What, problem)
	}
	if t.guarded && t.rule.Reserved != nil && t.rule.Reserved(whole) {
		return "", fmt.Errorf("%s is reserved", t.rule.What)
	}
	return whole, nil
}

func (p *part) place(rule Rule) string {
	return fmt.Sprintf("the parameter %s of %s", p.name, rule.What)
}

func (p *part) failed(rule Rule, err error) error {
	var failed *expression.Error
	if !errors.As(err, &failed) {
		return &template.Error{Place: p.place(rule), Problem: "cannot be computed", Cause: err}
	}
	return &template.Error{Place: p.place(rule), Body: failed.Body, Problem: failed.Problem, Cause: failed.Cause}
}

// valueProblem says what is wrong with a value at its place, "" if nothing is. The problem is the rest of a sentence.
func (r *Rule) valueProblem(value string, several bool) string {
	switch {
	case value == "":
		return "has no value, and cannot stand empty"
	case !several && r.Separator != "" && strings.Contains(value, r.Separator):
		return fmt.Sprintf("holds %q, which would make several parts of one", r.Separator)
	}
	return r.characters(value)
}

// problem says what is wrong with the whole.
func (r *Rule) problem(text string) string {
	switch {
	case text == "" && !r.Empty:
		return "is empty"
	case r.Longest > 0 && len(text) > r.Longest:
		return fmt.Sprintf("is longer than %d bytes", r.Longest)
	}
	if problem := r.characters(text); problem != "" {
		return problem
	}
	if r.Separator != "" && !r.EmptyParts &&
		(strings.HasPrefix(text, r.Separator) || strings.HasSuffix(text, r.Separator) || strings.Contains(text, r.Separator+r.Separator)) {
		return fmt.Sprintf("has an empty part before, between or after its %q", r.Separator)
	}
	return ""
}

func (r *Rule) characters(text string) string {
	if i := strings.IndexAny(text, r.Forbidden); i >= 0 {
		return fmt.Sprintf("holds %q, which cannot stand there", text[i])
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return "holds a control character"
		}
	}
	if !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	return ""
}
