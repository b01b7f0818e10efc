// Package uritemplate expands URI templates of RFC 6570, all four levels. A template is compiled once; to expand it takes
// no more than appending bytes.
package uritemplate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// Template is a compiled URI template. It does not change and is safe for concurrent use.
type Template struct {
	parts []part
	names []string
}

// part is a literal, or an expression if it has variables.
type part struct {
	literal   string
	operator  *operator
	variables []variable
}

// variable is one varspec of an expression (RFC 6570 section 2.4).
type variable struct {
	name string
	// index is the variable's place in [Template.Names].
	index   int
	explode bool
	// prefix is how many characters are taken, 0 for all.
	prefix int
}

// operator is a row of the table in RFC 6570 appendix A.
type operator struct {
	first, separator string
	// named is whether a name goes before each value, ifEmpty what stands between it and an empty value.
	named   bool
	ifEmpty string
	// reserved is whether reserved characters and percent-escapes are kept.
	reserved bool
}

var operators = map[byte]*operator{
	0:   {"", ",", false, "", false},
	'+': {"", ",", false, "", true},
	'#': {"#", ",", false, "", true},
	'.': {".", ".", false, "", false},
	'/': {"/", "/", false, "", false},
	';': {";", ";", true, "", false},
	'?': {"?", "&", true, "=", false},
	'&': {"&", "&", true, "=", false},
}

// Compile compiles a template. The error says what is wrong and where.
func Compile(template string) (*Template, error) {
	t := &Template{}
	for rest := template; rest != ""; {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			open = len(rest)
		}
		literal, err := encodeLiteral(rest[:open])
		if err != nil {
			return nil, err
		}
		if literal != "" {
			t.parts = append(t.parts, part{literal: literal})
		}
		if rest = rest[open:]; rest == "" {
			break
		}
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return nil, fmt.Errorf("the brace that begins %q is not closed", rest)
		}
		p, err := t.expression(rest[1:end])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rest[:end+1], err)
		}
		t.parts = append(t.parts, p)
		rest = rest[end+1:]
	}
	return t, nil
}

// Names are the names of the variables, each once, in the order of the template. The caller must not change them.
func (t *Template) Names() []string { return t.names }

// expression reads what stands between braces.
func (t *Template) expression(inside string) (part, error) {
	if inside == "" {
		return part{}, fmt.Errorf("it names no variable")
	}
	c := inside[0]
	o := operators[c]
	switch {
	case o != nil:
		inside = inside[1:]
	case strings.IndexByte("=,!@|", c) >= 0:
		return part{}, fmt.Errorf("the operator %q is reserved; there are + # . / ; ? and &", c)
	default:
		o = operators[0]
	}
	p := part{operator: o}
	for _, text := range strings.Split(inside, ",") {
		v, err := parseVariable(text)
		if err != nil {
			return part{}, err
		}
		v.index = t.index(v.name)
		p.variables = append(p.variables, v)
	}
	return p, nil
}

// index is the place of a name among the template's, which it takes if it is new.
func (t *Template) index(name string) int {
	for i, known := range t.names {
		if known == name {
			return i
		}
	}
	t.names = append(t.names, name)
	return len(t.names) - 1
}

func parseVariable(text string) (variable, error) {
	const most = 10000 // RFC 6570 section 2.4.1: less than that.
	var v variable
	var digits string
	var prefixed bool
	v.name, digits, prefixed = strings.Cut(text, ":")
	if prefixed {
		length, err := strconv.Atoi(digits)
		if err != nil || length <= 0 || length >= most || digits[0] < '1' || digits[0] > '9' {
			return v, fmt.Errorf("%q must be the number of characters, 1 to %d", digits, most-1)
		}
		v.prefix = length
	} else {
		v.name, v.explode = strings.CutSuffix(v.name, "*")
	}
	if !isName(v.name) {
		return v, fmt.Errorf("%q is no name of a variable; it consists of letters, digits, _ and dots between them", v.name)
	}
	return v, nil
}

// isName reports whether a text is a varname: varchars, with single dots between them.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case httptext.Alphanumeric.Has(c), c == '_':
		case c == '.' && i > 0 && s[i-1] != '.' && i < len(s)-1:
		case isTriplet(s[i:]):
			i += 2
		default:
			return false
		}
	}
	return s != ""
}
