package lambda

import (
	"net/http"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

var (
	targetGroupAnswer = answerFormat{
		invalid: http.StatusBadGateway, contentType: "application/octet-stream", strict: true,
	}
	multiValueAnswer = answerFormat{
		invalid: http.StatusBadGateway, contentType: "application/octet-stream", strict: true, repeats: true,
	}
)

func (p *targetGroup) buffers() bool { return true }

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
