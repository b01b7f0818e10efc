package xpath

import (
	"fmt"
	"math"
	"strings"
)

// Kind is the type of a value.
type Kind uint8

// The types of XPath 1.0.
const (
	Nodes Kind = iota
	Text
	Number
	Boolean
)

func (k Kind) String() string {
	return [...]string{"a set of nodes", "a text", "a number", "a boolean"}[k]
}

// value is a value of one of the types.
type value struct {
	kind Kind
	// nodes are in document order, each once.
	nodes  []int32
	text   string
	number float64
	truth  bool
}

func textValue(text string) value      { return value{kind: Text, text: text} }
func numberValue(number float64) value { return value{kind: Number, number: number} }
func truthValue(truth bool) value      { return value{kind: Boolean, truth: truth} }

// Kind is the type of the result.
func (r Result) Kind() Kind { return r.kind }

// Count is how many nodes the result has, 0 if it is no set of nodes.
func (r Result) Count() int { return len(r.nodes) }

// Texts returns the texts of the first nodes of the result, no more than most. It fails where that would take too long.
func (r Result) Texts(most int) (texts []string, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			stopped, ok := problem.(stop)
			if !ok {
				panic(problem)
			}
			err = stopped.error
		}
	}()
	nodes := r.nodes[:min(most, len(r.nodes))]
	texts = make([]string, len(nodes))
	for i, n := range nodes {
		texts[i] = r.nodeText(n)
	}
	return texts, nil
}

// Text is a result that is a text, or a number as XPath writes it.
func (r Result) Text() string {
	if r.kind == Number {
		return formatNumber(r.number)
	}
	return r.text
}

// Number is a result that is a number, which can be infinite or none at all.
func (r Result) Number() float64 { return r.number }

// Boolean is a result that is a boolean.
func (r Result) Boolean() bool { return r.truth }

// nodeText is the string-value of a node (XPath 1.0 section 5).
func (e *evaluation) nodeText(of int32) string {
	n := &e.document.nodes[of]
	if n.kind != elementNode && n.kind != rootNode {
		return e.read(n.value)
	}
	// Most elements that are asked have one text, which needs no copy.
	first, several := "", strings.Builder{}
	for i := of + 1; i < n.end; i++ {
		e.work(1)
		if e.document.nodes[i].kind != textNode {
			continue
		}
		text := e.read(e.document.nodes[i].value)
		switch {
		case first == "":
			first = text
			continue
		case several.Len() == 0:
			several.WriteString(first)
		}
		several.WriteString(text)
	}
	if several.Len() > 0 {
		return several.String()
	}
	return first
}

// asText, asNumber and asBoolean are the functions string(), number() and boolean() (XPath 1.0 section 4).
func (e *evaluation) asText(v value) string {
	switch v.kind {
	case Nodes:
		if len(v.nodes) == 0 {
			return ""
		}
		return e.nodeText(v.nodes[0])
	case Number:
		return formatNumber(v.number)
	case Boolean:
		if v.truth {
			return "true"
		}
		return "false"
	default:
		return v.text
	}
}

func (e *evaluation) asNumber(v value) float64 {
	switch v.kind {
	case Number:
		return v.number
	case Boolean:
		if v.truth {
			return 1
		}
		return 0
	default:
		return toNumber(e.read(e.asText(v)))
	}
}

func toNumber(text string) float64 {
	number, exact := parseNumber(text)
	if !exact {
		panic(stop{fmt.Errorf("XPath: a number is too large to be computed with digit by digit")})
	}
	return number
}

func asBoolean(v value) bool {
	switch v.kind {
	case Nodes:
		return len(v.nodes) > 0
	case Number:
		return v.number != 0 && !math.IsNaN(v.number)
	case Boolean:
		return v.truth
	default:
		return v.text != ""
	}
}
