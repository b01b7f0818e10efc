package cloudevents

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/problem"
	"github.com/funcroute/funcroute/filters/wrapped"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// stream is one request on its way through the filter:
//
//	binary mode              RequestHeaders → read → show → deliver (→ the body, if the mode changes)
//	structured, batch mode   RequestHeaders → the body → read → show → deliver
//	a request to wrap        RequestHeaders (→ the body, if parameters come from it) → wrap → show → deliver → …
//
// Answers pass untouched, so the filter is done with a stream when it is done with the request.
type stream struct {
	config *config
	host   host.Stream

	mode     events.Mode
	wrap     *wrap    // not nil if the request is being made an event
	clients  string   // the content-type of such a request
	subject  *subject // not nil while the event is needed
	hasBody  bool     // there is a body, and it has not been asked for
	body     []byte
	only     []byte                    // the event of a batch of one, as it stands in the body
	awaiting func(*stream) host.Action // what to do with the body
	scratch  []byte                    // memory for cache keys
}

var (
	_ host.StreamFilter = (*stream)(nil)
	_ host.Recycler     = (*stream)(nil)
)

// subjectPool holds subjects that requests are read into.
var subjectPool = sync.Pool{New: func() any { return new(subject) }}

func (s *stream) RequestHeaders(endOfStream bool) host.Action {
	if failure := s.refused(); failure != nil {
		return s.fail(failure)
	}
	headers := s.host.Request().Headers()
	if webhook := s.config.options.webhook; webhook.isHandshake(headers) {
		pair := s.pair()
		if pair.broken != nil {
			return s.fail(pair.broken)
		}
		if webhook.isFor(s.host, pair.webhook) {
			return webhook.answer(s.host)
		}
	}
	s.hasBody = !endOfStream
	s.subject = subjectPool.Get().(*subject)
	s.mode = events.ModeOf(headers.Get("content-type"), headers.Get(events.HeaderPrefix+events.SpecVersion))
	switch s.mode {
	case events.NoEvent:
		return s.plain()
	case events.Binary:
		return s.binary()
	case events.Batch:
		return s.withBody((*stream).batch)
	default:
		return s.withBody((*stream).structured)
	}
}

// refused says whether the filter must not do its work here.
func (s *stream) refused() error {
	cause := errMisplaced
	if !s.host.InCluster() {
		if _, cause = s.host.RouteConfig(); cause == nil {
			return nil
		}
	}
	return s.config.pairs.refused(s.host, cause).broken
}

// pair is what cluster and route say of events, as they are chosen now.
func (s *stream) pair() (found *pair) {
	found, s.scratch = s.config.pairs.find(s.host, s.scratch)
	return found
}

// plain handles a request that is no event. It passes untouched unless the route makes it one.
func (s *stream) plain() host.Action {
	pair := s.pair()
	switch {
	case pair.broken != nil:
		return s.fail(pair.broken)
	case pair.wrap == nil:
		return host.Done
	}
	s.wrap = pair.wrap
	if s.hasBody && s.wrap.parameters.NeedsBody() {
		return s.withBody((*stream).wrapped)
	}
	return s.wrapped()
}

// wrapped makes the request an event in binary mode. What the client says in its ce- headers is no part of it.
func (s *stream) wrapped() host.Action {
	headers := s.host.Request().Headers()
	s.clients = headers.Get("content-type")
	if err := s.wrap.event(&s.subject.Event, source{s}, s.clients, time.Now()); err != nil {
		return s.fail(badParameter(err))
	}
	s.subject.scan(headers, &s.config.options)
	s.writeHeaders(headers)
	if given := s.subject.Get(events.DataContentType); given != s.clients {
		headers.Set("content-type", given)
		wrapped.Note(s.host, s.clients)
	}
	s.mode = events.Binary
	return s.shown()
}

func badParameter(err error) error {
	var extraction *parameters.Error
	if errors.As(err, &extraction) && extraction.Body {
		return plugins.Errorf(plugins.BadBody, "%v", err)
	}
	return plugins.Errorf(plugins.BadParameter, "%v", err)
}

// binary reads the event from the headers. Its body streams past, unless it is to be delivered in structured mode.
func (s *stream) binary() host.Action {
	headers := s.host.Request().Headers()
	if err := s.subject.read(headers, &s.config.options); err != nil {
		return s.fail(invalidEvent(err))
	}
	if s.subject.ClaimsContentType() {
		headers.Remove(events.ContentTypeHeader)
	}
	return s.shown()
}

// structured reads the event from the body.
func (s *stream) structured() host.Action {
	err := s.readable()
	if err == nil {
		err = s.subject.Read(s.body)
	}
	if err != nil {
		return s.fail(invalidEvent(err))
	}
	s.disown()
	return s.shown()
}

// disown removes the headers of binary mode from a request in another mode. They may be there as copies, but there are
// receivers that look at them first; what we read is the body.
func (s *stream) disown() {
	headers := s.host.Request().Headers()
	s.subject.scan(headers, &s.config.options)
	s.subject.removeAttributes(headers)
}

