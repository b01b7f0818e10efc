package xpath

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/plugins/kit/template/xmltext"
)

// function is a function of the core library (XPath 1.0 section 4).
type function struct {
	// least and most are how many values it takes, most is -1 if there is no bound.
	least, most int
	// nodes is whether it takes sets of nodes only.
	nodes  bool
	result Kind
	apply  func(context, []value) value
}

// call is a function with what it is given.
type call struct {
	function
	arguments []expression
}

func (c call) kind() Kind { return c.result }

func (c call) evaluate(in context) value {
	in.work(4 + len(c.arguments))
	values := make([]value, len(c.arguments))
	for i, argument := range c.arguments {
		values[i] = argument.evaluate(in)
	}
	return c.apply(in, values)
}

var functions = map[string]function{
	"last":          {0, 0, false, Number, func(c context, _ []value) value { return numberValue(float64(c.size)) }},
	"position":      {0, 0, false, Number, func(c context, _ []value) value { return numberValue(float64(c.position)) }},
	"count":         {1, 1, true, Number, func(_ context, v []value) value { return numberValue(float64(len(v[0].nodes))) }},
	"local-name":    {0, 1, true, Text, nameOf(func(n *xmltext.Name) string { return n.Local })},
	"namespace-uri": {0, 1, true, Text, nameOf(func(n *xmltext.Name) string { return n.URI })},
	"name":          {0, 1, true, Text, nameOf((*xmltext.Name).String)},

	"string":           {0, 1, false, Text, func(c context, v []value) value { return textValue(c.text(v, 0)) }},
	"concat":           {2, -1, false, Text, concat},
	"starts-with":      {2, 2, false, Boolean, ofTwo(strings.HasPrefix)},
	"contains":         {2, 2, false, Boolean, ofTwo(strings.Contains)},
	"substring-before": {2, 2, false, Text, substringBefore},
	"substring-after":  {2, 2, false, Text, substringAfter},
	"substring":        {2, 3, false, Text, substring},
	"string-length": {0, 1, false, Number, func(c context, v []value) value {
		return numberValue(float64(utf8.RuneCountInString(c.text(v, 0))))
	}},
	"normalize-space": {0, 1, false, Text, func(c context, v []value) value {
		return textValue(strings.Join(strings.FieldsFunc(c.characters(v, 0), func(r rune) bool {
			return r == ' ' || r == '\t' || r == '\r' || r == '\n'
		}), " "))
	}},
	"translate": {3, 3, false, Text, translate},

	"boolean": {1, 1, false, Boolean, func(_ context, v []value) value { return truthValue(asBoolean(v[0])) }},
	"not":     {1, 1, false, Boolean, func(_ context, v []value) value { return truthValue(!asBoolean(v[0])) }},
	"true":    {0, 0, false, Boolean, func(context, []value) value { return truthValue(true) }},
	"false":   {0, 0, false, Boolean, func(context, []value) value { return truthValue(false) }},
	"lang":    {1, 1, false, Boolean, lang},

	"number":  {0, 1, false, Number, func(c context, v []value) value { return numberValue(c.asNumber(c.given(v))) }},
	"sum":     {1, 1, true, Number, sum},
	"floor":   {1, 1, false, Number, func(c context, v []value) value { return numberValue(math.Floor(c.asNumber(v[0]))) }},
	"ceiling": {1, 1, false, Number, func(c context, v []value) value { return numberValue(math.Ceil(c.asNumber(v[0]))) }},
	"round":   {1, 1, false, Number, func(c context, v []value) value { return numberValue(round(c.asNumber(v[0]))) }},
}

// given is the first value, or the context's node if there is none.
func (c context) given(v []value) value {
	if len(v) == 0 {
		return value{kind: Nodes, nodes: []int32{c.node}}
	}
	return v[0]
}

// text is a value as a text, that of the context's node if there is none.
func (c context) text(v []value, i int) string {
	if len(v) == 0 {
		return c.nodeText(c.node)
	}
	return c.read(c.asText(v[i]))
}

// characters is a text like that of context.text, for work that looks at each character by itself.
func (c context) characters(v []value, i int) string {
	text := c.text(v, i)
	c.work(2 * len(text))
	return text
}

// nameOf is for what tells something of the name of the first node. Nodes without a name have "".
func nameOf(f func(*xmltext.Name) string) func(context, []value) value {
	return func(c context, v []value) value {
		of := c.given(v)
		if len(of.nodes) == 0 {
			return textValue("")
		}
		if n := c.document.nodes[of.nodes[0]].name; n != nil {
			return textValue(f(n))
		}
		return textValue("")
	}
}

func ofTwo(f func(s, part string) bool) func(context, []value) value {
	return func(c context, v []value) value { return truthValue(f(c.text(v, 0), c.text(v, 1))) }
}

func concat(c context, v []value) value {
	var out strings.Builder
	for i := range v {
		out.WriteString(c.text(v, i))
	}
	return textValue(out.String())
}

func substringBefore(c context, v []value) value {
	before, _, found := strings.Cut(c.text(v, 0), c.text(v, 1))
	if !found {
		before = ""
	}
	return textValue(before)
}

func substringAfter(c context, v []value) value {
	_, after, _ := strings.Cut(c.text(v, 0), c.text(v, 1))
	return textValue(after)
}

// substring takes the characters whose place is at least the rounded start and less than that and the rounded length
// together; the first one's place is 1.
func substring(c context, v []value) value {
	text, start, end := c.characters(v, 0), round(c.asNumber(v[1])), math.Inf(1)
	if len(v) > 2 {
		end = start + round(c.asNumber(v[2]))
	}
	from, to, place := len(text), len(text), 1.0
	for i := range text {
		if place >= start && place < end {
			from = min(from, i)
		} else if from < len(text) {
			to = i
			break
		}
		place++
	}
	return textValue(text[from:to])
}

// translate puts characters in the place of others, or nothing in the place of those that have no counterpart.
func translate(c context, v []value) value {
	text, by := c.characters(v, 0), []rune(c.characters(v, 2))
	table := map[rune]rune{}
	from := c.characters(v, 1)
	c.work(4 * len(from)) // They are put into a map.
	for i, r := range []rune(from) {
		if _, known := table[r]; known {
			continue
		}
		if table[r] = -1; i < len(by) {
			table[r] = by[i]
		}
	}
	return textValue(strings.Map(func(r rune) rune {
		if other, known := table[r]; known {
			return other
		}
		return r
	}, text))
}

// lang reports whether the context's node is in a language, or in a variety of it, by the closest xml:lang.
func lang(c context, v []value) value {
	wanted := c.text(v, 0)
	for i := c.node; i >= 0; i = c.document.nodes[i].parent {
		c.work(1)
		for a := i + 1; a <= i+c.document.nodes[i].attributes; a++ {
			c.work(1)
			n := &c.document.nodes[a]
			if n.name.Prefix != "xml" || n.name.Local != "lang" {
				continue
			}
			same := len(n.value) >= len(wanted) && strings.EqualFold(n.value[:len(wanted)], wanted)
			return truthValue(same && (len(n.value) == len(wanted) || n.value[len(wanted)] == '-'))
		}
	}
	return truthValue(false)
}

func sum(c context, v []value) value {
	total := 0.0
	for _, number := range c.numbers(v[0]) {
		total = exact(total + number)
	}
	return numberValue(total)
}
