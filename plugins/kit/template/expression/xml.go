package expression

import (
	"errors"
	"math"
	"strconv"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/template/xpath"
)

// xmlPath is what an XPath selects in an XML body.
type xmlPath struct {
	path *xpath.XPath
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
	value, err := x.evaluate(s.xml)
	if err != nil {
		return parameters.Value{}, &Error{Problem: "cannot be computed from what was sent", Cause: err}
	}
	return value, nil
}

func (x *xmlPath) evaluate(document *xpath.Document) (parameters.Value, error) {
	result, err := x.path.Evaluate(document)
	if err != nil {
		return parameters.Value{}, err
	}
	switch result.Kind() {
	case xpath.Boolean:
		return parameters.JSONValue(strconv.AppendBool(nil, result.Boolean())), nil
	case xpath.Number:
		if number := result.Number(); math.IsNaN(number) || math.IsInf(number, 0) {
			return parameters.Value{}, errors.New("the result is not a number")
		}
		return parameters.JSONValue([]byte(result.Text())), nil
	case xpath.Text:
		return parameters.TextValue(result.Text()), nil
	}
	if x.list {
		texts, err := result.Texts(result.Count())
		return parameters.ListValue(texts), err
	}
	// The first node's text, or no value.
	texts, err := result.Texts(1)
	if err != nil || len(texts) == 0 {
		return parameters.Value{}, err
	}
	return parameters.TextValue(texts[0]), nil
}
