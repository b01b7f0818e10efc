package cloudevents

import (
	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/wrapped"
)

// deliver puts the event into the mode that the chosen cluster or route asks for.
func (s *stream) deliver() host.Action {
	pair := s.pair()
	switch {
	case pair.broken != nil:
		return s.fail(pair.broken)
	case s.mode == events.Batch:
		return s.deliverBatch(pair)
	case pair.deliver == events.Structured && s.mode == events.Binary:
		if isCompressed(s.host.Request().Headers()) {
			return s.fail(invalidEvent(&events.Error{Problem: "its data is compressed, and would have to become part of JSON", Unsupported: true}))
		}
		if s.body != nil {
			return s.toStructured()
		}
		return s.withBody((*stream).toStructured)
	case pair.deliver == events.Binary && s.mode == events.Structured:
		return s.toBinary()
	}
	return host.Done
}

// deliverBatch leaves a batch as it is, unless it has but one event and the pair says to take that out.
func (s *stream) deliverBatch(pair *pair) host.Action {
	switch {
	case !pair.split || s.only == nil:
		return host.Done
	case pair.deliver == events.Binary:
		return s.toBinary()
	}
	s.host.Request().Headers().Set("content-type", events.StructuredJSON)
	setBody(s.host, s.only)
	return host.Done
}

// toStructured makes the body an event in JSON.
func (s *stream) toStructured() host.Action {
	headers, contentType := s.host.Request().Headers(), s.subject.Get(events.DataContentType)
	form := events.FormOf(contentType, events.IsText(contentType), s.body)
	body := s.subject.AppendJSON(s.subject.buffer(jsonSize(len(s.body))), form, s.body)
	s.subject.removeAttributes(headers)
	if s.wrap != nil {
		s.subject.Headers(func(name, _ string) { headers.Remove(name) })
		wrapped.Note(s.host, s.clients)
	}
	headers.Set("content-type", events.StructuredJSON)
	setBody(s.host, body)
	return host.Done
}

// jsonSize is about how long an event with that much data is in JSON.
func jsonSize(data int) int { return 512 + data + data/3 }

// toBinary makes the body the event's data. Data that is an event in its own right would be taken for one there, so such
// an event stays as it is.
func (s *stream) toBinary() host.Action {
	if events.ModeOf(s.subject.ContentType(), "") != events.NoEvent {
		return host.Done
	}
	headers := s.host.Request().Headers()
	s.writeHeaders(headers)
	if contentType := s.subject.ContentType(); contentType != "" {
		headers.Set("content-type", contentType)
	} else {
		headers.Remove("content-type")
	}
	setBody(s.host, s.subject.AppendData(s.subject.buffer(len(s.subject.Data))))
	return host.Done
}

// writeHeaders writes the event's attributes as those of binary mode, and no others.
func (s *stream) writeHeaders(headers host.Headers) {
	s.subject.removeAttributes(headers)
	s.subject.Headers(headers.Add)
}
