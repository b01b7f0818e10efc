package dynamicmodule

import (
	"runtime/debug"

	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"

	"github.com/funcroute/funcroute/filters/host"
)

// stream is one request: to the SDK it is the filter, to our filter it is the host.
type stream struct {
	handle shared.HttpFilterHandle
	filter host.StreamFilter // nil if it could not be made

	request, response direction
	// received is the chunk of the body event that is being handled, nil outside of one.
	received shared.BodyBuffer
	replied  bool
	gone     bool
	upstream placement
}

// direction is how far one direction has come.
type direction int

const (
	passing   direction = iota // nothing is held back
	buffering                  // the body is being collected
	inChunks                   // the body goes through the filter piece by piece
	waiting                    // the filter has returned Wait
)

var (
	_ shared.HttpFilter = (*stream)(nil)
	_ host.Stream       = (*stream)(nil)
)

func newStream(handle shared.HttpFilterHandle) *stream { return &stream{handle: handle} }

// OnRequestHeaders implements the same method as documented on shared.HttpFilter.
func (s *stream) OnRequestHeaders(_ shared.HeaderMap, endOfStream bool) shared.HeadersStatus {
	if s.filter == nil {
		s.end()
		return shared.HeadersStatusStop
	}
	return s.headersStatus(&s.request, endOfStream, s.guard(func() host.Action { return s.filter.RequestHeaders(endOfStream) }))
}

// OnRequestBody implements the same method as documented on shared.HttpFilter.
func (s *stream) OnRequestBody(body shared.BodyBuffer, endOfStream bool) shared.BodyStatus {
	return s.onBody(&s.request, body, endOfStream, host.StreamFilter.RequestBody)
}

// OnRequestTrailers implements the same method as documented on shared.HttpFilter. With trailers, no chunk of the body
// says that it is the last.
func (s *stream) OnRequestTrailers(shared.HeaderMap) shared.TrailersStatus {
	return s.onTrailers(&s.request, host.StreamFilter.RequestBody)
}

// OnResponseHeaders implements the same method as documented on shared.HttpFilter.
func (s *stream) OnResponseHeaders(_ shared.HeaderMap, endOfStream bool) shared.HeadersStatus {
	if s.filter == nil || s.replied {
		return shared.HeadersStatusContinue
	}
	return s.headersStatus(&s.response, endOfStream, s.guard(func() host.Action { return s.filter.ResponseHeaders(endOfStream) }))
}

// OnResponseBody implements the same method as documented on shared.HttpFilter.
func (s *stream) OnResponseBody(body shared.BodyBuffer, endOfStream bool) shared.BodyStatus {
	if s.response == inChunks && !s.replied {
		return s.onChunk(body, endOfStream)
	}
	return s.onBody(&s.response, body, endOfStream, host.StreamFilter.ResponseBody)
}

// OnResponseTrailers implements the same method as documented on shared.HttpFilter.
func (s *stream) OnResponseTrailers(shared.HeaderMap) shared.TrailersStatus {
	if s.response == inChunks && !s.replied {
		return s.onLastChunk()
	}
	return s.onTrailers(&s.response, host.StreamFilter.ResponseBody)
}

// OnStreamComplete implements the same method as documented on shared.HttpFilter.
func (s *stream) OnStreamComplete() {}

// OnDestroy implements the same method as documented on shared.HttpFilter.
func (s *stream) OnDestroy() {
	if s.filter != nil {
		host.Quietly(s.filter.Destroy, s.Log)
	}
	s.gone = true
}

func (s *stream) headersStatus(d *direction, endOfStream bool, action host.Action) shared.HeadersStatus {
	switch action {
	case host.Buffer:
		*d = buffering
		return shared.HeadersStatusStop
	case host.Chunks:
		*d = inChunks
		return shared.HeadersStatusStop
	case host.Wait:
		*d = waiting
		if endOfStream {
			// After any StopAll Envoy begins again with this very filter, whose stream has ended: a body that is added
			// meanwhile would be lost (filter_manager.cc, decodeData, on end_stream_).
			return shared.HeadersStatusStop
		}
		// Watermark, not buffer: a body that is only to stream past may be larger than Envoy's buffer.
		return shared.HeadersStatusStopAllAndWatermark
	case host.Replied:
		return shared.HeadersStatusStop
	}
	return shared.HeadersStatusContinue
}

func (s *stream) onBody(d *direction, chunk shared.BodyBuffer, endOfStream bool, event func(host.StreamFilter) host.Action) shared.BodyStatus {
	if *d != buffering || s.replied {
		return shared.BodyStatusContinue
	}
	if !endOfStream {
		return shared.BodyStatusStopAndBuffer
	}
	s.received = chunk
	action := s.guard(func() host.Action { return event(s.filter) })
	s.received = nil
	switch action {
	case host.Wait:
		*d = waiting
		return shared.BodyStatusStopAndBuffer
	case host.Replied:
		return shared.BodyStatusStopNoBuffer
	}
	*d = passing
	return shared.BodyStatusContinue
}

// onChunk replaces a piece of the body. Envoy lets the headers go with the first piece that continues.
func (s *stream) onChunk(received shared.BodyBuffer, last bool) shared.BodyStatus {
	out, action := s.chunk(join(received.GetChunks()), last)
	if action == host.Replied {
		return shared.BodyStatusStopNoBuffer
	}
	received.Drain(received.GetSize())
	if action == host.Hold {
		return shared.BodyStatusStopNoBuffer
	}
	received.Append(out)
	return shared.BodyStatusContinue
}

func (s *stream) onLastChunk() shared.TrailersStatus {
	out, action := s.chunk(nil, true)
	if action == host.Replied {
		return shared.TrailersStatusStop
	}
	s.handle.BufferedResponseBody().Append(out)
	return shared.TrailersStatusContinue
}

func (s *stream) chunk(piece []byte, last bool) (out []byte, action host.Action) {
	action = s.guard(func() (action host.Action) {
		out, action = s.filter.ResponseChunk(piece, last)
		return action
	})
	return out, action
}

// onTrailers is where a body ends, also one that was announced and then was empty. A body added here is held back with
// the headers (filter_manager.cc, FilterManager::addDecodedData).
func (s *stream) onTrailers(d *direction, event func(host.StreamFilter) host.Action) shared.TrailersStatus {
	if *d != buffering || s.replied {
		return shared.TrailersStatusContinue
	}
	switch s.guard(func() host.Action { return event(s.filter) }) {
	case host.Wait:
		*d = waiting
		return shared.TrailersStatusStop
	case host.Replied:
		return shared.TrailersStatusStop
	}
	*d = passing
	return shared.TrailersStatusContinue
}

// resume handles what takes the place of a Wait, on the worker.
func (s *stream) resume(d *direction, event func() host.Action, proceed func()) {
	if s.gone || s.replied {
		return
	}
	if s.guard(event) == host.Continue {
		*d = passing
		proceed()
	}
}

// guard runs an event of the filter. A panic is handed to the filter; if that fails as well, the stream is ended.
func (s *stream) guard(event func() host.Action) (action host.Action) {
	defer func() {
		if value := recover(); value != nil {
			action = host.Recover(s.filter, value, debug.Stack(), s.Log, s.end)
		}
	}()
	return event()
}

// end answers when no filter can.
func (s *stream) end() {
	if !s.replied {
		s.SendReply(500, nil, nil, "funcroute_internal_error")
	}
}
