package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// jsonText is a JSON document. An expression stands for a value, or within a string.
type jsonText struct{}

func (jsonText) contexts(pieces []piece) ([]context, error) {
	contexts := make([]context, len(pieces))
	placeholders := make([]string, len(pieces))
	inString, escaped := false, false
	for i := range pieces {
		if pieces[i].isExpression {
			contexts[i], placeholders[i] = jsonValue, "null"
			if inString {
				contexts[i], placeholders[i] = jsonString, "x"
			}
			if escaped {
				return nil, fmt.Errorf("line %d: a backslash stands before an expression", pieces[i].line)
			}
			contexts[i] = contexts[i].unless(pieces[i].raw)
			continue
		}
		for _, c := range []byte(pieces[i].text) {
			switch {
			case escaped:
				escaped = false
			case c == '\\' && inString:
				escaped = true
			case c == '"':
				inString = !inString
			}
		}
	}
	rendered := render(pieces, func(i int) string { return placeholders[i] })
	var document json.RawMessage
	if err := json.Unmarshal([]byte(rendered), &document); err != nil {
		return nil, fmt.Errorf("it is not JSON with the expressions as values: %s", describe(err, rendered))
	}
	return contexts, nil
}

// describe says in which line of a text it is no JSON.
func describe(err error, text string) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err.Error()
	}
	before := text[:min(int(syntax.Offset), len(text))]
	return fmt.Sprintf("line %d: %v", strings.Count(before, "\n")+1, err)
}
