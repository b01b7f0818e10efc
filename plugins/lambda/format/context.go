package format

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// What stands for the things that only a real gateway has. A function URL without authorization has the same account.
const (
	standInAccount = "anonymous"
	standInAPI     = "funcroute"
	defaultRoute   = "$default"
)

// appendDomain writes the members that tell which name the client called.
func appendDomain(to []byte, c *client) []byte {
	domain := withoutPort(c.authority)
	prefix, _, _ := strings.Cut(domain, ".")
	to = jsontext.AppendMember(to, `,"domainName":`, domain)
	return jsontext.AppendMember(to, `,"domainPrefix":`, prefix)
}

// appendTimes writes when the request came, as a text and in milliseconds. The keys are those of [jsontext.AppendMember].
func appendTimes(to []byte, timeKey, epochKey string, c *client) []byte {
	at := c.request.Time.UTC()
	to = append(append(to, timeKey...), '"')
	to = at.AppendFormat(to, "02/Jan/2006:15:04:05 -0700")
	to = append(append(to, '"'), epochKey...)
	return strconv.AppendInt(to, at.UnixMilli(), 10)
}

// requestID is never empty: Envoy gives every request an id, unless it was told not to.
func requestID(c *client) string {
	if id := c.request.Connection.Attribute(plugins.RequestID); id != "" {
		return id
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // It cannot fail.
	return hex.EncodeToString(random[:])
}

// sourceIP is the client's address without its port.
func sourceIP(c *client) string {
	return withoutPort(c.request.Connection.Attribute(plugins.SourceAddress))
}

// withoutPort takes the port off an address or a domain, and the brackets off an IPv6 address.
func withoutPort(address string) string {
	if strings.HasPrefix(address, "[") {
		inside, _, _ := strings.Cut(address[1:], "]")
		return inside
	}
	if colon := strings.LastIndexByte(address, ':'); colon == strings.IndexByte(address, ':') && colon >= 0 {
		return address[:colon]
	}
	return address
}
