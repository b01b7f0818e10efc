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

	request, answer direction
	requestHeaders  headers
	answerHeaders   headers
	room            *room      // nil between events
	bodies          [2]*[]byte // what of the bodies has been read, by Direction
	received        bool       // an event has brought a piece of a body
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

// direction is how far one direction has come.
type direction int

const (
	passing   direction = iota // nothing is held back
	buffering                  // the body is being collected
	inChunks                   // the body goes through the filter piece by piece
	waiting                    // the filter has returned Wait, or the answer's last piece is to be continued
)

var _ host.Stream = (*Stream)(nil)

// streams keeps the room that a stream needs for the next one: garbage is what a request costs most of all.
var streams = sync.Pool{New: func() any { return new(Stream) }}

// bodies keeps the room for bodies: where each has room of its own, large ones keep the garbage collector busy.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

const mostKept = 4 << 20

// NewStream begins a stream, with its first event.
func (c *Config) NewStream(envoy Envoy) *Stream {
	s := streams.Get().(*Stream)
	s.envoy, s.block = envoy, c
	s.requestHeaders.stream, s.requestHeaders.direction = s, Request
	s.answerHeaders.stream, s.answerHeaders.direction = s, Answer
	s.guard(func() host.Action {
		s.filter = c.config.NewStream(s)
		return host.Continue
	})
	return s
}

// room is what a stream needs within an event and not between two. The same few are used again and again, so that they are in the
// processor's caches, where those of many waiting streams would not be.
type room struct {
	writes  []Write // not yet written
	keys    []string
	headers [2][][2]string // by Direction
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// within returns the room of the event that runs.
func (s *Stream) within() *room {
	if s.room == nil {
		s.room = rooms.Get().(*room)
	}
	return s.room
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
	for _, body := range s.bodies {
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
		room := s.within()
		room.writes = append(room.writes, w)
	}
}

// flush makes the changes.
func (s *Stream) flush() {
	if s.room != nil && len(s.room.writes) > 0 {
		s.envoy.Write(s.room.writes)
		clear(s.room.writes)
		s.room.writes = s.room.writes[:0]
	}
}

// settle ends an event.
func (s *Stream) settle() {
	s.flush()
	if s.room != nil {
		s.requestHeaders.forget()
		s.answerHeaders.forget()
		rooms.Put(s.room)
		s.room = nil
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
	return s.onBody(&s.request, endOfStream, host.StreamFilter.RequestBody)
}

// OnRequestTrailers handles the request's trailers. With trailers, no piece of the body says that it is the last.
func (s *Stream) OnRequestTrailers() Status {
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
	if s.answer == inChunks && !s.replied && !s.done {
		return s.onChunk(endOfStream)
	}
	return s.onBody(&s.answer, endOfStream, host.StreamFilter.AnswerBody)
}

// OnAnswerTrailers handles the answer's trailers.
func (s *Stream) OnAnswerTrailers() Status {
	if s.answer == inChunks && !s.replied && !s.done {
		return s.onLastChunk()
	}
	return s.onTrailers(&s.answer, host.StreamFilter.AnswerBody)
}

// OnCollected handles an answer that was collected: what OnAnswerHeaders and OnAnswerBody do, one after the other.
func (s *Stream) OnCollected() Status {
	if s.OnAnswerHeaders(false); s.answer == buffering {
		return s.OnAnswerBody(true)
	}
	return s.released()
}

// OnCollectedTrailers is OnCollected for an answer that ends with trailers.
func (s *Stream) OnCollectedTrailers() Status {
	if s.OnAnswerHeaders(false); s.answer == buffering {
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

func (s *Stream) headersStatus(d *direction, endOfStream bool, action host.Action) Status {
	switch action {
	case host.Buffer:
		*d = buffering
		return StatusStop
	case host.Chunks:
		*d = inChunks
		return StatusStop
	case host.Wait:
		*d = waiting
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

func (s *Stream) onBody(d *direction, endOfStream bool, event func(host.StreamFilter) host.Action) Status {
	if *d != buffering || s.replied {
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
		*d = waiting
		return StatusBuffer
	case host.Replied:
		return StatusNoBuffer
	}
	*d = passing
	return StatusContinue
}

// onChunk replaces a piece of the body. Envoy lets the headers go with the first piece that continues.
func (s *Stream) onChunk(last bool) Status {
	out, action := s.chunk(s.envoy.AppendBody(nil, Answer, Received), last)
	switch action {
	case host.Replied:
		return StatusNoBuffer
	case host.Hold:
		s.envoy.ReplaceBody(Answer, Received, nil)
		return StatusNoBuffer
	}
	s.envoy.ReplaceBody(Answer, Received, out)
	return StatusContinue
}

// onLastChunk is where trailers end an answer. If its headers have gone, Envoy has a buffer from then
// (filter_manager.cc, commonHandleBufferData), into which AddBody adds, and which is only looked at when the answer is
// continued from outside of an event.
func (s *Stream) onLastChunk() Status {
	out, action := s.chunk(nil, true)
	switch {
	case action == host.Replied:
		return StatusStop
	case len(out) == 0:
		return StatusContinue
	}
	s.envoy.AddBody(Answer, Buffered, out)
	s.answer = waiting
	s.Resumer().Resume(func() host.Action { return host.Continue })
	return StatusStop
}

func (s *Stream) chunk(piece []byte, last bool) (out []byte, action host.Action) {
	action = s.guard(func() (action host.Action) {
		out, action = s.filter.AnswerPiece(piece, last)
		return action
	})
	return out, action
}

// onTrailers is where a body ends, also one that was announced and then was empty. A body added here is held back with
// the headers (filter_manager.cc, FilterManager::addDecodedData).
func (s *Stream) onTrailers(d *direction, event func(host.StreamFilter) host.Action) Status {
	if *d != buffering || s.replied {
		return StatusContinue
	}
	switch s.guard(func() host.Action { return event(s.filter) }) {
	case host.Wait:
		*d = waiting
		return StatusStop
	case host.Replied:
		return StatusStop
	}
	*d = passing
	return StatusContinue
}

// OnResumed handles what takes the place of a Wait. Only requests wait, and an answer for its last piece to go.
func (s *Stream) OnResumed() {
	if s.gone || s.replied || s.resumer == nil {
		return
	}
	event := s.resumer.take()
	switch {
	case event == nil || !s.guard(event).GoesOn():
	case s.answer == waiting:
		s.answer = passing
		s.envoy.ContinueAnswer()
	default:
		s.request = passing
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
