package format

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// httpAPI is `payload: apigateway-v2`: the event that an API Gateway HTTP API sends in payload format version 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
type httpAPI struct {
	types   contentTypes
	callers callers
	// template is the route's path in the gateway's notation, "" where the route gives none.
	template string
}

func (p *httpAPI) event(c *client) error {
	target, _, _ := strings.Cut(c.path, "?")
	claims, err := p.callers.tokens.claims(c)
	if err != nil {
		return err
	}
	known := sender{claims, p.callers.certificates.of(c)}
	to := appendVersion2(c, p.types, known, p.template, httptext.Decode(target, false))
	if with, found := appendPathParameters(append(to, `,"pathParameters":`...), c, parameters.Value.Text); found {
		to = with
	}
	c.request.SetBody(append(to, '}'))
	return nil
}

// sender is what is known of who has sent a request.
type sender struct {
	claims      []byte
	certificate *certificate
}

// appendVersion2 writes an event in payload format version 2.0 in one pass into one buffer, without the last brace. The
// order of the members is that of AWS's example; those that are empty are left out, not null.
func appendVersion2(c *client, types contentTypes, known sender, template, path string) []byte {
	_, query, _ := strings.Cut(c.path, "?")
	body := c.request.Body()
	text := types.isGatewayText(c)
	to := c.newEvent(700+len(known.claims), 1, text)

	to = append(to, `{"version":"2.0","routeKey":`...)
	to = appendRouteKey(to, c, template)
	to = jsontext.AppendMember(to, `,"rawPath":`, path)
	to = jsontext.AppendMember(to, `,"rawQueryString":`, query)
	to = appendCookies(to, c)
	c.gatherHeaders(isHiddenInVersion2)
	to = c.appendGathered(append(to, `,"headers":`...), joinedValues, asReceived)
	if c.gatherQuery(query, querySyntax{separators: "&", decoded: true}) {
		to = c.appendGathered(append(to, `,"queryStringParameters":`...), joinedValues, asReceived)
	}

	to = append(to, `,"requestContext":{"accountId":"`+standInAccount+`","apiId":"`+standInAPI+`"`...)
	if known.certificate != nil {
		to = append(append(append(to, `,"authentication":{"clientCert":`...), known.certificate.gateway...), '}')
	}
	if known.claims != nil {
		to = appendClaims(append(to, `,"authorizer":{"jwt":{"claims":`...), known.claims, httpAPIClaim)
		to = append(to, `,"scopes":null}}`...) // Those that a route asks for; ours ask for none.
	}
	to = appendDomain(to, c)
	to = jsontext.AppendMember(to, `,"http":{"method":`, c.method)
	to = jsontext.AppendMember(to, `,"path":`, path)
	to = jsontext.AppendMember(to, `,"protocol":`, c.request.Connection.Attribute(plugins.RequestProtocol))
	to = jsontext.AppendMember(to, `,"sourceIp":`, sourceIP(c))
	to = jsontext.AppendMember(to, `,"userAgent":`, c.header("user-agent"))
	to = jsontext.AppendMember(to, `},"requestId":`, requestID(c))
	to = appendRouteKey(append(to, `,"routeKey":`...), c, template)
	to = append(to, `,"stage":"`+defaultRoute+`"`...)
	to = append(appendTimes(to, `,"time":`, `,"timeEpoch":`, c), '}')

	if len(body) == 0 {
		return append(to, `,"isBase64Encoded":false`...)
	}
	return appendContent(to, `,"body":`, `,"isBase64Encoded":`, body, text)
}

func appendRouteKey(to []byte, c *client, template string) []byte {
	if template == "" {
		return jsontext.AppendString(to, defaultRoute)
	}
	to = jsontext.AppendEscaped(append(to, '"'), c.method)
	to = append(to, ' ')
	return append(jsontext.AppendEscaped(to, template), '"')
}

// isHiddenInVersion2 also hides the cookies, which have a member of their own.
func isHiddenInVersion2(name string) bool { return name == "cookie" || isHidden(name) }

// appendCookies writes one text per cookie, or no member at all.
func appendCookies(to []byte, c *client) []byte {
	begin := `,"cookies":[`
	for _, h := range c.headers {
		if h.name != "cookie" {
			continue
		}
		for cookie := range strings.SplitSeq(h.value, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				to = jsontext.AppendMember(to, begin, cookie)
				begin = `,`
			}
		}
	}
	if begin != `,` {
		return to
	}
	return append(to, ']')
}

var httpAPIAnswer = answerFormat{invalid: http.StatusInternalServerError, contentType: "text/plain; charset=utf-8"}

// answer turns a function's result into an answer as an HTTP API does it in payload format version 2.0: an object with a
// statusCode describes the answer, anything else is the answer's body, a string without its quotes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (p *httpAPI) answer(r *plugins.Answer) error {
	result := bytes.Trim(r.Body(), jsontext.Space)
	switch {
	case !jsontext.Valid(result):
	case result[0] == '{':
		return httpAPIAnswer.version2(r, describe(result))
	case result[0] == '"':
		writeBare(r, jsontext.Unquote(result))
		return nil
	}
	writeBare(r, r.Body())
	return nil
}

// version2 writes the answer that an object stands for in payload format version 2.0. An error leaves it as it was.
func (f *answerFormat) version2(r *plugins.Answer, d description) error {
	if d.statusCode == nil {
		writeBare(r, r.Body())
		return nil
	}
	d.multiValueHeaders = nil
	return f.write(r, d)
}

// writeBare gives the client a body alone.
func writeBare(r *plugins.Answer, body []byte) {
	bare := answerFormat{contentType: "application/json"}
	bare.replace(r, http.StatusOK, nil, body)
}
