package queue

import (
	"bytes"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/message"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Message is what a request has become. Nothing in it is the request's any more, so that a task can have it.
type Message struct {
	// Address has a text for each part that the protocol's first line has.
	Address []string
	// ID is what `message_id` says, "" if it says nothing.
	ID string
	// ContentType and ContentEncoding tell of the body, "" where nothing is known.
	ContentType, ContentEncoding string
	// Headers are all others, in the letters that they are written in. A name may be there several times.
	Headers []Header
	Body    []byte
}

// Header is a header of a message. Its value holds no control characters.
type Header struct{ Name, Value string }

const (
	contentType     = "content-type"
	contentEncoding = "content-encoding"
)

// tracing are the client's headers that always go along, so that a trace goes on at whoever gets the message.
var tracing = []string{
	"traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "x-request-id",
}

// Make makes the message of a request. An error is the request's fault.
func (t *Target) Make(r *plugins.Request) (*Message, error) {
	scope := t.environment.Begin(expression.Message{Headers: r.Headers, Body: r.Body(), Parameters: r.Parameters})
	defer scope.End()
	m := &Message{}
	for _, text := range t.address {
		part, err := text.Expand(scope)
		if err != nil {
			return nil, message.RequestError(err)
		}
		m.Address = append(m.Address, part)
	}
	if t.id != nil {
		var err error
		if m.ID, err = t.id.Expand(scope); err != nil {
			return nil, message.RequestError(err)
		}
	}
	if err := t.content(m, r, scope); err != nil {
		return nil, err
	}
	for _, name := range tracing {
		m.forward(r, name)
	}
	for _, name := range t.settings.ForwardHeaders {
		m.forward(r, name)
	}
	return m, t.setHeaders(m, scope)
}

// content is the message's body, with what tells of it.
func (t *Target) content(m *Message, r *plugins.Request, scope *expression.Scope) error {
	switch {
	case t.body != nil:
		body, err := t.body.Append(nil, scope)
		if err != nil {
			return message.RequestError(err)
		}
		m.Body, m.ContentType = body, t.contentType
		return nil
	case t.settings.Payload == cloudEvent:
		return t.event(m, r)
	}
	m.Body = bytes.Clone(r.Body())
	m.ContentType = strings.Clone(r.Headers.Get(contentType))
	m.ContentEncoding = strings.Clone(r.Headers.Get(contentEncoding))
	return nil
}

// forward has a header of the client's go along, with all its values, unless an event's attribute has its name.
func (m *Message) forward(r *plugins.Request, name string) {
	if slices.ContainsFunc(m.Headers, func(h Header) bool { return strings.EqualFold(h.Name, name) }) {
		return
	}
	for _, value := range r.Headers.Values(strings.ToLower(name)) {
		m.Headers = append(m.Headers, Header{name, strings.Clone(value)})
	}
}

// setHeaders sets the target's own headers, which replace all others of their names.
func (t *Target) setHeaders(m *Message, scope *expression.Scope) error {
	const usual = 8
	var list [usual]message.Computed
	computed, err := t.headers.Compute(list[:0], scope)
	if err != nil {
		return message.RequestError(err)
	}
	for i := range computed {
		c := &computed[i]
		switch c.Name() {
		case contentType:
			m.ContentType = c.Value
			continue
		case contentEncoding:
			m.ContentEncoding = c.Value
			continue
		}
		if !c.Again() {
			m.Headers = slices.DeleteFunc(m.Headers, func(h Header) bool { return strings.EqualFold(h.Name, c.Name()) })
		}
		if !c.Left {
			m.Headers = append(m.Headers, Header{c.Written(), c.Value})
		}
	}
	return nil
}
