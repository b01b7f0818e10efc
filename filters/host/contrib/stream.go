package contrib

import (
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"

	"github.com/funcroute/funcroute/filters/host"
)

// stream is one request: to contrib it is the filter, to our filter it is the host.
//
// Events come on Envoy's worker, resumed functions run in goroutines, where contrib's API may be used as well. The two
// never touch the filter at once: while the request waits, nothing but a local reply can come the other way, and that is
// let through unseen; and Destroy takes the mutex.
type stream struct {
	block     blockConfig
	callbacks api.FilterCallbackHandler
	filter    host.StreamFilter // nil if the request does not concern it, or if it could not be made

	request, answer direction
	// metadata is that of the chosen cluster and route, read when first asked for.
	metadata map[host.Source]metadata

	replied bool
	done    atomic.Bool // the filter has no further part in the stream
	// away is set while a goroutine has the request; what Envoy answers meanwhile is not for the filter to see.
	away    atomic.Bool
	mutex   sync.Mutex // held by a goroutine that runs a resumed function, and by Destroy
	gone    bool       // guarded by mutex
	unheard bool       // an answer has begun while the request was away
}

// direction is how far one direction has come, and what Envoy has handed out in it.
type direction struct {
	process   api.FilterProcessCallbacks
	headers   api.HeaderMap
	body      api.BufferInstance // nil outside of a body event, and where trailers follow
	trailers  api.HeaderMap      // nil until they come
	held      []byte             // the body that trailers follow
	endless   bool               // the headers did not end the stream
	buffering bool               // the body is being collected
	inPieces  bool               // the body goes through the filter piece by piece
}

var _ host.Message = (*direction)(nil)

var (
	_ api.StreamFilter = (*stream)(nil)
	_ host.Stream      = (*stream)(nil)
	_ host.Metadata    = (*stream)(nil)
)

func (s *stream) DecodeHeaders(headers api.RequestHeaderMap, endOfStream bool) api.StatusType {
	s.request = direction{process: s.callbacks.DecoderFilterCallbacks(), headers: headers, endless: !endOfStream}
	s.metadata = map[host.Source]metadata{}
	made := s.guard(func() host.Action {
		if s.block.concerned(s.request.Headers(), s) {
			s.filter = s.block.config.NewStream(s)
		}
		return host.Continue
	})
	switch {
	case made == host.Replied:
		s.end()
		return api.LocalReply
	case s.filter == nil:
		return api.Continue
	}
	return s.status(&s.request, s.guard(func() host.Action { return s.filter.RequestHeaders(endOfStream) }))
}

// After StopAndBuffer it is called once, with
// the whole body (processor_state.cc, WaitingAllData).
func (s *stream) DecodeData(body api.BufferInstance, endOfStream bool) api.StatusType {
	if s.request.inPieces && !s.done.Load() {
		return s.onPiece(body, endOfStream, host.StreamFilter.RequestPiece)
	}
	return s.onBody(&s.request, body, endOfStream, host.StreamFilter.RequestBody)
}

func (s *stream) DecodeTrailers(trailers api.RequestTrailerMap) api.StatusType {
	s.request.trailers = trailers
	if s.request.inPieces && !s.done.Load() {
		return s.onLastPiece(&s.request, host.StreamFilter.RequestPiece)
	}
	return s.onTrailers(&s.request, host.StreamFilter.RequestBody)
}

func (s *stream) EncodeHeaders(headers api.ResponseHeaderMap, endOfStream bool) api.StatusType {
	s.unheard = s.unheard || s.away.Load()
	if s.filter == nil || s.replied || s.unheard || s.done.Load() {
		return api.Continue
	}
	s.answer = direction{process: s.callbacks.EncoderFilterCallbacks(), headers: headers, endless: !endOfStream}
	return s.status(&s.answer, s.guard(func() host.Action { return s.filter.AnswerHeaders(endOfStream) }))
}

func (s *stream) EncodeData(body api.BufferInstance, endOfStream bool) api.StatusType {
	if s.answer.inPieces && !s.done.Load() {
		return s.onPiece(body, endOfStream, host.StreamFilter.AnswerPiece)
	}
	return s.onBody(&s.answer, body, endOfStream, host.StreamFilter.AnswerBody)
}

func (s *stream) EncodeTrailers(trailers api.ResponseTrailerMap) api.StatusType {
	s.answer.trailers = trailers
	if s.answer.inPieces && !s.done.Load() {
		return s.onLastPiece(&s.answer, host.StreamFilter.AnswerPiece)
	}
	return s.onTrailers(&s.answer, host.StreamFilter.AnswerBody)
}

func (s *stream) status(d *direction, action host.Action) api.StatusType {
	switch action {
	case host.Buffer:
		d.buffering = true
		return api.StopAndBuffer
	case host.Pieces:
		d.inPieces = true
		// Each piece is handed out as it comes (processor_state.cc, WaitingData).
		return api.StopAndBufferWatermark
	case host.Wait:
		// If trailers without any body arrive while headers wait, contrib never goes on (golang_filter.cc, the TODO in
		// continueStatusInternal); nothing on this side of its API can help that.
		return api.Running
	case host.Replied:
		return api.LocalReply
	}
	return api.Continue
}

