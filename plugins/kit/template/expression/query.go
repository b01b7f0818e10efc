package expression

import (
	"net/url"
	"strings"

	"github.com/funcroute/funcroute/parameters"
)

// query is the first value of a query parameter, decoded.
type query struct{ name string }

func (q query) load(s *Scope) (parameters.Value, error) {
	_, rest, _ := strings.Cut(s.target(), "?")
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if name != q.name {
			if !strings.ContainsAny(name, "%+") {
				continue
			}
			if decoded, err := url.QueryUnescape(name); err != nil || decoded != q.name {
				continue
			}
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			return parameters.Value{}, &Error{Problem: "needs the query parameter " + q.name + ", which holds a broken percent-escape"}
		}
		return textOf(decoded, "the query parameter "+q.name)
	}
	return parameters.Value{}, nil
}
