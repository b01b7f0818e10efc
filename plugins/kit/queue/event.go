package queue

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/plugins"
)

// Binding is how a protocol carries a CloudEvent in binary mode. In structured mode all do it alike: the event is the body.
type Binding struct {
	// Prefix goes before the names of attributes.
	Prefix string
	// Encode writes a value for a header.
	Encode func(value string) string
	// TypeAsAttribute has the data's content type be an attribute like all others, instead of the message's content type.
	TypeAsAttribute bool
}

// The values of `payload` and `event_mode` that are asked for.
const (
	cloudEvent = "cloudevent"
	structured = "structured"
)

// event makes the request's event the message.
func (t *Target) event(m *Message, r *plugins.Request) error {
	var event events.Event
	mode := events.ModeOf(r.Headers.Get(contentType), r.Headers.Get(events.HeaderPrefix+events.SpecVersion))
	var err error
	switch {
	case mode == events.Batch:
		err = &events.Error{Problem: "it is a batch of events, which cannot become one message"}
	case mode == events.NoEvent:
		err = &events.Error{Problem: "it has neither the headers nor the content-type of one"}
	case mode == events.Structured && r.Headers.Get(contentEncoding) != "":
		err = &events.Error{Problem: "its body is compressed, and would have to be read", Unsupported: true}
	case mode == events.Structured:
		if err = events.CheckFormat(r.Headers.Get(contentType)); err == nil {
			err = event.Read(r.Body())
		}
	default:
		err = readHeaders(&event, r.Headers)
	}
	if err != nil {
		return invalidEvent(err)
	}
	if t.settings.EventMode == structured {
		return t.structured(m, r, &event, mode)
	}
	t.binary(m, r, &event, mode)
	return nil
}

func readHeaders(event *events.Event, headers plugins.Headers) (err error) {
	headers.Range(func(name, value string) bool {
		err = event.AddHeader(name, value)
		return err == nil
	})
	if err == nil {
		err = event.SetContentType(headers.Get(contentType))
	}
	if err == nil {
		err = event.Complete()
	}
	return err
}

// invalidEvent is the error of a request that is no event, or none that can be read.
func invalidEvent(err error) error {
	failure := plugins.Errorf(plugins.InvalidEvent, "The request must be a CloudEvent: %v.", err)
	var invalid *events.Error
	if errors.As(err, &invalid) && invalid.Unsupported {
		failure.Status = http.StatusUnsupportedMediaType
	}
	return failure
}

func (t *Target) structured(m *Message, r *plugins.Request, event *events.Event, mode events.Mode) error {
	if mode == events.Structured {
		m.ContentType = strings.Clone(r.Headers.Get(contentType))
		m.Body = bytes.Clone(r.Body())
		return nil
	}
	if r.Headers.Get(contentEncoding) != "" {
		return invalidEvent(&events.Error{Problem: "its data is compressed, and would have to become part of JSON", Unsupported: true})
	}
	m.ContentType = events.StructuredJSON
	dataType := event.ContentType()
	m.Body = event.AppendJSON(nil, events.FormOf(dataType, events.IsText(dataType), r.Body()), r.Body())
	return nil
}

func (t *Target) binary(m *Message, r *plugins.Request, event *events.Event, mode events.Mode) {
	b := &t.protocol.Binding
	dataType := strings.Clone(event.ContentType())
	for i := range event.Attributes {
		if a := &event.Attributes[i]; a.Name != events.DataContentType {
			m.Headers = append(m.Headers, Header{b.Prefix + a.Name, strings.Clone(b.Encode(a.Value))})
		}
	}
	switch {
	case dataType != "" && b.TypeAsAttribute:
		m.Headers = append(m.Headers, Header{b.Prefix + events.DataContentType, b.Encode(dataType)})
	default:
		m.ContentType = dataType
	}
	if mode == events.Structured {
		m.Body = event.AppendData(nil)
		return
	}
	m.Body = bytes.Clone(r.Body())
	m.ContentEncoding = strings.Clone(r.Headers.Get(contentEncoding))
}
