package lambda

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// httpAPI is `payload: apigateway-v2`: the event that an API Gateway HTTP API sends in payload format version 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
type httpAPI struct {
	types contentTypes
	// template is the route's path in the gateway's notation, "" where the route gives none.
	template string
}

// What stands for the things that only a real gateway has. A function URL without authorization has the same account.
const (
	standInAccount = "anonymous"
	standInAPI     = "funcroute"
	defaultRoute   = "$default"
)

// event writes the event in one pass into one buffer. The order of the members is that of AWS's example.
func (p *httpAPI) event(c *client) error {
	target, query, _ := strings.Cut(c.path, "?")
	path := unescape(target, false)
	to := make([]byte, 0, p.size(c, path))

	to = append(to, `{"version":"2.0","routeKey":`...)
	to = p.appendRouteKey(to, c.method)
	to = appendMember(to, `,"rawPath":`, path)
	to = appendMember(to, `,"rawQueryString":`, query)
	to = appendCookies(to, c)
	to = appendHeaders(to, c)
	to = appendQuery(to, c, query)
	to = p.appendContext(to, c, path)
	to = p.appendBody(to, c)
	to = appendPathParameters(to, c)
	to = append(to, '}')
	c.request.SetBody(to)
	return nil
}

// size is about what the event needs, so that the buffer need not grow.
func (p *httpAPI) size(c *client, path string) int {
	const fixed = 700
	size := fixed + 2*len(path) + 3*len(c.path) + 4*len(c.authority) + c.request.Parameters.Len()*64
	for _, h := range c.headers {
		size += len(h.name) + len(h.value) + 6
	}
	body := len(c.request.Body())
	if p.isText(c) {
		return size + body + body/8
	}
	return size + base64.StdEncoding.EncodedLen(body)
}

func (p *httpAPI) appendRouteKey(to []byte, method string) []byte {
	if p.template == "" {
		return appendString(to, defaultRoute)
	}
	to = appendEscaped(append(to, '"'), method)
	to = append(to, ' ')
	return append(appendEscaped(to, p.template), '"')
}

// appendCookies writes one text per cookie; the header itself is not among the headers.
func appendCookies(to []byte, c *client) []byte {
	begin := `,"cookies":[`
	for _, h := range c.headers {
		if h.name != "cookie" {
			continue
		}
		for cookie := range strings.SplitSeq(h.value, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				to = appendMember(to, begin, cookie)
				begin = `,`
			}
		}
	}
	if begin != `,` {
		return to
	}
	return append(to, ']')
}

// appendHeaders writes all headers under names in lower case, those with the same name joined by commas.
func appendHeaders(to []byte, c *client) []byte {
	to = append(to, `,"headers":{`...)
	if c.authority != "" {
		to = appendMember(to, `"host":`, c.authority)
		to = append(to, ',')
	}
	list := c.pairs[:0]
	for _, h := range c.headers {
		if !isHidden(h.name) {
			list = append(list, h)
		}
	}
	c.pairs = list
	to = appendJoined(to, list, &c.group)
	return append(to, '}')
}

// isHidden reports whether a header is not shown to the function: it stands elsewhere in the event, or concerns the
// connection to Envoy alone (RFC 9110 §7.6.1).
func isHidden(name string) bool {
	switch name {
	case "cookie", "host",
		"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
		"proxy-authorization":
		return true
	}
	return false
}

// appendQuery writes the parameters decoded, those with the same name joined by commas. An event without any has no such
// member.
func appendQuery(to []byte, c *client, query string) []byte {
	list := c.pairs[:0]
	for parameter := range strings.SplitSeq(query, "&") {
		if parameter != "" {
			name, value, _ := strings.Cut(parameter, "=")
			list = append(list, pair{unescape(name, true), unescape(value, true)})
		}
	}
	c.pairs = list
	if len(list) == 0 {
		return to
	}
	to = append(to, `,"queryStringParameters":{`...)
	to = appendJoined(to, list, &c.group)
	return append(to, '}')
}

// appendJoined writes the members of an object, values of the same name joined by commas. It takes back a comma that
// stands before no member.
func appendJoined(to []byte, list []pair, group *groups) []byte {
	group.of(list)
	for i := range list {
		if !group.first[i] {
			continue
		}
		to = append(appendString(to, list[i].name), ':', '"')
		to = appendEscaped(to, list[i].value)
		for next := group.next[i]; next != 0; next = group.next[next] {
			to = appendEscaped(append(to, ','), list[next].value)
		}
		to = append(to, '"', ',')
	}
	if to[len(to)-1] == ',' {
		to = to[:len(to)-1]
	}
	return to
}

