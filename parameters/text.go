package parameters

import (
	"fmt"
	"strings"
)

// Text is a template that inserts parameters into a text, such as "{tenant}-{id}". It does not change and is safe for
// concurrent use.
//
// It inserts values as they are, so whoever uses the text still has to escape it for the place where it lands.
type Text struct {
	parts []part
}

// part is a literal, or a parameter if index is not negative.
type part struct {
	literal string
	index   int
	name    string
	key     string
	// optional says that an absent parameter inserts nothing, nor what stands in before.
	optional bool
	before   string
}

// CompileText compiles a template that inserts the parameters of s. It is written like those that take them: {name}
// stands for a value, {{ and }} for a literal brace. A text that is nothing but {{name}} is refused: in other template languages
// that is what {name} is here. What {name?}, {name=default} and the like would say has been said
// where the parameter is taken, so they are refused here. A nil s has no parameters.
func CompileText(text string, s *Set) (*Text, error) { return compileText(text, s, false) }

// CompileTextWithGaps is [CompileText] for a text in which parameters may be missing: {name?} inserts nothing if the request
// does not give the parameter, and {.name?} leaves out the dot as well. Any characters that are no letters, digits, _, +,
// *, ? or = can stand in its place.
func CompileTextWithGaps(text string, s *Set) (*Text, error) { return compileText(text, s, true) }

func compileText(text string, s *Set, gaps bool) (*Text, error) {
	tokens, err := parse(text, form{gaps: gaps, bracedNames: !gaps})
	if err != nil {
		return nil, err
	}
	t := &Text{}
	for _, token := range tokens {
		if token.name == "" {
			t.parts = append(t.parts, part{literal: token.literal, index: -1})
			continue
		}
		gap := gaps && token.optional
		if token.before != "" && !gap {
			return nil, fmt.Errorf("{%s%s}: what is left out where a parameter is absent is written {%s%s?}", token.before, token.name, token.before, token.name)
		}
		if token.multi || token.list || !token.required() && !gap {
			return nil, fmt.Errorf("write {%s}; whether %s is optional, has a default or takes several values is said "+
				"in funcroute.parameters", token.name, token.name)
		}
		index, known := s.Index(token.name)
		if !known {
			return nil, fmt.Errorf("there is no parameter {%s}; %s", token.name, knownNames(s))
		}
		t.parts = append(t.parts, part{index: index, name: token.name, key: s.keys[index], optional: gap, before: token.before})
	}
	return t, nil
}

// knownNames tells which parameters there are.
func knownNames(s *Set) string {
	if len(s.Names()) == 0 {
		return "funcroute.parameters defines none"
	}
	return "funcroute.parameters defines {" + strings.Join(s.Names(), "}, {") + "}"
}

// Constant returns the text and true if the template inserts no parameter.
func (t *Text) Constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].index < 0:
		return t.parts[0].literal, true
	default:
		return "", false
	}
}

// Expand inserts the values. If the request does not give an optional parameter, Expand returns an [*Error], for a text with a gap would
// name something else. In a text with gaps, a placeholder can say that the gap is wanted.
func (t *Text) Expand(v Values) (string, error) {
	if constant, ok := t.Constant(); ok {
		return constant, nil
	}
	if len(t.parts) == 1 {
		return t.parts[0].text(v)
	}
	var out strings.Builder
	for i := range t.parts {
		text, err := t.parts[i].text(v)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
	}
	return out.String(), nil
}

func (p *part) text(v Values) (string, error) {
	if p.index < 0 {
		return p.literal, nil
	}
	value := v.At(p.index)
	switch {
	case value.Present() && p.before != "":
		return p.before + value.Text(), nil
	case value.Present():
		return value.Text(), nil
	case p.optional:
		return "", nil
	}
	return "", &Error{Parameter: p.name, Source: p.key, Problem: problemMissing}
}