// shown shows the event to Envoy and delivers it.
func (s *stream) shown() host.Action {
	s.host.Record(s.config.metrics.events, 1)
	s.show(&s.subject.Event, s.matches(s.subject, s.subject.all(len(s.config.options.matches))))
	return s.deliver()
}

// batch reads the events from the body, one by one, and shows what all of them share.
func (s *stream) batch() host.Action {
	if err := s.readable(); err != nil {
		return s.fail(invalidEvent(err))
	}
	var (
		shared events.Event
		held   = s.subject.all(len(s.config.options.matches))
		count  uint64
	)
	err := s.subject.ReadBatch(s.body, func(event []byte) error {
		s.only = nil
		if count++; count == 1 {
			s.only = event
			shared.Attributes = append(shared.Attributes, s.subject.Attributes...)
		}
		shared.Attributes = share(shared.Attributes, &s.subject.Event)
		s.matches(s.subject, held)
		s.subject.forget()
		return nil
	})
	if err != nil {
		return s.fail(invalidEvent(err))
	}
	if count == 0 {
		held = nil // No event is no reason for a filter to hold.
	}
	s.disown()
	s.host.Record(s.config.metrics.events, count)
	s.show(&shared, held)
	return s.deliver()
}

// readable checks that the body is JSON as such.
func (s *stream) readable() error {
	headers := s.host.Request().Headers()
	if isCompressed(headers) {
		return &events.Error{Problem: "the body is compressed, and would have to be read", Unsupported: true}
	}
	return events.CheckFormat(headers.Get("content-type"))
}

func isCompressed(headers host.Headers) bool {
	encoding := headers.Get("content-encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

// withBody has f called when the whole body is there, which may be at once.
func (s *stream) withBody(f func(*stream) host.Action) host.Action {
	if !s.hasBody {
		return f(s)
	}
	headers := s.host.Request().Headers()
	if headers.Get("upgrade") != "" || headers.Get(":method") == http.MethodConnect {
		// The body is a connection of its own, which never ends.
		return s.fail(plugins.Errorf(plugins.BadBody, "An event cannot be sent over an upgraded connection."))
	}
	s.awaiting = f
	return host.Buffer
}

func (s *stream) RequestBody() host.Action {
	s.hasBody, s.body = false, s.host.Request().Body()
	return s.awaiting(s)
}

// It is never called.
func (s *stream) RequestPiece(piece []byte, _ bool) ([]byte, host.Action) {
	return piece, host.Continue
}

// It is called after a reply of another's only.
func (s *stream) AnswerHeaders(bool) host.Action { return host.Done }

// It is never called.
func (s *stream) AnswerBody() host.Action { return host.Continue }

// It is never called.
func (s *stream) AnswerPiece(piece []byte, _ bool) ([]byte, host.Action) {
	return piece, host.Continue
}

func (s *stream) Recovered(value any, stack []byte) host.Action {
	if line := s.config.panics.Line(value, stack); line != "" {
		s.config.pairs.log.Log(host.Error, "funcroute: internal_error: "+line)
	}
	return s.fail(plugins.Errorf(plugins.InternalError, "The proxy failed to handle this request."))
}

func (s *stream) Destroy() {
	if s.subject != nil {
		s.subject.release()
		s.subject = nil
	}
}

// streams keeps the memory of streams for the next ones.
var streams = sync.Pool{New: func() any { return new(stream) }}

func (s *stream) Recycle() {
	s.Destroy()
	*s = stream{scratch: s.scratch}
	streams.Put(s)
}

func invalidEvent(err error) error {
	failure := plugins.Errorf(plugins.InvalidEvent, "The event is not valid: %v.", err)
	var invalid *events.Error
	if errors.As(err, &invalid) && invalid.Unsupported {
		failure.Status = http.StatusUnsupportedMediaType
	}
	return failure
}

// fail answers the client with an error.
func (s *stream) fail(err error) host.Action {
	failure := problem.Tell(s.config.pairs.log.Log, err)
	s.host.Record(s.config.metrics.errors[failure.Reason], 1)
	s.host.SetDynamicMetadata("funcroute", "error", string(failure.Reason))
	return problem.Reply(s.host, failure)
}

func setBody(s host.Stream, body []byte) {
	s.Request().Headers().Set("content-length", strconv.Itoa(len(body)))
	s.Request().SetBody(body)
}

// source is the request as parameters see it.
type source struct{ *stream }

var _ parameters.Source = source{}

func (r source) Path() string                { return r.host.Request().Headers().Get(":path") }
func (r source) Method() string              { return r.host.Request().Headers().Get(":method") }
func (r source) Authority() string           { return r.host.Request().Headers().Get(":authority") }
func (r source) Header(name string) []string { return r.host.Request().Headers().Values(name) }
func (r source) Body() []byte                { return r.body }