func (p *httpAPI) appendContext(to []byte, c *client, path string) []byte {
	domain := withoutPort(c.authority)
	prefix, _, _ := strings.Cut(domain, ".")
	at := c.request.Time.UTC()

	to = append(to, `,"requestContext":{"accountId":"`+standInAccount+`","apiId":"`+standInAPI+`"`...)
	to = appendMember(to, `,"domainName":`, domain)
	to = appendMember(to, `,"domainPrefix":`, prefix)
	to = appendMember(to, `,"http":{"method":`, c.method)
	to = appendMember(to, `,"path":`, path)
	to = appendMember(to, `,"protocol":`, c.request.Connection.Protocol())
	to = appendMember(to, `,"sourceIp":`, withoutPort(c.request.Connection.SourceAddress()))
	to = appendMember(to, `,"userAgent":`, c.header("user-agent"))
	to = appendMember(to, `},"requestId":`, requestID(c))
	to = append(to, `,"routeKey":`...)
	to = p.appendRouteKey(to, c.method)
	to = append(to, `,"stage":"`+defaultRoute+`","time":"`...)
	to = at.AppendFormat(to, "02/Jan/2006:15:04:05 -0700")
	to = append(to, `","timeEpoch":`...)
	to = strconv.AppendInt(to, at.UnixMilli(), 10)
	return append(to, '}')
}

// requestID is never empty: Envoy gives every request an id, unless it was told not to.
func requestID(c *client) string {
	if id := c.request.Connection.RequestID(); id != "" {
		return id
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // It cannot fail.
	return hex.EncodeToString(random[:])
}

func (p *httpAPI) appendBody(to []byte, c *client) []byte {
	body := c.request.Body()
	switch {
	case len(body) == 0:
		return append(to, `,"isBase64Encoded":false`...)
	case p.isText(c):
		to = appendString(append(to, `,"body":`...), body)
		return append(to, `,"isBase64Encoded":false`...)
	default:
		to = appendBase64(append(to, `,"body":`...), body)
		return append(to, `,"isBase64Encoded":true`...)
	}
}

// isText reports whether the body can go into the event as it is. What claims to be a text and is not UTF-8 would be
// mangled in JSON; what is compressed is no text.
func (p *httpAPI) isText(c *client) bool {
	if encoding := c.header("content-encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return false
	}
	return p.types.isText(c.header("content-type")) && utf8.Valid(c.request.Body())
}

func appendPathParameters(to []byte, c *client) []byte {
	begin := `,"pathParameters":{`
	for name, value := range c.request.Parameters.All() {
		if value.FromPath() && value.Present() {
			to = appendString(append(to, begin...), name)
			to = appendString(append(to, ':'), value.Text())
			begin = `,`
		}
	}
	if begin != `,` {
		return to
	}
	return append(to, '}')
}

// routeTemplate turns our notation of a path into the gateway's: {+rest} is {rest+} there, and neither optional parts
// nor defaults can be told.
func routeTemplate(template string) string {
	var route strings.Builder
	for rest := template; rest != ""; {
		begin := strings.IndexAny(rest, "{}")
		if begin < 0 {
			route.WriteString(rest)
			break
		}
		route.WriteString(rest[:begin])
		end := strings.IndexByte(rest[begin:], '}') + begin
		if strings.HasPrefix(rest[begin:], "{{") || rest[begin] == '}' || end < begin { // A literal brace.
			route.WriteByte(rest[begin])
			rest = rest[min(begin+2, len(rest)):]
			continue
		}
		name, greedy := strings.CutPrefix(rest[begin+1:end], "+")
		name = name[:len(name)-len(strings.TrimLeft(name, nameLetters))]
		if greedy {
			name += "+"
		}
		route.WriteString("{" + name + "}")
		rest = rest[end+1:]
	}
	return route.String()
}

const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

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

// unescape decodes a percent-encoded text, in a query also the plus that stands for a space. A broken escape is no
// reason to refuse a request here: it stays as it is.
func unescape(text string, inQuery bool) string {
	if strings.IndexByte(text, '%') < 0 && (!inQuery || strings.IndexByte(text, '+') < 0) {
		return text
	}
	decoded := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '+' && inQuery:
			c = ' '
		case c == '%' && i+2 < len(text):
			if high, low := hexDigit(text[i+1]), hexDigit(text[i+2]); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		decoded = append(decoded, c)
	}
	return string(decoded)
}

// hexDigit is the value of a hexadecimal digit, 16 or more for anything else.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}
