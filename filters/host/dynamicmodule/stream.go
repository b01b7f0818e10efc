package dynamicmodule

import (
	"runtime/debug"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// Stream is one request: to Envoy it is the filter, to our filter it is the host.
type Stream struct {
	envoy  Envoy
	block  *Config
	filter host.StreamFilter // nil if it could not be made

	request, answer side
	scratch         *scratch // nil between events
	received        bool     // an event has brought a piece of a body
	replied         bool
	done            bool // the filter has no further part in the stream
	answered        bool // the filter has seen the answer's headers
	collects        bool // it will ask for the whole answer
	isGRPC          bool // the client's request was one of gRPC, known once its headers have been read
	headersRead     bool
	depth           int // how many events are being handled, one within the other
	gone            bool
	resumer         *resumer // what wakes the stream, nil if nothing is to
}

// side is one direction of a stream: to the filter it is the message.
type side struct {
	stream    *Stream
	direction Direction
	headers   headers
	trailers  headers
	trailed   bool    // the trailers have come
	body      *[]byte // what of the body has been read
	state     state
}

var _ host.Message = (*side)(nil)

// state is how far one direction has come.
type state int

const (
	passing   state = iota // nothing is held back
	buffering              // the body is being collected
	inPieces               // the body goes through the filter piece by piece
	waiting                // the filter has returned Wait, or the answer's last piece is to be continued
)

var (
	_ host.Stream       = (*Stream)(nil)
	_ host.HeaderKeeper = (*Stream)(nil)
)

// streams keeps the memory of streams for the next ones: garbage is what a request costs most of all.
var streams = sync.Pool{New: func() any { return new(Stream) }}

// bodies keeps the memory of bodies: where each has its own, large ones keep the garbage collector busy.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

const mostKept = 4 << 20

// NewStream begins a stream, with its first event.
func (c *Config) NewStream(envoy Envoy) *Stream {
	s := streams.Get().(*Stream)
	s.envoy, s.block = envoy, c
	s.request.begin(s, Request)
	s.answer.begin(s, Answer)
	s.guard(func() host.Action {
		s.filter = c.config.NewStream(s)
		return host.Continue
	})
	return s
}

// scratch is memory that a stream needs within an event and not between two. The same few are used again and again, so that they are in the
// processor's caches, where those of many waiting streams would not be.
type scratch struct {
	writes  []Write        // not yet written
	headers [4][][2]string // by Map
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// within returns the scratch of the event that runs.
func (s *Stream) within() *scratch {
	if s.scratch == nil {
		s.scratch = scratches.Get().(*scratch)
	}
	return s.scratch
}

// Recycle ends the use of a stream that was destroyed, whose filter is done, or that followed a routine to its end. One that other goroutines
// have known of is left to the garbage collector, and one that ends within an event of its own, as a local reply does.
func (s *Stream) Recycle() {
	if s.resumer != nil {
		s.resumer.close()
		return
	}
	if s.depth > 0 {
		return
	}
	if filter, ok := s.filter.(host.Recycler); ok {
		s.block.recovery.Quietly(s, filter.Recycle)
	}
	for _, body := range [...]*[]byte{s.request.body, s.answer.body} {
		if body != nil && cap(*body) <= mostKept {
			bodies.Put(body)
		}
	}
	*s = Stream{}
	streams.Put(s)
}

// write notes a change. All are made at the end of the event. An event may go on after its reply has destroyed the stream: what
// it counts then still counts, for that is the block's and not the stream's.
func (s *Stream) write(w Write) {
	if !s.gone || s.depth > 0 && w.Kind >= AddCounter {
		scratch := s.within()
		scratch.writes = append(scratch.writes, w)
	}
}

// flush makes the changes.
func (s *Stream) flush() {
	if s.scratch != nil && len(s.scratch.writes) > 0 {
		s.envoy.Write(s.scratch.writes)
		clear(s.scratch.writes)
		s.scratch.writes = s.scratch.writes[:0]
	}
}

// settle ends an event.
func (s *Stream) settle() {
	s.flush()
	if s.scratch != nil {
		s.request.forget()
		s.answer.forget()
		scratches.Put(s.scratch)
		s.scratch = nil
	}
}

// OnRequestHeaders handles the request's headers.
func (s *Stream) OnRequestHeaders(endOfStream bool) Status {
	if s.filter == nil {
		s.guard(func() host.Action { s.end(); return host.Replied })
		return StatusStop
	}
	return s.headersStatus(&s.request, endOfStream, s.guard(func() host.Action { return s.filter.RequestHeaders(endOfStream) }))
}

// OnRequestBody handles a piece of the request's body.
func (s *Stream) OnRequestBody(endOfStream bool) Status {
	if s.request.state == inPieces && !s.replied && !s.done {
		return s.onPiece(&s.request, endOfStream, host.StreamFilter.RequestPiece)
	}
	return s.onBody(&s.request, endOfStream, host.StreamFilter.RequestBody)
}

// OnRequestTrailers handles the request's trailers. With trailers, no piece of the body says that it is the last.
func (s *Stream) OnRequestTrailers() Status {
	s.request.trailed = true
	if s.request.state == inPieces && !s.replied && !s.done {
		return s.onLastPiece(&s.request, host.StreamFilter.RequestPiece)
	}
	return s.onTrailers(&s.request, host.StreamFilter.RequestBody)
}

// OnAnswerHeaders handles the answer's headers.
func (s *Stream) OnAnswerHeaders(endOfStream bool) Status {
	if s.filter == nil || s.replied || s.done {
		return StatusContinue
	}
	s.answered = true
	if s.depth > 0 {
		// Envoy answers within an event of the filter's, which has made a body too large: the filter sees one event at a time.
		return StatusContinue
	}
	return s.headersStatus(&s.answer, endOfStream, s.guard(func() host.Action { return s.filter.AnswerHeaders(endOfStream) }))
}

// OnAnswerBody handles a piece of the answer's body.
func (s *Stream) OnAnswerBody(endOfStream bool) Status {
	if s.answer.state == inPieces && !s.replied && !s.done {
		return s.onPiece(&s.answer, endOfStream, host.StreamFilter.AnswerPiece)
	}
	return s.onBody(&s.answer, endOfStream, host.StreamFilter.AnswerBody)
}

// OnAnswerTrailers handles the answer's trailers.
func (s *Stream) OnAnswerTrailers() Status {
	s.answer.trailed = true
	if s.answer.state == inPieces && !s.replied && !s.done {
		return s.onLastPiece(&s.answer, host.StreamFilter.AnswerPiece)
	}
	return s.onTrailers(&s.answer, host.StreamFilter.AnswerBody)
}

// OnCollected handles an answer that was collected: what OnAnswerHeaders and OnAnswerBody do, one after the other.
func (s *Stream) OnCollected() Status {
	if s.OnAnswerHeaders(false); s.answer.state == buffering {
		return s.OnAnswerBody(true)
	}
	return s.released()
}

// OnCollectedTrailers is OnCollected for an answer that ends with trailers.
func (s *Stream) OnCollectedTrailers() Status {
	s.answer.trailed = true
	if s.OnAnswerHeaders(false); s.answer.state == buffering {
		return s.OnAnswerTrailers()
	}
	return s.released()
}

// released is what becomes of a collected answer that the filter did not want after all.
func (s *Stream) released() Status {
	if s.replied {
		return StatusStop
	}
	return StatusContinue
}

// OnDestroy ends the stream.
func (s *Stream) OnDestroy() {
	if s.filter != nil && !s.done {
		s.block.recovery.Quietly(s, s.filter.Destroy)
	}
	s.settle()
	s.gone = true
	if s.resumer != nil {
		s.resumer.close()
	}
}

func (s *Stream) headersStatus(d *side, endOfStream bool, action host.Action) Status {
	switch action {
	case host.Buffer:
		d.state = buffering
		return StatusStop
	case host.Pieces:
		d.state = inPieces
		return StatusStop
	case host.Wait:
		d.state = waiting
		if endOfStream {
			// After any StopAll Envoy begins again with this very filter, whose stream has ended: a body that is added
			// meanwhile would be lost (filter_manager.cc, decodeData, on end_stream_).
			return StatusStop
		}
		// Watermark, not buffer: a body that is only to stream past may be larger than Envoy's buffer.
		return StatusStopAllAndWatermark
	case host.Replied:
		return StatusStop
	}
	return StatusContinue
}

func (s *Stream) onBody(d *side, endOfStream bool, event func(host.StreamFilter) host.Action) Status {
	if d.state != buffering || s.replied {
		return StatusContinue
	}
	if !endOfStream {
		return StatusBuffer
	}
	s.received = true
	action := s.guard(func() host.Action { return event(s.filter) })
	s.received = false
	switch action {
	case host.Wait:
		d.state = waiting
		return StatusBuffer
	case host.Replied:
		return StatusNoBuffer
	}
	d.state = passing
	return StatusContinue
}

// pieceEvent is an event of the filter's for pieces, in either direction.
type pieceEvent = func(filter host.StreamFilter, piece []byte, last bool) ([]byte, host.Action)

// onPiece replaces a piece of the body. Envoy lets the headers go with the first piece that continues.
func (s *Stream) onPiece(d *side, last bool, event pieceEvent) Status {
	out, action := s.piece(s.envoy.AppendBody(nil, d.direction, Received), last, event)
	switch action {
	case host.Replied:
		return StatusNoBuffer
	case host.Hold:
		s.envoy.ReplaceBody(d.direction, Received, nil)
		return StatusNoBuffer
	}
	s.envoy.ReplaceBody(d.direction, Received, out)
	return StatusContinue
}

// onLastPiece is where trailers end a message. If its headers have gone, Envoy has a buffer from then
// (filter_manager.cc, commonHandleBufferData), into which AddBody adds, and which is only looked at when the message is
// continued from outside of an event.
func (s *Stream) onLastPiece(d *side, event pieceEvent) Status {
	out, action := s.piece(nil, true, event)
	switch {
	case action == host.Replied:
		return StatusStop
	case len(out) == 0:
		return StatusContinue
	}
	s.envoy.AddBody(d.direction, Buffered, out)
	d.state = waiting
	s.Resumer().Resume(func() host.Action { return host.Continue })
	return StatusStop
}

func (s *Stream) piece(piece []byte, last bool, event pieceEvent) (out []byte, action host.Action) {
	action = s.guard(func() (action host.Action) {
		out, action = event(s.filter, piece, last)
		return action
	})
	return out, action
}

// onTrailers is where a body ends, also one that was announced and then was empty. A body added here is held back with
// the headers (filter_manager.cc, FilterManager::addDecodedData).
func (s *Stream) onTrailers(d *side, event func(host.StreamFilter) host.Action) Status {
	if d.state != buffering || s.replied {
		return StatusContinue
	}
	switch s.guard(func() host.Action { return event(s.filter) }) {
	case host.Wait:
		d.state = waiting
		return StatusStop
	case host.Replied:
		return StatusStop
	}
	d.state = passing
	return StatusContinue
}

// OnResumed handles what takes the place of a Wait, which may be another. A request that waits no more may have an answer already,
// Envoy's own; so an answer that waits goes first.
func (s *Stream) OnResumed() {
	if s.gone || s.replied || s.resumer == nil {
		return
	}
	event := s.resumer.take()
	switch {
	case event == nil || !s.guard(event).GoesOn():
	case s.answer.state == waiting:
		s.answer.state = passing
		s.envoy.ContinueAnswer()
	default:
		s.request.state = passing
		s.envoy.ContinueRequest()
	}
}

// guard runs an event of the filter and then makes the changes that it has asked for. A panic is handed to the filter; if
// that fails as well, the stream is ended.
func (s *Stream) guard(event func() host.Action) (action host.Action) {
	s.depth++
	defer func() {
		if value := recover(); value != nil {
			action = s.block.recovery.Recover(s, s.filter, value, debug.Stack(), s.end)
		}
		s.done = s.done || action == host.Done
		s.settle()
		s.depth--
	}()
	return event()
}

// end answers when no filter can.
func (s *Stream) end() {
	if !s.replied {
		s.SendReply(500, nil, nil, "funcroute_internal_error")
	}
}
