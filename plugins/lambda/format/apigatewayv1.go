package format

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// restAPI is `payload: apigateway-v1`: the event that an API Gateway REST API sends, payload format version 1.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
type restAPI struct {
	types   contentTypes
	callers callers
	// template is the route's path in the gateway's notation, "" where the route gives none.
	template string
}

// restQuery is how a REST API reads a query: a semicolon separates parameters too.
var restQuery = querySyntax{separators: "&;", decoded: true}

// encoded is a request's State if its answer goes out in base64 as the function gives it: the gateway decodes answers for
// those clients only that name one of the API's binary types as the first one they accept.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
type encoded struct{}

// event writes the event in one pass into one buffer, in the order of AWS's example. What is empty is null, not left out.
func (p *restAPI) event(c *client) error {
	claims, err := p.callers.tokens.claims(c)
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(c.path, "?")
	body := c.request.Body()
	text := p.isText(c)
	if len(p.types.binary) > 0 && !p.types.isBinary(firstOf(c.header("accept"))) {
		c.request.State = encoded{}
	}
	resource := p.template
	if resource == "" {
		resource = path // As though the API had a resource of just this path.
	}
	to := c.newEvent(1200+len(claims), 2, text)

	to = jsontext.AppendMember(to, `{"resource":`, resource)
	to = jsontext.AppendMember(to, `,"path":`, path)
	to = jsontext.AppendMember(to, `,"httpMethod":`, c.method)
	c.gatherHeaders(isHiddenInREST)
	to = c.appendGathered(append(to, `,"headers":`...), lastValue, canonical)
	to = c.appendGathered(append(to, `,"multiValueHeaders":`...), listedValues, canonical)
	if c.gatherQuery(query, restQuery) {
		to = c.appendGathered(append(to, `,"queryStringParameters":`...), lastValue, asReceived)
		to = c.appendGathered(append(to, `,"multiValueQueryStringParameters":`...), listedValues, asReceived)
	} else {
		to = append(to, `,"queryStringParameters":null,"multiValueQueryStringParameters":null`...)
	}
	to, found := appendPathParameters(append(to, `,"pathParameters":`...), c, parameters.Value.Raw)
	if !found {
		to = append(to, `null`...)
	}

	to = append(to, `,"stageVariables":null,"requestContext":{"accountId":"`+standInAccount+`","apiId":"`+standInAPI+`"`...)
	if claims != nil {
		to = append(appendClaims(append(to, `,"authorizer":{"claims":`...), claims, restAPIClaim), '}')
	}
	to = appendDomain(to, c)
	id := requestID(c)
	to = jsontext.AppendMember(to, `,"extendedRequestId":`, id)
	to = jsontext.AppendMember(to, `,"httpMethod":`, c.method)
	to = append(to, `,"identity":{"accessKey":null,"accountId":null,"caller":null,"cognitoAuthenticationProvider":null,`+
		`"cognitoAuthenticationType":null,"cognitoIdentityId":null,"cognitoIdentityPoolId":null,"principalOrgId":null`...)
	to = jsontext.AppendMember(to, `,"sourceIp":`, sourceIP(c))
	to = append(to, `,"user":null,"userAgent":`...)
	to = appendOrNull(to, c.header("user-agent"))
	to = append(to, `,"userArn":null`...)
	if certificate := p.callers.certificates.of(c); certificate != nil {
		to = append(append(to, `,"clientCert":`...), certificate.gateway...)
	}
	to = jsontext.AppendMember(to, `},"path":`, path)
	to = jsontext.AppendMember(to, `,"protocol":`, c.request.Connection.Attribute(plugins.RequestProtocol))
	to = jsontext.AppendMember(to, `,"requestId":`, id)
	to = appendTimes(to, `,"requestTime":`, `,"requestTimeEpoch":`, c)
	to = append(to, `,"resourceId":"`+standInAPI+`"`...)
	to = jsontext.AppendMember(to, `,"resourcePath":`, resource)
	to = append(to, `,"stage":"`+defaultRoute+`"}`...)

	if len(body) == 0 {
		to = append(to, `,"body":null,"isBase64Encoded":false`...)
	} else {
		to = appendContent(to, `,"body":`, `,"isBase64Encoded":`, body, text)
	}
	c.request.SetBody(append(to, '}'))
	return nil
}

// isHiddenInREST also hides the length, which a REST API takes away.
func isHiddenInREST(name string) bool { return name == "content-length" || isHidden(name) }

// isText reports whether the body can go into the event as it is: everything can but the binary types and what is not
// UTF-8, which would be mangled in JSON.
func (p *restAPI) isText(c *client) bool {
	return !p.types.isBinary(c.header("content-type")) && utf8.Valid(c.request.Body())
}

// firstOf is the first type of an Accept header.
func firstOf(accept string) string {
	first, _, _ := strings.Cut(accept, ",")
	return first
}

func appendOrNull(to []byte, text string) []byte {
	if text == "" {
		return append(to, `null`...)
	}
	return jsontext.AppendString(to, text)
}

var restAPIAnswer = answerFormat{invalid: http.StatusBadGateway, contentType: "application/json", repeats: true}

// answer turns a function's result into an answer as a REST API does it: it must be an object that describes the answer.
// Where a name is in both multiValueHeaders and headers, all values go out, the former first; the documentation promises
// the former alone, but captures of real traffic show both.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func (p *restAPI) answer(r *plugins.Answer) error {
	f := &restAPIAnswer
	d, err := f.object(r.Body())
	if err != nil {
		return err
	}
	d.cookies = nil
	if _, kept := r.Request.State.(encoded); kept {
		d.isBase64Encoded = nil
	}
	return f.write(r, d)
}
