package parameters

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// token is a piece of a template: a literal, or a placeholder if it has a name.
type token struct {
	literal string
	placeholder
}

// placeholder is what stands between braces.
type placeholder struct {
	before     string // what is inserted before the value, as the dot in {.name?}
	name       string
	multi      bool // {+name}
	list       bool // {name*}
	optional   bool // {name?}
	hasDefault bool // {name=text}
	standard   string
}

// required reports whether a request that does not give the parameter is refused.
func (p *placeholder) required() bool { return !p.optional && !p.hasDefault }

// form is what a kind of templates can hold beside text and placeholders.
type form struct {
	// gaps says that a name can have something before it that is left out where the parameter is absent.
	gaps bool
	// bracedNames says that a part of the text can be a name in literal braces, written {{name}}.
	bracedNames bool
}

// parse splits a template into its tokens; no two literals follow each other. Both the templates that take parameters
// and those that insert them are written in this grammar.
func parse(template string, in form) ([]token, error) {
	if !utf8.ValidString(template) {
		return nil, errors.New("the template is not valid UTF-8")
	}
	if strings.ContainsAny(template, "\x00\r\n") {
		return nil, errors.New("the template holds a line break or a NUL character; write it on one line")
	}
	var tokens []token
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			tokens = append(tokens, token{literal: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(template); {
		rest := template[i:]
		switch {
		case strings.HasPrefix(rest, "{{"):
			if name := doubled(rest); name != "" && (!in.bracedNames || isWhole(template)) {
				return nil, fmt.Errorf("{{%s}}: write {%s} for the value of a parameter; doubled braces stand for a literal brace", name, name)
			}
			literal.WriteByte('{')
			i += 2
		case strings.HasPrefix(rest, "}}"):
			literal.WriteByte('}')
			i += 2
		case rest[0] == '{':
			end := strings.IndexAny(rest[1:], "{}") + 1
			if end == 0 || rest[end] == '{' {
				return nil, fmt.Errorf("the brace that begins %q is not closed; a literal brace is written {{", clip(rest))
			}
			inside := rest[1:end]
			separator := ""
			if in.gaps {
				separator, inside = cutSeparator(inside)
			}
			p, err := parsePlaceholder(inside)
			if err != nil {
				return nil, err
			}
			p.before = separator
			flush()
			tokens = append(tokens, token{placeholder: p})
			i += end + 1
		case rest[0] == '}':
			return nil, fmt.Errorf("the brace that begins %q closes nothing; a literal brace is written }}", clip(rest))
		default:
			literal.WriteByte(rest[0])
			i++
		}
	}
	flush()
	return tokens, nil
}

// doubled returns the name in a text that begins like {{name}} or {{ name }}, which is how other template languages
// write a placeholder. Taking it for a literal would only be noticed when every request is refused.
func doubled(rest string) string {
	inside, _, closed := strings.Cut(rest[2:], "}}")
	name := strings.Trim(inside, " ")
	if !closed || name == "" || nameLength(name) < len(name) {
		return ""
	}
	return name
}

// isWhole reports whether a text that holds a {{name}} is nothing else.
func isWhole(text string) bool {
	return strings.HasPrefix(text, "{{") && strings.Index(text, "}}") == len(text)-2
}

// cutSeparator cuts off what stands before a name and can be no part of a placeholder.
func cutSeparator(inside string) (separator, rest string) {
	for i := range len(inside) {
		if nameLength(inside[i:]) > 0 || strings.IndexByte("+*?=", inside[i]) >= 0 || '0' <= inside[i] && inside[i] <= '9' {
			return inside[:i], inside[i:]
		}
	}
	return "", inside
}

// parsePlaceholder reads what stands between the braces.
func parsePlaceholder(inside string) (placeholder, error) {
	var p placeholder
	rest, multi := strings.CutPrefix(inside, "+")
	p.multi = multi
	p.name = rest[:exactLength(rest)]
	rest = rest[len(p.name):]
	if p.name == "" {
		return p, illegalName(inside)
	}
	standard, hasDefault := strings.CutPrefix(rest, "=")
	switch {
	case rest == "":
	case rest == "?":
		p.optional = true
	case rest == "*":
		p.list = true
	case rest == "*?":
		p.list, p.optional = true, true
	case hasDefault:
		p.hasDefault, p.standard = true, standard
	case rest == "?*":
		return p, fmt.Errorf("{%s}: an optional list is written {%s*?}", inside, p.name)
	case strings.HasPrefix(rest, "?="):
		return p, fmt.Errorf("{%s}: what has a default is optional anyway, write {%s=%s}", inside, p.name, rest[2:])
	case strings.HasPrefix(rest, "*="):
		return p, fmt.Errorf("{%s}: a list cannot have a default, write {%s*?} if it is optional", inside, p.name)
	default:
		return p, illegalName(inside)
	}
	if p.multi && p.list {
		return p, fmt.Errorf("{%s}: {+name} and {name*} cannot be combined", inside)
	}
	return p, nil
}

func illegalName(inside string) error {
	return fmt.Errorf("{%s}: a placeholder is {name}, {name?}, {name=default}, {name*} or {+name}, and a name consists "+
		"of letters, digits and _ and does not begin with a digit ([A-Za-z_][A-Za-z0-9_]*)", inside)
}

// places are where what a function describes can be.
var places = [...]string{"path.", "query.", "header.", "cookie.", "body."}

// exactLength is the length of the name that a text begins with. After a place and a dot a name is what a function's description
// has, letter for letter, but for what ends it in a placeholder.
func exactLength(s string) int {
	for _, place := range places {
		if name, exact := strings.CutPrefix(s, place); exact && name != "" && strings.IndexByte("?*=", name[0]) < 0 {
			if end := strings.IndexAny(name, "?*="); end >= 0 {
				return len(place) + end
			}
			return len(s)
		}
	}
	return nameLength(s)
}

// nameLength is the length of the plain name that a text begins with.
func nameLength(s string) int {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(s)
}

// clip shortens what an error message quotes of a template.
func clip(s string) string {
	const most = 24
	for i := range s {
		if i > most {
			return s[:i] + "…"
		}
	}
	return s
}
