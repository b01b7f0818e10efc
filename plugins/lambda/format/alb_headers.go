package format

import (
	"math"
	"math/rand/v2"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
)

// The headers that a load balancer adds to every request, beside x-forwarded-for and x-forwarded-proto, which are Envoy's.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
const (
	portHeader  = "x-forwarded-port"
	traceHeader = "x-amzn-trace-id"
)

// appendBalanced adds the two to the object of headers that a text ends with.
func (p *targetGroup) appendBalanced(to []byte, c *client) []byte {
	opening, closing := `":"`, `"`
	if p.multiValue {
		opening, closing = `":["`, `"]`
	}
	to = to[:len(to)-1]
	if to[len(to)-1] != '{' {
		to = append(to, ',')
	}
	to = append(append(to, `"`+portHeader...), opening...)
	to = appendPort(to, c)
	to = append(append(to, closing+`,"`+traceHeader...), opening...)
	to = appendTrace(to, c)
	return append(append(to, closing...), '}')
}

// appendPort writes the port to which the client has sent the request: Envoy's word where it has one (append_x_forwarded_port),
// else that of the authority, else that of the scheme.
func appendPort(to []byte, c *client) []byte {
	port := c.lastHeader(portHeader)
	if !isPort(port) {
		port = portOf(c.authority)
	}
	switch {
	case isPort(port):
		return append(to, port...)
	case strings.EqualFold(c.header("x-forwarded-proto"), "https"):
		return append(to, "443"...)
	}
	return append(to, "80"...)
}

func isPort(text string) bool {
	port := 0
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' || port > math.MaxUint16 {
			return false
		}
		port = 10*port + int(text[i]-'0')
	}
	return 0 < port && port <= math.MaxUint16
}

// portOf is the port of an authority, "" if it has none.
func portOf(authority string) string {
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 || strings.IndexByte(authority[colon:], ']') >= 0 {
		return ""
	}
	return authority[colon+1:]
}

// maxTraced is the size of headers above which a load balancer drops a client's trace.
const maxTraced = 7 << 10

// appendTrace writes the trace header: a root where the client has sent none, else what it has sent, with a field of our own.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
func appendTrace(to []byte, c *client) []byte {
	sent := c.lastHeader(traceHeader)
	if sent == "" || c.size() > maxTraced {
		return appendTraceField(to, "Root=1-", c)
	}
	rooted := false
	for field := range strings.SplitSeq(sent, ";") {
		rooted = rooted || traceField(field) == "Root"
	}
	if rooted {
		to = appendTraceField(to, "Self=1-", c)
	} else {
		to = appendTraceField(to, "Root=1-", c)
	}
	for field := range strings.SplitSeq(sent, ";") {
		if traceField(field) != "Self" {
			to = jsontext.AppendEscaped(append(to, ';'), strings.TrimSpace(field))
		}
	}
	return to
}

// traceField is the name of a field of the trace header.
func traceField(field string) string {
	name, _, _ := strings.Cut(field, "=")
	return strings.TrimSpace(name)
}

// appendTraceField writes a field with a new id: the time in 8 hexadecimal digits, and 24 that are random.
func appendTraceField(to []byte, name string, c *client) []byte {
	to = appendHex(append(to, name...), uint64(c.request.Time.Unix()), 8)                     //nolint:gosec // It is after 1970.
	return appendHex(appendHex(append(to, '-'), rand.Uint64(), 16), uint64(rand.Uint32()), 8) //nolint:gosec // No secret.
}

func appendHex(to []byte, number uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		to = append(to, "0123456789abcdef"[number>>shift&15])
	}
	return to
}