// onBody handles the whole body. If trailers follow, it is kept until they come, and Envoy's is dropped: with the body the headers
// would go, and the filter is to see all three at once.
func (s *stream) onBody(d *direction, body api.BufferInstance, endOfStream bool, event func(host.StreamFilter) host.Action) api.StatusType {
	if !d.buffering {
		return api.Continue
	}
	if !endOfStream {
		d.held = append([]byte(nil), body.Bytes()...)
		return api.StopNoBuffer
	}
	d.buffering, d.body = false, body
	action := s.guard(func() host.Action { return event(s.filter) })
	if action != host.Wait {
		d.body = nil
	}
	return s.status(d, action)
}

// pieceEvent is an event of the filter's for pieces, in either direction.
type pieceEvent = func(filter host.StreamFilter, piece []byte, last bool) ([]byte, host.Action)

// onPiece replaces a piece of the body. Envoy lets the headers go with the first piece that continues.
func (s *stream) onPiece(body api.BufferInstance, last bool, event pieceEvent) api.StatusType {
	out, action := s.piece(append([]byte(nil), body.Bytes()...), last, event)
	switch action {
	case host.Replied:
		return api.LocalReply
	case host.Hold:
		return api.StopNoBuffer
	}
	// Set never fails: capi_impl.go panics instead.
	_ = body.Set(out)
	return api.Continue
}

func (s *stream) onLastPiece(d *direction, event pieceEvent) api.StatusType {
	out, action := s.piece(nil, true, event)
	if action == host.Replied {
		return api.LocalReply
	}
	if len(out) > 0 {
		d.process.AddData(out, true)
	}
	return api.Continue
}

func (s *stream) piece(piece []byte, last bool, event pieceEvent) (out []byte, action host.Action) {
	action = s.guard(func() (action host.Action) {
		out, action = event(s.filter, piece, last)
		return action
	})
	return out, action
}

// onTrailers is where a body ends that trailers follow, also one that was announced and then was empty. A body added here is held
// back with the headers (filter_manager.cc, FilterManager::addDecodedData).
func (s *stream) onTrailers(d *direction, event func(host.StreamFilter) host.Action) api.StatusType {
	if !d.buffering {
		return api.Continue
	}
	d.buffering = false
	action := s.guard(func() host.Action { return event(s.filter) })
	if action.GoesOn() {
		d.giveBack()
	}
	return s.status(d, action)
}

// giveBack gives Envoy the body that was kept until the trailers came.
func (d *direction) giveBack() {
	if len(d.held) > 0 {
		d.process.AddData(d.held, false)
		d.held = nil
	}
}

// resume runs what takes the place of a Wait, in a goroutine of its own.
func (s *stream) resume(d *direction, event func() host.Action) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.gone {
		return
	}
	defer func() { _ = recover() }() // Continue panics too when the client has gone, see left.
	action := s.guard(event)
	if action == host.Wait {
		return // Another goroutine resumes it, which has to wait for the mutex.
	}
	d.body = nil
	s.away.Store(false)
	if action.GoesOn() {
		d.giveBack()
		d.process.Continue(api.Continue)
	}
}

// guard runs an event of the filter. A panic is handed to the filter; if that fails as well, the stream is ended.
func (s *stream) guard(event func() host.Action) (action host.Action) {
	defer func() {
		value := recover()
		switch {
		case value == nil:
		case left(value):
			action = host.Replied
		default:
			action = s.block.recovery.Recover(s, s.filter, value, debug.Stack(), s.end)
		}
		if action == host.Done {
			s.done.Store(true)
		}
	}()
	return event()
}

// left reports whether a panic is contrib's way to say that the client has gone away while a goroutine was at work. There
// is nobody left then who could be told. The texts are the SDK's (go/pkg/http/type.go, errFilterDestroyed and
// errRequestFinished), which exports neither.
func left(value any) bool {
	return value == "golang filter has been destroyed" || value == "request has been finished"
}

// end answers when no filter can.
func (s *stream) end() {
	if !s.replied {
		s.SendReply(500, nil, nil, "funcroute_internal_error")
	}
}

// A goroutine that waits for the worker in
// contrib's API has been let go before (shim.go, envoyGoFilterOnHttpDestroy), so the mutex is free or soon will be.
func (s *stream) OnDestroy(api.DestroyReason) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.gone = true
	if s.filter != nil && !s.done.Load() {
		s.block.recovery.Quietly(s, s.filter.Destroy)
	}
}

func (s *stream) OnStreamComplete() {}

func (s *stream) OnLog(api.RequestHeaderMap, api.RequestTrailerMap, api.ResponseHeaderMap, api.ResponseTrailerMap) {
}

func (s *stream) OnLogDownstreamStart(api.RequestHeaderMap) {}

func (s *stream) OnLogDownstreamPeriodic(api.RequestHeaderMap, api.RequestTrailerMap, api.ResponseHeaderMap, api.ResponseTrailerMap) {
}
