package lambda

import (
	"bytes"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// buffers implements the same method as documented on payload.
func (p *cloudEvent) buffers() bool { return true }

// answer hands on the function's result as it is. If that is an event in turn, its content type says so.
func (p *cloudEvent) answer(r *plugins.Response) error {
	result := bytes.Trim(r.Body(), jsontext.Space)
	if !jsontext.Valid(result) || result[0] != '{' {
		return nil
	}
	isEvent := false
	_ = jsontext.Members(result, func(name, value []byte) error {
		if string(name) == "specversion" {
			isEvent = jsontext.IsString(value) && string(jsontext.Unquote(value)) == specVersion
		}
		return nil
	})
	if isEvent {
		r.Headers.Set("content-type", cloudEventJSON)
	}
	return nil
}
