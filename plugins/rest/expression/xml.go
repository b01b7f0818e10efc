package expression

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"

	"github.com/funcroute/funcroute/parameters"
)

// xmlPath is what an XPath selects in an XML body.
type xmlPath struct {
	path *xpath.Expr
	list bool
}

func newXPath(text string, list bool) (access, error) {
	path, err := xpath.Compile(text)
	if err != nil {
		return nil, err
	}
	return &xmlPath{path, list}, nil
}

func (x *xmlPath) load(s *Scope) (parameters.Value, error) {
	if err := s.readXML(); err != nil {
		return parameters.Value{}, err
	}
	switch result := x.path.Evaluate(xmlquery.CreateXPathNavigator(s.xml)).(type) {
	case *xpath.NodeIterator:
		return x.nodes(result), nil
	default:
		return fromNative(result)
	}
}

// nodes is the text of the first node, or a list of all nodes' texts.
func (x *xmlPath) nodes(found *xpath.NodeIterator) parameters.Value {
	var texts []string
	for found.MoveNext() {
		text := found.Current().Value()
		if !x.list {
			return parameters.TextValue(text)
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return parameters.Value{}
	}
	return parameters.ListValue(texts)
}

// maxXMLDepth is how deeply elements may be nested, as in JSON.
const maxXMLDepth = 1000

// parseXML parses a document. Document types are refused, and with them every entity but the five of XML itself.
func parseXML(document []byte) (*xmlquery.Node, error) {
	if err := checkXML(document); err != nil {
		return nil, err
	}
	return xmlquery.ParseWithOptions(bytes.NewReader(document), xmlquery.ParserOptions{
		Decoder: &xmlquery.DecoderOptions{Strict: true, CharsetReader: refuseCharset},
	})
}

func checkXML(document []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	decoder.CharsetReader = refuseCharset
	depth, roots := 0, 0
	for {
		token, err := decoder.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.Directive:
			return errors.New("a document type is not allowed")
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxXMLDepth {
				return errors.New("it is nested too deeply")
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return errors.New("there is text outside of the root element")
			}
		}
	}
	if roots != 1 {
		return errors.New("it must have one root element")
	}
	return nil
}

func refuseCharset(string, io.Reader) (io.Reader, error) {
	return nil, errors.New("it must be UTF-8")
}
