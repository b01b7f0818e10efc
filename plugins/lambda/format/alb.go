package format

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws"
)

// targetGroup is `payload: alb` and `payload: alb-multi-value`: the event that an Application Load Balancer sends to a
// target group, without and with lambda.multi_value_headers.enabled.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
type targetGroup struct {
	types        contentTypes
	certificates *Certificates
	// arn is that of the target group we stand for.
	arn string
	// multiValue says that all values of a name are there, as lists, instead of the last one alone.
	multiValue bool
}

// maxTargetGroupBody is the largest body of a request, as it stands in the event, and the largest result.
const maxTargetGroupBody = 1 << 20

// targetGroupARN makes up an ARN. Region and account are the function's, the account's digits are 0 if it is not known.
func targetGroupARN(region, account string) string {
	partition := "aws"
	if p, known := aws.PartitionOf(region); known {
		partition = p
	}
	if account == "" {
		account = "000000000000"
	}
	return "arn:" + partition + ":elasticloadbalancing:" + region + ":" + account + ":targetgroup/funcroute/0000000000000000"
}

// event writes the event in one pass into one buffer. Nothing is decoded, and what is empty is neither null nor left out.
func (p *targetGroup) event(c *client) error {
	if c.header("upgrade") != "" {
		return plugins.Errorf(plugins.BadParameter, "A function cannot upgrade the connection.")
	}
	path, query, _ := strings.Cut(c.path, "?")
	body := c.request.Body()
	text := len(body) == 0 || c.header("content-encoding") == "" && p.types.isGatewayText(c)
	size := len(body)
	if !text {
		size = base64.StdEncoding.EncodedLen(size)
	}
	if size > maxTargetGroupBody {
		return plugins.Errorf(plugins.BodyTooLarge, "The body for the function has %d bytes, at most %d are allowed.", size, maxTargetGroupBody)
	}
	queryKey, headersKey, form := `,"queryStringParameters":`, `,"headers":`, lastValue
	if p.multiValue {
		queryKey, headersKey, form = `,"multiValueQueryStringParameters":`, `,"multiValueHeaders":`, listedValues
	}
	to := c.newEvent(550, 1, text)

	to = jsontext.AppendMember(to, `{"requestContext":{"elb":{"targetGroupArn":`, p.arn)
	to = jsontext.AppendMember(to, `}},"httpMethod":`, c.method)
	to = jsontext.AppendMember(to, `,"path":`, path)
	c.gatherQuery(query, querySyntax{separators: "&"})
	to = c.appendGathered(append(to, queryKey...), form, asReceived)
	if certificate := p.certificates.of(c); certificate != nil {
		c.gatherHeaders(isHiddenInTargetGroup, certificate.balancer...)
	} else {
		c.gatherHeaders(isHiddenInTargetGroup)
	}
	to = c.appendGathered(append(to, headersKey...), form, asReceived)
	to = p.appendBalanced(to, c)
	to = appendContent(to, `,"body":`, `,"isBase64Encoded":`, body, text)
	c.request.SetBody(append(to, '}'))
	return nil
}

// isHiddenInTargetGroup also hides what only the load balancer itself says: of the client's certificate, of the port and of
// the trace.
func isHiddenInTargetGroup(name string) bool {
	return strings.HasPrefix(name, balancerPrefix) || name == portHeader || name == traceHeader || isHidden(name)
}

var (
	targetGroupAnswer = answerFormat{
		invalid: http.StatusBadGateway, contentType: "application/octet-stream", strict: true,
	}
	multiValueAnswer = answerFormat{
		invalid: http.StatusBadGateway, contentType: "application/octet-stream", strict: true, repeats: true,
	}
)

// answer turns a function's result into an answer as a load balancer does it: it must be an object with a statusCode, no
// member may be null (aws/aws-lambda-go#207, #529, aws/aws-lambda-dotnet#507), and of headers and multiValueHeaders the
// one that is not of the target group's kind counts for nothing (aws/serverless-java-container#347).
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#respond-to-load-balancer
func (p *targetGroup) answer(r *plugins.Answer) error {
	f := &targetGroupAnswer
	if p.multiValue {
		f = &multiValueAnswer
	}
	if len(r.Body()) > maxTargetGroupBody {
		return f.invalidAnswer("it must not be larger than 1 MB")
	}
	d, err := f.object(r.Body())
	if err != nil {
		return err
	}
	for _, member := range [...]struct {
		name  string
		value []byte
	}{
		{"statusCode", d.statusCode},
		{"statusDescription", d.statusDescription},
		{"headers", d.headers},
		{"multiValueHeaders", d.multiValueHeaders},
		{"body", d.body},
		{"isBase64Encoded", d.isBase64Encoded},
	} {
		if member.value != nil && jsontext.IsNull(member.value) {
			return f.invalidAnswer(member.name + " must not be null; leave it out instead")
		}
	}
	if d.statusDescription != nil && !jsontext.IsString(d.statusDescription) {
		return f.invalidAnswer("statusDescription must be a string")
	}
	d.cookies = nil
	if p.multiValue {
		d.headers = nil
	} else {
		d.multiValueHeaders = nil
	}
	return f.write(r, d)
}
