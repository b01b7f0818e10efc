package template

import (
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/template/xmltext"
)

// xmlText is an XML document. An expression stands in the content of an element, or in the value of an attribute.
type xmlText struct{}

func (xmlText) contexts(pieces []piece) ([]context, error) {
	contexts := make([]context, len(pieces))
	placeholders := make([]string, len(pieces))
	var m markup
	for i := range pieces {
		p := &pieces[i]
		if !p.isExpression {
			m.read(p.text)
			continue
		}
		if m.in != "" && m.quote == 0 {
			return nil, fmt.Errorf("line %d, {{ %s }}: an expression cannot stand in %s; it can in the content of an element and in "+
				"the value of an attribute", p.line, p.text, m.in)
		}
		contexts[i], placeholders[i] = xmlData.unless(p.raw), "x"
		if p.raw && m.in == "" {
			placeholders[i] = "<x/>" // It may be markup, even the root.
		}
	}
	if err := xmltext.CheckUTF8([]byte(render(pieces, func(i int) string { return placeholders[i] }))); err != nil {
		return nil, fmt.Errorf("it is not XML: %w", err)
	}
	return contexts, nil
}

// markup is where in an XML document one is. It knows no more of XML than that; the document is checked by a parser.
type markup struct {
	// in is what kind of markup has begun, "" for the content between.
	in string
	// end is what ends it.
	end string
	// quote is the quote around an attribute's value, 0 outside of one.
	quote byte
}

// kinds are what begins with "<", the longer first.
var kinds = []struct{ begin, end, name string }{
	{"<!--", "-->", "a comment"},
	{"<![CDATA[", "]]>", "a CDATA section"},
	{"<?", "?>", "a processing instruction"},
	{"<!", ">", "a document type"},
	{"<", ">", "a tag"},
}

// read reads on. Markup that begins or ends never does so across an expression.
func (m *markup) read(text string) {
	for text != "" {
		switch {
		case m.in == "":
			open := strings.IndexByte(text, '<')
			if open < 0 {
				return
			}
			text = text[open:]
			for _, k := range kinds {
				if rest, ok := strings.CutPrefix(text, k.begin); ok {
					m.in, m.end, text = k.name, k.end, rest
					break
				}
			}
		case m.quote != 0:
			end := strings.IndexByte(text, m.quote)
			if end < 0 {
				return
			}
			m.quote, text = 0, text[end+1:]
		case m.in == "a tag":
			stop := strings.IndexAny(text, `"'>`)
			if stop < 0 {
				return
			}
			if text[stop] == '>' {
				m.in = ""
			} else {
				m.quote = text[stop]
			}
			text = text[stop+1:]
		default:
			_, rest, found := strings.Cut(text, m.end)
			if !found {
				return
			}
			m.in, text = "", rest
		}
	}
}
