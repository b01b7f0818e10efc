package lambda

import (
	"bytes"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

func (p *cloudEvent) buffers() bool { return true }

// answer hands on the function's result as it is. If that is an event in turn, its content type says so.
func (p *cloudEvent) answer(r *plugins.Answer) error {
	result := bytes.Trim(r.Body(), jsontext.Space)
	if !jsontext.Valid(result) || result[0] != '{' {
		return nil
	}
	isEvent := false
	_ = jsontext.Members(result, func(name, value []byte) error {
		if string(name) == events.SpecVersion {
			isEvent = jsontext.IsString(value) && string(jsontext.Unquote(value)) == events.Version
		}
		return nil
	})
	if isEvent {
		r.Headers.Set("content-type", events.StructuredJSON)
	}
	return nil
}
