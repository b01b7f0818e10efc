package lambda

import "github.com/funcroute/funcroute/plugins"

// bodyPayload is `payload: body`: the client's body is the event, and the function's result is the answer's body.
type bodyPayload struct{}

func (bodyPayload) event(c *client) error {
	if c.isCompressed() {
		return plugins.Errorf(plugins.BadBody, "The function takes JSON that is not compressed.")
	}
	c.keepBody()
	return nil
}

// keepBody makes the client's body the event. The Lambda API wants the length beforehand; the filter adds it to a body
// that is set.
func (c *client) keepBody() {
	if body := c.request.Body(); len(body) > 0 && c.header("content-length") == "" {
		c.request.SetBody(body)
	}
}

func (bodyPayload) buffers() bool { return false }

func (bodyPayload) answer(*plugins.Answer) error { return nil }
