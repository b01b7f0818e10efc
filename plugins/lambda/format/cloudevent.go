package format

import (
	"bytes"
	"errors"
	"net/http"
	"sync"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// cloudEvent is `payload: cloudevent`: the CloudEvent that the request is, in the JSON format, whether it came in binary
// or in structured mode.
type cloudEvent struct {
	types contentTypes
}

// eventPool holds events that requests are read into.
var eventPool = sync.Pool{New: func() any { return new(events.Event) }}

func (p *cloudEvent) event(c *client) error {
	contentType := c.header("content-type")
	mode := events.ModeOf(contentType, c.header(events.HeaderPrefix+events.SpecVersion))
	switch mode {
	case events.Batch:
		return invalidEvent(&events.Error{Problem: "a batch holds several events, and the function takes one"})
	case events.NoEvent:
		return invalidEvent(&events.Error{Problem: "the request is no event; it has neither a ce-specversion nor the content type " + events.StructuredJSON})
	}
	if c.isCompressed() {
		return plugins.Errorf(plugins.BadBody, "The function takes an event that is not compressed.")
	}
	event := eventPool.Get().(*events.Event)
	defer eventPool.Put(event)
	defer event.Reset()
	var err error
	if mode == events.Structured {
		err = p.structured(event, c, contentType)
	} else {
		err = p.binary(event, c, contentType)
	}
	return invalidEvent(err)
}

func invalidEvent(err error) error {
	if err == nil {
		return nil
	}
	var invalid *events.Error
	if !errors.As(err, &invalid) {
		return err
	}
	failure := plugins.Errorf(plugins.InvalidEvent, "The event is not valid: %s.", invalid.Problem)
	if invalid.Unsupported {
		failure.Status = http.StatusUnsupportedMediaType
	}
	return failure
}

// structured checks an event in structured mode. It is the function's event as it stands.
func (p *cloudEvent) structured(event *events.Event, c *client, contentType string) error {
	if err := events.CheckFormat(contentType); err != nil {
		return err
	}
	if err := event.Read(c.request.Body()); err != nil {
		return err
	}
	c.keepBody()
	return nil
}

// binary writes an event of binary mode in one pass into one buffer.
func (p *cloudEvent) binary(event *events.Event, c *client, contentType string) error {
	for i := range c.headers {
		if err := event.AddHeader(c.headers[i].name, c.headers[i].value); err != nil {
			return err
		}
	}
	if err := event.Complete(); err != nil {
		return err
	}
	if err := event.SetContentType(contentType); err != nil {
		return err
	}
	body := c.request.Body()
	form := events.Base64Data
	if !p.types.isBinary(contentType) || len(body) == 0 {
		form = events.FormOf(contentType, p.types.isText(contentType, events.IsText), body)
	}
	c.request.SetBody(event.AppendJSON(c.newEvent(100, 1, form != events.Base64Data), form, body))
	return nil
}

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
