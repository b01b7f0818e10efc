package format

import (
	"slices"
	"strings"
	"sync"

	"github.com/funcroute/funcroute/plugins"
)

// client is the request as the client sent it. Its headers are read once, for each look at Envoy's map has its price.
type client struct {
	request                 *plugins.Request
	method, path, authority string
	headers                 []entry  // all but pseudo-headers
	claims                  []string // the values of the header that may hold claims, which is not among the headers
	list                    []entry  // empty, for a payload format that makes a list of its own
	group                   groups
	take                    func(name, value string) bool // add, made once
}

// entry is a header, a query parameter.
type entry struct{ name, value string }

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
			c.headers = append(c.headers, entry{name, value})
		}
	}
	return true
}

// release forgets the request, and lets the next one use the lists' memory.
func (c *client) release() {
	headers, list, group, take := c.headers, c.list, c.group, c.take
	clear(headers[:cap(headers)])
	clear(list[:cap(list)])
	*c = client{take: take}
	if cap(headers) <= maxKept && cap(list) <= maxKept {
		c.headers, c.list, c.group = headers[:0], list[:0], group
	}
	clients.Put(c)
}

// hide takes a header away from what functions see.
func (c *client) hide(name string) {
	if name == "" {
		return
	}
	c.headers = slices.DeleteFunc(c.headers, func(h entry) bool {
		if h.name == name {
			c.claims = append(c.claims, h.value)
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

// lastHeader returns the last value of a header, which is the one that counts for a load balancer.
func (c *client) lastHeader(name string) (value string) {
	for _, h := range c.headers {
		if h.name == name {
			value = h.value
		}
	}
	return value
}

// size is how long the client's headers are, names and values.
func (c *client) size() int {
	size := 0
	for _, h := range c.headers {
		size += len(h.name) + len(h.value)
	}
	return size
}

// isCompressed reports whether the client has encoded the body. What is compressed is no text.
func (c *client) isCompressed() bool {
	encoding := c.header("content-encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

// keepBody makes the client's body the event. The Lambda API wants the length beforehand; the filter adds it to a body
// that is set.
func (c *client) keepBody() {
	if body := c.request.Body(); len(body) > 0 && c.header("content-length") == "" {
		c.request.SetBody(body)
	}
}
