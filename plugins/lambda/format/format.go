// Package format has the forms in which functions get requests and give answers: those of the AWS services that call
// functions, so that handlers written for one of them need not be changed.
//
//	format.go                                     settings, and the format that they choose
//	apigatewayv1.go, apigatewayv2.go, functionurl.go, alb.go, envoy.go, cloudevent.go, body.go
//	                                              one file per format: the event, and what the function's result means
//	client.go                                     a request as its client has sent it
//	event.go, groups.go, context.go, path.go, content_type.go
//	                                              what the events have in common
//	alb_headers.go                                the headers that a load balancer adds
//	claims.go, certificate.go, certificates.go    what events tell of who calls
//	answer.go                                     how a result describes an answer, and where the formats differ in that
//	prelude.go                                    the description that a streamed result may begin with
package format

import (
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/plugins"
)

// Settings say how functions get requests and give answers. They are part of the type's own.
type Settings struct {
	Payload              string   `setting:"payload" one_of:"apigateway-v2,apigateway-v1,function-url,alb,alb-multi-value,envoy,cloudevent,body" default:"apigateway-v2" doc:"The form in which the function gets the request and gives its answer."`
	TextTypes            []string `setting:"text_types" doc:"Content types whose bodies reach the function as text besides the format's own, like image/svg+xml, image/*, */*+json or */*."`
	BinaryTypes          []string `setting:"binary_types" doc:"Content types whose bodies reach the function in base64; they win over all text types."`
	JWTPayloadHeader     string   `setting:"jwt_payload_header" doc:"The header with the claims of a token that jwt_authn has verified; it counts only with jwt_payload_in_metadata."`
	JWTPayloadInMetadata string   `setting:"jwt_payload_in_metadata" doc:"The payload_in_metadata of jwt_authn's provider, which proves that the claims in jwt_payload_header were verified."`
}

// The values of the setting `payload`.
const (
	payloadHTTPAPI       = "apigateway-v2"
	payloadRESTAPI       = "apigateway-v1"
	payloadFunctionURL   = "function-url"
	payloadALB           = "alb"
	payloadALBMultiValue = "alb-multi-value"
	payloadEnvoy         = "envoy"
	payloadCloudEvent    = "cloudevent"
	payloadBody          = "body"
)

// Options are settings that have been checked.
type Options struct {
	payload string
	types   contentTypes
	tokens  tokens
}

// Check says what is wrong with the settings, or returns what they mean.
func (s *Settings) Check() (Options, error) {
	o := Options{payload: s.Payload, tokens: tokens{header: strings.ToLower(s.JWTPayloadHeader), key: s.JWTPayloadInMetadata}}
	var err error
	if o.types.text, err = parseContentTypes(s.TextTypes); err != nil {
		return Options{}, fmt.Errorf("setting %q %w", "text_types", err)
	}
	if o.types.binary, err = parseContentTypes(s.BinaryTypes); err != nil {
		return Options{}, fmt.Errorf("setting %q %w", "binary_types", err)
	}
	return o, o.tokens.check()
}

// Function is what a format knows of the function and of its route.
type Function struct {
	// Region and Account are where the function is. The account is "" if it is not known.
	Region, Account string
	// Path is the route's path template in our notation, "" where the route gives none.
	Path string
	// Certificates are those of clients. All functions share them.
	Certificates *Certificates
}

// Format is a form in which a function gets requests and gives answers. It is immutable and shared by all workers.
type Format struct {
	form payloadFormat
	// claims is the header that may hold claims, "" if none does.
	claims string
	raw    bool
}

// payloadFormat is one of the forms that the setting `payload` chooses from.
type payloadFormat interface {
	// event makes the request's body the event.
	event(*client) error
	// answer turns the function's result, which is the answer's body, into the answer. An error leaves the answer as it was.
	answer(*plugins.Answer) error
}

// Of returns the format that the options choose.
func Of(o Options, f Function) Format {
	p := payloadFormatOf(o, f)
	_, raw := p.(bareBody)
	return Format{form: p, claims: o.tokens.header, raw: raw}
}

func payloadFormatOf(o Options, f Function) payloadFormat {
	who := callers{o.tokens, f.Certificates}
	switch o.payload {
	case payloadBody:
		return bareBody{}
	case payloadRESTAPI:
		return &restAPI{types: o.types, callers: who, template: routeTemplate(f.Path)}
	case payloadFunctionURL:
		return &functionURL{types: o.types}
	case payloadALB, payloadALBMultiValue:
		return &targetGroup{
			types: o.types, certificates: f.Certificates, arn: targetGroupARN(f.Region, f.Account), multiValue: o.payload == payloadALBMultiValue,
		}
	case payloadEnvoy:
		return &native{types: o.types}
	case payloadCloudEvent:
		return &cloudEvent{types: o.types}
	default:
		return &httpAPI{types: o.types, callers: who, template: routeTemplate(f.Path)}
	}
}

// Event makes the request's body the event, and leaves the headers as they are. An error, which is fit to be shown to the client,
// leaves the request as it was.
func (f *Format) Event(r *plugins.Request) error {
	c := read(r)
	defer c.release()
	c.hide(f.claims)
	return f.form.event(c)
}

// ClaimsHeader is the header that may hold claims, "" if none does. No function sees it, and it should not leave with the call.
func (f *Format) ClaimsHeader() string { return f.claims }

// Raw reports whether the client's body is the event as it is, and the function's result is the answer's body as it is. Of any
// other format, Answer wants the whole result.
func (f *Format) Raw() bool { return f.raw }

// Answer turns the function's result, which is the answer's body, into the answer. An error, which is fit to be shown to the
// client, leaves the answer as it was.
func (f *Format) Answer(r *plugins.Answer) error { return f.form.answer(r) }

// callers is what an event tells of who calls, beyond what the client itself says.
type callers struct {
	tokens       tokens
	certificates *Certificates
}
