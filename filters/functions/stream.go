package functions

import (
	"errors"
	"sync"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/wrapped"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// stream is one request on its way through the filter:
//
//	RequestHeaders → pair → parameters → function → (the body) → (a wait) → call
//	AnswerHeaders → (the body) → finish
type stream struct {
	config *config
	host   host.Stream

	destination *destination
	function    *function
	values      parameters.Values
	request     *plugins.Request // not nil once the request has become a call
	answer      *plugins.Answer  // not nil while the answer's body is awaited
	encoder     plugins.Decoder  // not nil while the request's body is changed as it comes
	decoder     plugins.Decoder  // not nil while the answer's body is decoded
	held        []byte           // decoded, but the answer's headers are still held back
	streamed    bool             // the answer's headers have gone ahead of its body
	contentless bool             // what is decoded goes nowhere
	failure     *plugins.Error   // what takes the place of the answer in AnswerBody
	attempt     *attempt         // not nil in a cluster's filter
	wait        *wait            // not nil while the request waits

	// request and answer point to these two. They are in one piece with the stream, because garbage costs more than all else.
	ownRequest plugins.Request
	ownAnswer  plugins.Answer
	copied     []byte // the request's body
	wrapped    wrapped.Request
	scratch    []byte // memory for cache keys

	arrived   time.Time
	head      bool // the client sent HEAD
	wantsBody bool // the request's body has been asked for
	// comesLater: there is a body of the request which has not been asked for.
	comesLater bool
	looked     bool // wrapped is known
}

var (
	_ host.StreamFilter = (*stream)(nil)
	_ host.Recycler     = (*stream)(nil)
)

// Plugins get a host's stream as their connection.
var _ plugins.Connection = host.Stream(nil)

func (s *stream) RequestHeaders(endOfStream bool) host.Action {
	known := s.config.pairs.excerpts
	s.scratch = s.host.AppendExcerpt(s.scratch[:0], known.setting, typeKey)
	typeName, ok := host.FirstText(s.scratch)
	if !ok {
		return host.Done
	}
	excerpts := known.of(typeName)
	defer s.end(s.begin())
	if s.takenUp() {
		return host.Done
	}
	loaded, err := s.host.RouteConfig()
	if err != nil {
		return s.fail(s.config.pairs.routeError(s.host, err))
	}
	route, _ := loaded.(*routeConfig)
	s.destination, s.scratch = s.config.pairs.find(s.host, excerpts, route, s.scratch)
	if s.destination.broken != nil {
		return s.fail(s.destination.broken)
	}
	s.wantsBody = !endOfStream && s.destination.parameters.NeedsBody() && !s.upgrades()
	if s.wantsBody {
		return host.Buffer
	}
	return s.choose(!endOfStream)
}

func (s *stream) RequestBody() host.Action {
	defer s.end(s.begin())
	if s.function != nil {
		return s.start()
	}
	return s.choose(false)
}

// choose finds the request's function. moreToCome says that there is a body which nobody has asked for yet.
func (s *stream) choose(moreToCome bool) host.Action {
	values, err := s.destination.parameters.Extract(source{s})
	if err != nil {
		return s.fail(badParameter(err))
	}
	s.values = values
	name, fromRequest, err := s.destination.choice.name(values)
	if err != nil {
		return s.fail(badParameter(err))
	}
	if name == "" {
		return s.withoutFunction()
	}
	if missing := s.destination.unsettled(s.host, s.config.pairs.excerpts, name); missing != nil {
		return s.settle(missing, name, fromRequest, moreToCome)
	}
	return s.take(name, fromRequest, moreToCome)
}

// settle waits until it is known what the upstream offers, and until that is prepared.
func (s *stream) settle(missing plugins.Awaiter, name string, fromRequest, moreToCome bool) host.Action {
	if moreToCome && !s.upgrades() {
		// Whether the function needs the body is not known yet, and after a wait it is too late to ask for it.
		s.wantsBody = true
		return host.Buffer
	}
	return s.waitFor(missing, s.config.options.credentialsWait, tooLate(), func() host.Action {
		return s.take(name, fromRequest, moreToCome)
	})
}

// take takes up the function of that name.
func (s *stream) take(name string, fromRequest, moreToCome bool) host.Action {
	var err error
	s.function, s.scratch, err = s.config.pairs.function(s.host, s.destination, name, fromRequest, s.scratch)
	if err != nil {
		return s.fail(err)
	}
	s.annotate("type", s.destination.typ.Name())
	s.annotate("function", s.function.name)
	if s.function.broken != nil {
		return s.fail(s.function.broken)
	}
	s.annotate("target", s.function.label)
	s.host.Record(s.config.metrics.requests[s.destination.typ.Name()], 1)
	s.destination.upstream.use()
	if moreToCome && (s.function.needsBody || s.function.encodes != nil) && s.upgrades() {
		return s.fail(plugins.Errorf(plugins.BadBody, "A function cannot be called over an upgraded connection."))
	}
	if moreToCome && s.function.needsBody {
		s.wantsBody = true
		return host.Buffer
	}
	s.comesLater = moreToCome
	return s.start()
}

func badParameter(err error) *plugins.Error {
	var extraction *parameters.Error
	if errors.As(err, &extraction) && extraction.Body {
		return plugins.Errorf(plugins.BadBody, "%v", err)
	}
	return plugins.Errorf(plugins.BadParameter, "%v", err)
}

// withoutFunction lets the request go to the upstream untouched, where that is possible.
func (s *stream) withoutFunction() host.Action {
	if _, callsOnly := s.destination.typ.(plugins.CallsOnly); callsOnly {
		return s.fail(plugins.Errorf(plugins.NoFunction, "No function is configured for this route."))
	}
	if s.attempt != nil {
		return host.Continue
	}
	return host.Done
}

// upgrades reports whether the body is a connection of its own (WebSocket, CONNECT), which never ends.
func (s *stream) upgrades() bool {
	headers := s.host.Request().Headers()
	return headers.Get("upgrade") != "" || headers.Get(":method") == "CONNECT"
}

// start calls the function, at once or when what it waits for is there.
func (s *stream) start() host.Action {
	if s.function.awaiter == nil || s.function.awaiter.Ready() {
		return s.call()
	}
	if s.comesLater && s.function.encodes != nil {
		// After a wait it is too late to ask for pieces.
		s.comesLater, s.wantsBody = false, true
		return host.Buffer
	}
	return s.waitFor(s.function.awaiter, s.config.options.credentialsWait, tooLate(), s.call)
}

// waitFor holds the request back until what it needs is there, or fails it when the time is over.
func (s *stream) waitFor(awaiter plugins.Awaiter, limit time.Duration, late *plugins.Error, then func() host.Action) host.Action {
	s.wait = &wait{resumer: s.host.Resumer(), panics: s.config.panics, log: s.config.log}
	s.wait.begin(awaiter, limit, late, func(err error) host.Action {
		defer s.end(s.begin())
		s.wait = nil
		if err != nil {
			return s.fail(err)
		}
		return then()
	})
	return host.Wait
}

// call has the function rewrite the request.
func (s *stream) call() host.Action {
	headers := s.host.Request().Headers()
	s.head = headers.Get(":method") == "HEAD"
	s.attempt.keep(s.host)
	var body []byte
	if s.wantsBody {
		body = s.body()
	}
	s.ownRequest = *plugins.NewRequest(headers, s.host, body)
	request := &s.ownRequest
	if s.wantsBody {
		request.Trailers = s.host.Request().Trailers()
	}
	request.Parameters = s.values
	request.Time = s.arrived
	reply, err := plugins.Call(s.function.function, request)
	s.annotateAll(request.Annotations())
	if err != nil {
		return s.fail(err)
	}
	switch {
	case reply == nil:
	case reply.Task != nil:
		return s.perform(reply.Task)
	default:
		return s.answerWith(reply)
	}
	if request.BodyReplaced() {
		setContentLength(headers, len(request.Body()))
		s.host.Request().SetBody(request.Body())
	}
	request.Release()
	s.request = request
	if s.function.encodes != nil {
		if s.encoder = s.function.encodes.StreamRequest(request); s.encoder != nil {
			return s.encode(body)
		}
	}
	return s.called()
}

// called says what is to be done with the answer, as far as that is known beforehand. In a cluster the answer also ends an
// attempt's use of the request's headers, and an answer to HEAD may come with a body.
func (s *stream) called() host.Action {
	switch {
	case s.attempt != nil || s.head:
	case s.function.answerer == nil:
		return host.Done
	case s.function.routine != nil:
		s.host.Expect(host.Expectation{Routine: s.function.routine})
	case s.function.collects:
		s.host.Expect(host.Expectation{Whole: true})
	}
	return host.Continue
}

func (s *stream) AnswerHeaders(endOfStream bool) host.Action {
	if s.request == nil || !s.host.FromUpstream() {
		return host.Continue
	}
	defer s.end(s.begin())
	s.attempt.release(s.host)
	headers := s.host.Answer().Headers()
	needsBody := false
	s.ownAnswer = *plugins.NewAnswer(s.request, headers)
	s.answer = &s.ownAnswer
	if s.function.answerer != nil {
		var err error
		needsBody, err = s.function.answerer.Headers(s.answer)
		if err != nil {
			return s.failAnswer(err, endOfStream)
		}
	}
	if !needsBody && s.function.streamer != nil {
		if s.decoder = s.function.streamer.Stream(s.answer); s.decoder != nil {
			return s.decode(endOfStream)
		}
	}
	switch {
	case (needsBody || s.head) && !endOfStream:
		return host.Buffer
	case needsBody:
		return s.finish()
	}
	s.annotateAll(s.answer.Annotations())
	s.answer = nil
	return host.Done
}

func (s *stream) AnswerBody() host.Action {
	defer s.end(s.begin())
	if s.failure != nil {
		return s.finishFailure()
	}
	s.answer.Receive(s.host.Answer().Body())
	s.answer.Trailers = s.host.Answer().Trailers()
	return s.finish()
}

// finish has the function map the whole answer.
func (s *stream) finish() host.Action {
	if s.function.answerer != nil {
		if err := s.function.answerer.Body(s.answer); err != nil {
			return s.failAnswer(err, true)
		}
	}
	s.annotateAll(s.answer.Annotations())
	replaced, body := s.answer.BodyReplaced(), s.answer.Body()
	defer s.answer.Release()
	s.answer = nil
	if s.replyInstead(body) {
		return host.Replied
	}
	switch status := s.host.Answer().Headers().Get(":status"); {
	case plugins.WithoutContent(status):
		s.host.Answer().Headers().Remove("content-length")
		s.host.Answer().SetBody(nil)
	case s.head:
		// RFC 9110 §8.6: content-length says what a GET would have had.
		if replaced {
			setContentLength(s.host.Answer().Headers(), len(body))
		}
		s.host.Answer().SetBody(nil)
	case replaced:
		setContentLength(s.host.Answer().Headers(), len(body))
		s.host.Answer().SetBody(body)
	}
	return host.Done
}

func (s *stream) Recovered(value any, stack []byte) host.Action {
	s.config.panics.tell(s.config.log, value, stack)
	return s.fail(plugins.Errorf(plugins.InternalError, "The proxy failed to handle this request."))
}

func (s *stream) Destroy() {
	if s.wait != nil {
		s.wait.abandon()
	}
	if s.attempt != nil {
		s.attempt.release(s.host)
	}
}

// streams keeps the memory of streams for the next ones.
// Their scratch bytes have the size of usual keys from the start: what does not fit is read twice.
var streams = sync.Pool{New: func() any { return &stream{scratch: make([]byte, 0, 512)} }}

func (s *stream) Recycle() {
	*s = stream{scratch: s.scratch}
	streams.Put(s)
}

// takenUp reports whether a functions filter in the listener has already turned the request into a call. In a cluster it first
// undoes what the previous attempt has done to the headers.
func (s *stream) takenUp() bool {
	// Filters in a cluster mark a request by their attempt, all filters by the function's type.
	const attemptKey = "called_by"
	if !s.host.InCluster() {
		return s.host.DynamicMetadata(settingsNamespace, typeKey) != ""
	}
	by := s.host.DynamicMetadata(settingsNamespace, attemptKey)
	if by == "" && s.host.DynamicMetadata(settingsNamespace, typeKey) != "" {
		return true
	}
	s.attempt = s.config.attempts.begin(by, s.host)
	if s.attempt.id != by {
		s.annotate(attemptKey, s.attempt.id)
	}
	return false
}

func (s *stream) annotate(key, value string) {
	s.host.SetDynamicMetadata(settingsNamespace, key, value)
}

func (s *stream) annotateAll(annotations []plugins.Annotation) {
	for _, a := range annotations {
		s.annotate(a.Key, a.Value)
	}
}

// begin starts the clock that measures what an event costs.
func (s *stream) begin() time.Time {
	now := time.Now()
	if s.arrived.IsZero() {
		s.arrived = now
	}
	return now
}

// end stops the clock, and writes what there is to write at the end of an event.
func (s *stream) end(begun time.Time) {
	s.host.Record(s.config.metrics.addedTime, uint64(time.Since(begun).Microseconds())) //nolint:gosec // Never negative.
	s.config.metrics.flush(s.host)
}

// body is the request's whole body, which is copied once.
func (s *stream) body() []byte {
	if s.copied == nil {
		s.copied = s.host.Request().Body()
	}
	return s.copied
}
