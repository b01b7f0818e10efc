package lambda

import (
	"strings"

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
	answer(*plugins.Response) error
}

func payloadOf(o options, set *parameters.Set) payload {
	if o.Payload == payloadBody {
		return bodyPayload{}
	}
	return &httpAPI{types: o.types, template: routeTemplate(set.PathTemplate())}
}

// bodyPayload hands the client's body to the function, and the function's result to the client.
type bodyPayload struct{}

func (bodyPayload) event(c *client) error {
	if encoding := c.header("content-encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return plugins.Errorf(plugins.BadBody, "The function takes JSON that is not compressed.")
	}
	if body := c.request.Body(); len(body) > 0 && c.header("content-length") == "" {
		c.request.SetBody(body) // The Lambda API wants the length beforehand; the filter adds it to a body that is set.
	}
	return nil
}

func (bodyPayload) buffers() bool { return false }

func (bodyPayload) answer(*plugins.Response) error { return nil }
