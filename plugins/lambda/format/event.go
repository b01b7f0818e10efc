package format

import (
	"encoding/base64"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
)

// values says which of the values that a request gives under one name an event has, and how they are written.
type values int

const (
	joinedValues values = iota // all of them in one text, separated by commas
	firstValue
	lastValue
	listedValues // all of them as a list
)

// spelling says how an event writes the names of headers, which Envoy hands over in lower case.
type spelling int

const (
	asReceived spelling = iota
	canonical           // X-Request-Id
)

// gatherHeaders puts the headers that an event shows into the client's list, `host` first, and others of ours last.
func (c *client) gatherHeaders(hidden func(name string) bool, ours ...entry) {
	list := c.list[:0]
	if c.authority != "" {
		list = append(list, entry{"host", c.authority})
	}
	for _, h := range c.headers {
		if !hidden(h.name) {
			list = append(list, h)
		}
	}
	c.gathered(append(list, ours...))
}

// isHidden reports whether a header is not shown to functions: it is the authority, which stands before all others, or it
// concerns the connection to Envoy alone (RFC 9110 §7.6.1), or Envoy's router.
func isHidden(name string) bool {
	switch name {
	case "host",
		"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
		"proxy-authorization":
		return true
	}
	return strings.HasPrefix(name, "x-envoy-") && (addsRouter(name) || takesRouter(name))
}

// addsRouter reports whether Envoy's router adds a header to each attempt. A filter in a cluster sees it, one in a listener
// does not.
func addsRouter(name string) bool {
	switch name {
	case "x-envoy-expected-rq-timeout-ms", "x-envoy-attempt-count", "x-envoy-is-timeout-retry":
		return true
	}
	return false
}

// takesRouter reports whether a header tells Envoy's router what to do. A filter in a listener sees it, one in a cluster
// does not, for the router has taken it away.
func takesRouter(name string) bool {
	switch name {
	case "x-envoy-upstream-rq-timeout-ms", "x-envoy-upstream-rq-per-try-timeout-ms", "x-envoy-upstream-rq-timeout-alt-response",
		"x-envoy-upstream-stream-duration-ms", "x-envoy-upstream-alt-stat-name", "x-envoy-retry-on", "x-envoy-retry-grpc-on",
		"x-envoy-max-retries", "x-envoy-retriable-status-codes", "x-envoy-retriable-header-names", "x-envoy-hedge-on-per-try-timeout":
		return true
	}
	return false
}

// querySyntax is how an event reads a query.
type querySyntax struct {
	// separators stand between parameters.
	separators string
	// decoded says that percent-encoding is taken off, and a plus is a space.
	decoded bool
	// gaps says that nothing between two separators counts as a parameter without a name.
	gaps bool
}

// gatherQuery puts the parameters of a query into the client's list. It reports whether there are any.
func (c *client) gatherQuery(query string, syntax querySyntax) bool {
	list := c.list[:0]
	for query != "" {
		parameter := query
		if end := strings.IndexAny(query, syntax.separators); end >= 0 {
			parameter, query = query[:end], query[end+1:]
		} else {
			query = ""
		}
		if parameter == "" && !syntax.gaps {
			continue
		}
		name, value, _ := strings.Cut(parameter, "=")
		if syntax.decoded {
			name, value = httptext.Decode(name, true), httptext.Decode(value, true)
		}
		list = append(list, entry{name, value})
	}
	c.gathered(list)
	return len(list) > 0
}

func (c *client) gathered(list []entry) {
	c.list = list
	c.group.of(list)
}

// appendGathered writes the client's list as an object, each name once.
func (c *client) appendGathered(to []byte, form values, names spelling) []byte {
	to = append(to, '{')
	for i := range c.list {
		if !c.group.first[i] {
			continue
		}
		start := len(to)
		to = jsontext.AppendString(to, c.list[i].name)
		if names == canonical {
			capitalize(to[start+1:])
		}
		to = append(to, ':')
		to = c.appendValues(to, i, form)
		to = append(to, ',')
	}
	if to[len(to)-1] == ',' {
		to = to[:len(to)-1]
	}
	return append(to, '}')
}

// appendValues writes the values of the name that stands at index i first.
func (c *client) appendValues(to []byte, i int, form values) []byte {
	next := c.group.next
	switch form {
	case firstValue:
		return jsontext.AppendString(to, c.list[i].value)
	case lastValue:
		at := i
		for next[at] != 0 {
			at = int(next[at])
		}
		return jsontext.AppendString(to, c.list[at].value)
	case listedValues:
		to = jsontext.AppendString(append(to, '['), c.list[i].value)
		for at := next[i]; at != 0; at = next[at] {
			to = jsontext.AppendString(append(to, ','), c.list[at].value)
		}
		return append(to, ']')
	default:
		to = jsontext.AppendEscaped(append(to, '"'), c.list[i].value)
		for at := next[i]; at != 0; at = next[at] {
			to = jsontext.AppendEscaped(append(to, ','), c.list[at].value)
		}
		return append(to, '"')
	}
}

// capitalize makes the first letter of a header's name a capital, and each one behind a hyphen.
func capitalize(name []byte) {
	behind := byte('-')
	for i, c := range name {
		if behind == '-' && 'a' <= c && c <= 'z' {
			name[i] = c - 'a' + 'A'
		}
		behind = c
	}
}

// appendContent writes the body and whether it is in base64. The keys are those of [jsontext.AppendMember].
func appendContent(to []byte, bodyKey, flagKey string, body []byte, text bool) []byte {
	to = append(to, bodyKey...)
	if text {
		to = jsontext.AppendString(to, body)
	} else {
		to = jsontext.AppendBase64(to, body)
	}
	to = append(to, flagKey...)
	if text {
		return append(to, "false"...)
	}
	return append(to, "true"...)
}

// newEvent returns a buffer for the event, large enough not to grow in the usual case: of a text as dense with quotes as JSON,
// every third byte is escaped. The headers, which make up most of an event without a body, go into it once or twice; fixed
// is the length of all that is always there.
func (c *client) newEvent(fixed, copies int, text bool) []byte {
	size := fixed + 4*len(c.path) + 4*len(c.authority) + c.request.Parameters.Len()*64
	for _, h := range c.headers {
		size += copies * (len(h.name) + len(h.value) + 8)
	}
	body := len(c.request.Body())
	if text {
		size += body + body/3
	} else {
		size += base64.StdEncoding.EncodedLen(body)
	}
	return c.request.Buffer(size)
}
