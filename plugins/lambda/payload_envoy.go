package lambda

import (
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
)

// native is `payload: envoy`: the event that Envoy's own aws_lambda filter writes without payload_passthrough, so that
// functions written for it keep working. A test compares the two in the same Envoy.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/aws_lambda_filter
type native struct {
	types contentTypes
}

// nativeQuery is how Utility::QueryParamsMulti::parseQueryString reads a query (source/common/http/utility.cc).
var nativeQuery = querySyntax{separators: "&", gaps: true}

// event writes the event in one pass into one buffer, in the order of request_response.proto. All headers but
// pseudo-headers are in it, and so no host.
func (p *native) event(c *client) error {
	_, query, _ := strings.Cut(c.path, "?")
	body := c.request.Body()
	text := len(body) == 0 || p.types.isText(c.header("content-type"), isNativeText) && utf8.Valid(body)
	to := c.newEvent(200, 1, text)

	to = jsontext.AppendMember(to, `{"raw_path":`, c.path)
	to = jsontext.AppendMember(to, `,"method":`, c.method)
	list := c.pairs[:0]
	for _, h := range c.headers {
		if !addsRouter(h.name) { // The native filter stands in a listener, before them.
			list = append(list, h)
		}
	}
	c.gathered(list)
	to = c.appendGathered(append(to, `,"headers":`...), joinedValues, asReceived)
	c.gatherQuery(query, nativeQuery)
	to = c.appendGathered(append(to, `,"query_string_parameters":`...), firstValue, asReceived)
	to = appendContent(to, `,"body":`, `,"is_base64_encoded":`, body, text)
	c.request.SetBody(append(to, '}'))
	return nil
}

// isNativeText knows no parameters: "application/json; charset=utf-8" is none of these types for the native filter.
func isNativeText(contentType string) bool {
	const prefix = "text/"
	return strings.EqualFold(contentType, "application/json") || strings.EqualFold(contentType, "application/javascript") ||
		strings.EqualFold(contentType, "application/xml") ||
		len(contentType) >= len(prefix) && strings.EqualFold(contentType[:len(prefix)], prefix)
}
