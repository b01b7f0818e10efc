package uritemplate

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
)

// Kind is what a variable's value is.
type Kind uint8

// The kinds of values. A list without elements and a map without members are as good as undefined.
const (
	Undefined Kind = iota
	Text
	List
	Map
)

// Value is the value of a variable.
type Value struct {
	Kind Kind
	Text string
	// List are the elements of a list, or the names and the values of a map in turn.
	List []string
}

// Values gives the values of a template's variables, by their place in [Template.Names].
type Values interface {
	// Value returns one. Reserved says that it stands in an expression which keeps reserved characters and escapes.
	Value(index int, reserved bool) (Value, error)
}

// Append appends the expanded template. Characters in escaped are percent-encoded even where reserved ones are kept; RFC
// 6570 has none of them. The error is one of the values', or that of a prefix ({list:3}) asked of a list.
func (t *Template) Append(dst []byte, values Values, escaped string) ([]byte, error) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.operator == nil {
			dst = append(dst, p.literal...)
			continue
		}
		w := writer{operator: p.operator, escaped: escaped}
		for j := range p.variables {
			v := &p.variables[j]
			value, err := values.Value(v.index, p.operator.reserved)
			if err != nil {
				return dst, err
			}
			if v.prefix > 0 && (value.Kind == List || value.Kind == Map) {
				return dst, fmt.Errorf("%q is a list, of which no first %d characters can be taken", v.name, v.prefix)
			}
			dst = w.variable(dst, v, value)
		}
	}
	return dst, nil
}

// writer writes the variables of one expression, by the algorithm of RFC 6570 section 3.2.1 and appendix A.
type writer struct {
	*operator
	escaped string
	begun   bool
}

func (w *writer) variable(dst []byte, v *variable, value Value) []byte {
	switch {
	case value.Kind == Text:
		dst = w.separate(dst)
		dst = w.name(dst, v.name, value.Text == "")
		return w.value(dst, prefix(value.Text, v.prefix, w.reserved))
	case value.Kind == Undefined || len(value.List) == 0:
		return dst
	case v.explode:
		return w.explode(dst, v.name, value)
	}
	dst = w.separate(dst)
	dst = w.name(dst, v.name, false)
	for i, text := range value.List {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = w.value(dst, text)
	}
	return dst
}

// explode writes each element or member by itself.
func (w *writer) explode(dst []byte, name string, value Value) []byte {
	if value.Kind == List {
		for _, text := range value.List {
			dst = w.separate(dst)
			dst = w.name(dst, name, text == "")
			dst = w.value(dst, text)
		}
		return dst
	}
	for i := 0; i+1 < len(value.List); i += 2 {
		dst = w.separate(dst)
		dst = w.value(dst, value.List[i])
		if value.List[i+1] == "" && w.named {
			dst = append(dst, w.ifEmpty...)
			continue
		}
		dst = append(dst, '=')
		dst = w.value(dst, value.List[i+1])
	}
	return dst
}

// separate writes what goes before a value: the operator's first character, or the separator.
func (w *writer) separate(dst []byte) []byte {
	if w.begun {
		return append(dst, w.separator...)
	}
	w.begun = true
	return append(dst, w.first...)
}

func (w *writer) name(dst []byte, name string, empty bool) []byte {
	if !w.named {
		return dst
	}
	dst = append(dst, name...)
	if empty {
		return append(dst, w.ifEmpty...)
	}
	return append(dst, '=')
}

func (w *writer) value(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case unreserved.Has(c), w.reserved && kept.Has(c) && strings.IndexByte(w.escaped, c) < 0:
			dst = append(dst, c)
		case w.reserved && isTriplet(text[i:]):
			dst = append(dst, text[i:i+3]...)
			i += 2
		default:
			dst = httptext.AppendEscape(dst, c)
		}
	}
	return dst
}

// prefix is the first characters of a text, all of it if n is 0. With escapes kept, those that stand for one character count
// as that (RFC 6570 section 2.4.1).
func prefix(text string, n int, escapes bool) string {
	if n == 0 || n >= len(text) {
		return text
	}
	end := 0
	for ; n > 0 && end < len(text); n-- {
		if escapes && isTriplet(text[end:]) {
			end += escapedLength(text[end:])
			continue
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		end += size
	}
	return text[:end]
}

// escapedLength is the length of the escapes that a text begins with and that stand for one character together.
func escapedLength(text string) int {
	var decoded [utf8.UTFMax]byte
	known := 0
	for ; known < len(decoded) && isTriplet(text[3*known:]); known++ {
		decoded[known], _ = httptext.Escape(text[3*known:])
	}
	_, size := utf8.DecodeRune(decoded[:known])
	return 3 * size
}
