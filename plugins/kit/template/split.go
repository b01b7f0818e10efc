package template

import (
	"errors"
	"fmt"
	"strings"
)

// piece is a part of a template's text: as it stands, or what is between {{ and }}.
type piece struct {
	text         string
	isExpression bool
	// raw is whether the expression is raw(…).
	raw bool
	// line is where the piece begins.
	line int
}

// split takes a template apart.
func split(text string) ([]piece, error) {
	var pieces []piece
	line := 1
	for {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			pieces = append(pieces, piece{text: before, line: line})
			line += strings.Count(before, "\n")
		}
		if !found {
			return pieces, nil
		}
		end := expressionEnd(rest)
		if end < 0 {
			return nil, fmt.Errorf("line %d: the {{ is not closed", line)
		}
		inside := strings.TrimSpace(rest[:end])
		if inside == "" {
			return nil, fmt.Errorf("line %d: there is no expression between {{ and }}", line)
		}
		pieces = append(pieces, piece{text: inside, isExpression: true, line: line})
		line += strings.Count(rest[:end], "\n")
		text = rest[end+2:]
	}
}

// expressionEnd finds the }} that ends an expression: not one in a text in quotes, nor one that closes braces which the
// expression has opened.
func expressionEnd(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\'', '`':
			length := quotedLength(text[i:])
			if length < 0 {
				return -1
			}
			i += length - 1
		case '{':
			depth++
		case '}':
			if depth > 0 {
				depth--
			} else if strings.HasPrefix(text[i:], "}}") {
				return i
			}
		}
	}
	return -1
}

// quotedLength is the length of the text in quotes that a text begins with, -1 if it does not end.
func quotedLength(text string) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i + 1
		case text[i] == '\\' && quote != '`':
			i++
		}
	}
	return -1
}

// render puts a placeholder in the place of each expression, so that the text around them can be checked.
func render(pieces []piece, placeholder func(i int) string) string {
	var out strings.Builder
	for i, p := range pieces {
		if p.isExpression {
			out.WriteString(placeholder(i))
		} else {
			out.WriteString(p.text)
		}
	}
	return out.String()
}

// oneContext is for formats that have one place only.
func oneContext(pieces []piece, c context) []context {
	contexts := make([]context, len(pieces))
	for i := range pieces {
		contexts[i] = c.unless(pieces[i].raw)
	}
	return contexts
}

var errNoExpressions = errors.New("expressions cannot be escaped for it; only raw(…) is possible there")
