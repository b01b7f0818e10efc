package expression

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html/charset"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/rest/xmltext"
)

// xmlPath is what an XPath selects in an XML body.
type xmlPath struct {
	// paths are the compiled path, several times: evaluating one changes it, so each is for one goroutine at a time.
	paths *sync.Pool
	list  bool
}

func newXPath(text string, list bool) (access, error) {
	path, err := xpath.Compile(text)
	if err != nil {
		return nil, err
	}
	pool := &sync.Pool{New: func() any { return xpath.MustCompile(text) }}
	pool.Put(path)
	return &xmlPath{pool, list}, nil
}

func (x *xmlPath) load(s *Scope) (parameters.Value, error) {
	if err := s.readXML(); err != nil {
		return parameters.Value{}, err
	}
	value, err := x.evaluate(s.xml)
	if err != nil {
		return parameters.Value{}, &Error{Problem: "cannot be computed from what was sent", Cause: err}
	}
	return value, nil
}

// evaluate computes the value. The library panics where a document is not what a path expects, such as numbers to sum up.
func (x *xmlPath) evaluate(document *xmlquery.Node) (value parameters.Value, err error) {
	path := x.paths.Get().(*xpath.Expr)
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("XPath: %v", problem)
			return // With the path in a state that nobody knows.
		}
		x.paths.Put(path)
	}()
	switch result := path.Evaluate(xmlquery.CreateXPathNavigator(document)).(type) {
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

// parseXML checks and parses a document.
func parseXML(document []byte) (*xmlquery.Node, error) {
	if err := xmltext.Check(document); err != nil {
		return nil, err
	}
	return xmlquery.ParseWithOptions(bytes.NewReader(document), xmlquery.ParserOptions{
		Decoder: &xmlquery.DecoderOptions{Strict: true, CharsetReader: charset.NewReaderLabel},
	})
}
