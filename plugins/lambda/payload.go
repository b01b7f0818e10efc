package lambda

import (
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// payload is a form in which functions get requests and give answers. It is immutable and shared.
type payload interface {
	// event makes the request's body the event.
	event(*client) error
	// buffers reports whether answer wants the function's whole result; if not, it goes to the client as it is.
	buffers() bool
	// answer turns the function's result, the body of the response, into the answer.
	answer(*plugins.Answer) error
}

// callers is what an event tells of who calls, beyond what the client itself says.
type callers struct {
	tokens       tokens
	certificates *certificates
}

func payloadOf(o options, t target, set *parameters.Set, known *certificates) payload {
	who := callers{o.tokens, known}
	switch o.Payload {
	case payloadBody:
		return bodyPayload{}
	case payloadRESTAPI:
		return &restAPI{types: o.types, callers: who, template: routeTemplate(set.PathTemplate())}
	case payloadFunctionURL:
		return &functionURL{types: o.types}
	case payloadALB, payloadALBMultiValue:
		return &targetGroup{types: o.types, certificates: known, arn: targetGroupARN(t), multiValue: o.Payload == payloadALBMultiValue}
	case payloadEnvoy:
		return &native{types: o.types}
	case payloadCloudEvent:
		return &cloudEvent{types: o.types}
	default:
		return &httpAPI{types: o.types, callers: who, template: routeTemplate(set.PathTemplate())}
	}
}

// tooLarge is the error for what is larger than the function may get.
func tooLarge(what string, size, limit int) error {
	return plugins.Errorf(plugins.BodyTooLarge, "The %s for the function has %d bytes, at most %d are allowed.", what, size, limit)
}
