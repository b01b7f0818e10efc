package lambda

import (
	"slices"
	"strings"
	"sync"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
)

// An error leaves the request as it was.
func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	c := read(r)
	defer c.release()
	c.hide(f.payloads)
	if err := f.payload.event(c); err != nil {
		f.warnOf(err)
		return nil, err
	}
	if len(r.Body()) > f.invocation.limit {
		return nil, tooLarge("event", len(r.Body()), f.invocation.limit)
	}
	var room [maxCallHeaders]sigv4.Header
	signed, err := expandHeaders(room[:0], f.headers, r.Parameters)
	if err != nil {
		return nil, err
	}
	identity := f.credentials.Identity()
	if identity == nil { // They have expired between Ready and here.
		return nil, credentials.Unavailable()
	}
	signature := f.signer.Sign(identity, f.clock.at(f.now()), signed, r.Body())

	c.removeForeign()
	r.Recast()
	headers := r.Headers
	if f.payloads != "" {
		headers.Remove(f.payloads)
	}
	headers.Set(":method", "POST")
	headers.Set(":path", f.path)
	headers.Set(":authority", f.host)
	headers.Set("content-type", "application/json")
	for _, header := range signed {
		headers.Set(header.Name, header.Value)
	}
	headers.Set("x-amz-date", signature.Date)
	if identity.SessionToken != "" {
		headers.Set("x-amz-security-token", identity.SessionToken)
	}
	headers.Set("authorization", signature.Authorization)
	return nil, nil
}

// client is the request as the client sent it. Its headers are read once, for each look at Envoy's map has its price.
type client struct {
	request                 *plugins.Request
	method, path, authority string
	headers                 []pair   // all but pseudo-headers
	payloads                []string // the values of the header that may hold claims, which is not among the headers
	pairs                   []pair   // room for a payload's own list
	group                   groups
	take                    func(name, value string) bool // add, made once
}

// pair is a header, a query parameter.
type pair struct{ name, value string }

// maxKept bounds the lists that a client keeps for the next request.
const maxKept = 256

var clients = sync.Pool{New: func() any {
	c := new(client)
	c.take = c.add
	return c
}}

func read(r *plugins.Request) *client {
	c := clients.Get().(*client)
	c.request = r
	r.Headers.Range(c.take)
	return c
}

func (c *client) add(name, value string) bool {
	switch name {
	case ":method":
		c.method = value
	case ":path":
		c.path = value
	case ":authority":
		c.authority = value
	default:
		if !strings.HasPrefix(name, ":") {
			c.headers = append(c.headers, pair{name, value})
		}
	}
	return true
}

// release lets the next request use the room. It forgets what this one was about.
func (c *client) release() {
	headers, pairs, group, take := c.headers, c.pairs, c.group, c.take
	clear(headers[:cap(headers)])
	clear(pairs[:cap(pairs)])
	*c = client{take: take}
	if cap(headers) <= maxKept && cap(pairs) <= maxKept {
		c.headers, c.pairs, c.group = headers[:0], pairs[:0], group
	}
	clients.Put(c)
}

// hide takes a header away from what functions see.
func (c *client) hide(name string) {
	if name == "" {
		return
	}
	c.headers = slices.DeleteFunc(c.headers, func(h pair) bool {
		if h.name == name {
			c.payloads = append(c.payloads, h.value)
		}
		return h.name == name
	})
}

// header returns the first value of a header.
func (c *client) header(name string) string {
	for _, h := range c.headers {
		if h.name == name {
			return h.value
		}
	}
	return ""
}

// removeForeign removes what must not reach the Lambda API from a client.
func (c *client) removeForeign() {
	c.request.Headers.RemoveFunc(isForeign)
}

// isForeign reports whether a client's header must not reach the Lambda API: it carries authority that is ours alone to
// give (x-amz-*), a secret meant for the function (authorization, cookie), or says something about a body, a connection
// or a condition that is not the call's. All others stay, so that access logs and tracing stay useful.
func isForeign(name string) bool {
	switch name {
	case "authorization", "proxy-authorization", "cookie",
		"content-encoding", "content-md5", "content-digest", "content-range", "digest", "repr-digest",
		"accept-encoding", "expect", "range", "te", "trailer", "transfer-encoding",
		"connection", "keep-alive", "proxy-connection", "upgrade", "http2-settings":
		return true
	case "x-amzn-trace-id":
		return false
	}
	return strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-amzn-") || strings.HasPrefix(name, "if-")
}
