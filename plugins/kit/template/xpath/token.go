package xpath

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	endToken tokenKind = iota
	// symbolToken is punctuation or an operator, those that are words among them.
	symbolToken
	literalToken
	numberToken
	// nameToken is a name test: name, prefix:name, prefix:* or *.
	nameToken
	// functionToken is a name before a parenthesis: of a function, or of a node type.
	functionToken
	// axisToken is a name before "::".
	axisToken
)

type token struct {
	kind tokenKind
	text string
	// at is where it begins, in bytes.
	at int
}

func (t token) is(symbol string) bool { return t.kind == symbolToken && t.text == symbol }

// symbols are the longer ones first.
var symbols = []string{"::", "//", "..", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">", "*"}

// tokenize takes an expression apart by XPath 1.0 section 3.7.
func tokenize(text string) ([]token, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("it is not valid UTF-8")
	}
	var tokens []token
	for at := skipSpace(text, 0); at < len(text); at = skipSpace(text, at) {
		t, length, err := nextToken(text, at, wantsOperator(tokens))
		if err != nil {
			return nil, err
		}
		t.at = at
		tokens = append(tokens, t)
		at += length
	}
	return append(tokens, token{kind: endToken, at: len(text)}), nil
}

func skipSpace(text string, at int) int {
	for at < len(text) && isSpace(text[at]) {
		at++
	}
	return at
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// wantsOperator reports whether a star or a name that follows is an operator: "if there is a preceding token and the
// preceding token is not one of @, ::, (, [, , or an Operator" (section 3.7).
func wantsOperator(tokens []token) bool {
	if len(tokens) == 0 {
		return false
	}
	last := tokens[len(tokens)-1]
	if last.kind == axisToken || last.kind == functionToken {
		return false
	}
	return last.kind != symbolToken || last.text == ")" || last.text == "]" || last.text == "." || last.text == ".."
}

// nextToken reads one token.
func nextToken(text string, at int, operator bool) (t token, length int, err error) {
	rest := text[at:]
	switch c := rest[0]; {
	case c == '"', c == '\'':
		end := strings.IndexByte(rest[1:], c)
		if end < 0 {
			return t, 0, fmt.Errorf("the text that begins at %q has no end", short(rest))
		}
		return token{kind: literalToken, text: rest[1 : end+1]}, end + 2, nil
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]):
		length = numberLength(rest)
		return token{kind: numberToken, text: rest[:length]}, length, nil
	case c == '$':
		return t, 0, fmt.Errorf("there are no variables, so %q is none", short(rest))
	}
	if length = nameLength(rest); length > 0 {
		return nameOrOperator(text, at, length, operator)
	}
	for _, symbol := range symbols {
		if !strings.HasPrefix(rest, symbol) {
			continue
		}
		if symbol == "*" && !operator {
			return token{kind: nameToken, text: symbol}, 1, nil
		}
		return token{kind: symbolToken, text: symbol}, len(symbol), nil
	}
	return t, 0, fmt.Errorf("%q cannot stand there", short(rest))
}

// nameOrOperator reads what begins with a name of the given length.
func nameOrOperator(text string, at, length int, operator bool) (token, int, error) {
	name := text[at : at+length]
	if operator {
		switch name {
		case "and", "or", "div", "mod":
			return token{kind: symbolToken, text: name}, length, nil
		}
		return token{}, 0, fmt.Errorf("an operator is missing before %q", short(text[at:]))
	}
	rest := text[at+length:]
	if after := strings.TrimLeft(rest, " \t\r\n"); strings.HasPrefix(after, "::") {
		return token{kind: axisToken, text: name}, len(text) - at - len(after) + len("::"), nil
	}
	if strings.HasPrefix(rest, ":*") {
		return token{kind: nameToken, text: name + ":*"}, length + len(":*"), nil
	}
	if strings.HasPrefix(rest, ":") {
		local := nameLength(rest[1:])
		if local == 0 {
			return token{}, 0, fmt.Errorf("a name is missing behind %q", name+":")
		}
		length += 1 + local
		name = text[at : at+length]
	}
	if strings.HasPrefix(strings.TrimLeft(text[at+length:], " \t\r\n"), "(") {
		return token{kind: functionToken, text: name}, length, nil
	}
	return token{kind: nameToken, text: name}, length, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// numberLength is the length of the number that a text begins with: Digits ('.' Digits?)? | '.' Digits.
func numberLength(text string) int {
	i := 0
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	if i < len(text) && text[i] == '.' {
		i++
		for i < len(text) && isDigit(text[i]) {
			i++
		}
	}
	return i
}

// nameLength is the length of the NCName that a text begins with, 0 if it begins with none.
func nameLength(text string) int {
	for i, r := range text {
		if !isNameStart(r) && (i == 0 || !isNamePart(r)) {
			return i
		}
	}
	return len(text)
}

// isNameStart is NameStartChar of XML 1.0 section 2.3, without the colon.
func isNameStart(r rune) bool {
	switch {
	case r < 0x80:
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
	case r < 0x370:
		return r >= 0xc0 && r != 0xd7 && r != 0xf7 && r < 0x300
	case r < 0x2000:
		return r != 0x37e
	case r < 0x3001:
		return r == 0x200c || r == 0x200d || r >= 0x2070 && r <= 0x218f || r >= 0x2c00 && r <= 0x2fef
	default:
		return r <= 0xd7ff || r >= 0xf900 && r <= 0xfdcf || r >= 0xfdf0 && r <= 0xfffd || r >= 0x10000 && r <= 0xeffff
	}
}

// isNamePart is what NameChar of XML 1.0 section 2.3 allows beside NameStartChar.
func isNamePart(r rune) bool {
	return r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xb7 || r >= 0x300 && r <= 0x36f || r == 0x203f || r == 0x2040
}

// short is the beginning of a text, for messages.
func short(text string) string {
	const most = 20
	if len(text) <= most {
		return text
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
