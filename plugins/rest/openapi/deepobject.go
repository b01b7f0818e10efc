package openapi

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
)

// ownDeepObject reports whether the client's own query can give a parameter: as `f[gt]=5`, which no source of the route's parameters
// is. The route has to let the query go along, or take the parameter under the name that the document gives it.
func (p *parameter) ownDeepObject(fed int, set *parameters.Set, forward bool) bool {
	if p.in != "query" || p.style != "deepObject" || p.json {
		return false
	}
	if fed < 0 {
		return forward
	}
	return set.Key(fed) == "query."+p.name
}

// deepObject returns what a client's query says of an object in brackets.
func (p *parameter) deepObject(path string) (value any, present bool, err error) {
	_, query, _ := strings.Cut(path, "?")
	query, _, _ = strings.Cut(query, "#")
	object := &field{}
	for pair := range strings.SplitSeq(query, "&") {
		name, readable := httptext.QueryName(pair)
		inner, is := strings.CutPrefix(name, p.name+"[")
		inner, closed := strings.CutSuffix(inner, "]")
		if !readable || !is || !closed {
			continue
		}
		steps := strings.Split(inner, "][")
		if len(steps) > maxDeep {
			return nil, false, errNested
		}
		_, text, _ := strings.Cut(pair, "=")
		if text, err = url.QueryUnescape(text); err != nil || !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return nil, false, errors.New("must be UTF-8 without NUL, percent-encoded")
		}
		at := object.at(steps...)
		at.given = append(at.given, given{text: text})
	}
	if object.inner == nil {
		return nil, false, nil
	}
	d := decoder{trial: attempt(len(query))}
	value, err = p.schema.checkAfter(d.value(p.schema, object))
	return value, err == nil, err
}
