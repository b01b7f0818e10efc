package format

import "github.com/funcroute/funcroute/plugins"

// bareBody is `payload: body`: the client's body is the event, and the function's result is the answer's body.
type bareBody struct{}

func (bareBody) event(c *client) error {
	if c.isCompressed() {
		return plugins.Errorf(plugins.BadBody, "The function takes JSON that is not compressed.")
	}
	c.keepBody()
	return nil
}

func (bareBody) answer(*plugins.Answer) error { return nil }
