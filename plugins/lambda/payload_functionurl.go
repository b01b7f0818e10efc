package lambda

import "strings"

// functionURL is `payload: function-url`: the event that a function gets through its own URL. It is an HTTP API's without
// routes, and so without path parameters and authorizers; and the path is not decoded.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
type functionURL struct {
	types contentTypes
}

func (p *functionURL) event(c *client) error {
	target, _, _ := strings.Cut(c.path, "?")
	c.request.SetBody(append(appendVersion2(c, p.types, sender{}, "", target), '}'))
	return nil
}
