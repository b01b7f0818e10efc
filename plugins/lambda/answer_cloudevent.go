package lambda

import (
	"bytes"

	"github.com/funcroute/funcroute/plugins"
)

// buffers implements the same method as documented on payload.
func (p *cloudEvent) buffers() bool { return true }

// answer hands on the function's result as it is. If that is an event in turn, its content type says so.
func (p *cloudEvent) answer(r *plugins.Response) error {
	result := bytes.Trim(r.Body(), jsonSpace)
	if !isJSON(result) || result[0] != '{' {
		return nil
	}
	isEvent := false
	_ = members(result, func(name, value []byte) error {
		if string(name) == "specversion" {
			isEvent = isString(value) && string(unquote(value)) == specVersion
		}
		return nil
	})
	if isEvent {
		r.Headers.Set("content-type", cloudEventJSON)
	}
	return nil
}
