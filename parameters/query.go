package parameters

import (
	"net/url"
	"strings"

	"github.com/funcroute/funcroute/httptext"
)

// queryOf is what follows the first "?" of a request's `:path`.
func queryOf(target string) string {
	_, query, _ := strings.Cut(target, "?")
	return query
}

// takePairs takes a parameter out of text in the form-urlencoded format, which queries and forms share. Only "&"
// separates pairs. Each name is looked for in a pass of its own: that needs no memory, and routes name few parameters.
func (o *origin) takePairs(values []Value, encoded string) *Error {
	if !o.list {
		raw, _, _ := nextPair(encoded, o.name)
		received, err := url.QueryUnescape(raw)
		if err != nil {
			return o.fail(problemEscape)
		}
		return o.take(values, received)
	}
	var texts []string
	for {
		raw, rest, found := nextPair(encoded, o.name)
		if !found {
			return o.takeList(values, texts)
		}
		received, err := url.QueryUnescape(raw)
		if err != nil {
			return o.fail(problemEscape)
		}
		texts = append(texts, received)
		encoded = rest
	}
}

// nextPair returns the first value of a name, still encoded, and what follows it.
func nextPair(encoded, name string) (value, rest string, found bool) {
	for encoded != "" {
		pair := encoded
		if end := strings.IndexByte(encoded, '&'); end >= 0 {
			pair, encoded = encoded[:end], encoded[end+1:]
		} else {
			encoded = ""
		}
		if value, found = named(pair, name); found {
			return value, encoded, true
		}
	}
	return "", "", false
}

// named returns a pair's value, still encoded, if the pair has the name.
func named(pair, name string) (value string, ok bool) {
	at := 0
	for i := range len(name) {
		if at >= len(pair) {
			return "", false
		}
		c := pair[at]
		switch c {
		case '=':
			return "", false
		case '+':
			c = ' '
		case '%':
			if c, ok = httptext.Escape(pair[at:]); !ok {
				return "", false
			}
			at += 2
		}
		at++
		if c != name[i] {
			return "", false
		}
	}
	if at == len(pair) {
		return "", true
	}
	if pair[at] != '=' {
		return "", false
	}
	return pair[at+1:], true
}
