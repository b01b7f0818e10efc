package panicking

import "github.com/funcroute/funcroute/filters/host"

// streamFilter is the wrapped filter's, event by event.
type streamFilter struct {
	filter host.StreamFilter
	panics *panics
}

var _ host.Recycler = (*streamFilter)(nil)

// RequestHeaders implements the same method as documented on host.StreamFilter.
func (s *streamFilter) RequestHeaders(endOfStream bool) host.Action {
	defer s.panics.during(RequestHeaders)()
	return s.filter.RequestHeaders(endOfStream)
}

// RequestBody implements the same method as documented on host.StreamFilter.
func (s *streamFilter) RequestBody() host.Action {
	defer s.panics.during(RequestBody)()
	return s.filter.RequestBody()
}

// ResponseHeaders implements the same method as documented on host.StreamFilter.
func (s *streamFilter) ResponseHeaders(endOfStream bool) host.Action {
	defer s.panics.during(ResponseHeaders)()
	return s.filter.ResponseHeaders(endOfStream)
}

// ResponseBody implements the same method as documented on host.StreamFilter.
func (s *streamFilter) ResponseBody() host.Action {
	defer s.panics.during(ResponseBody)()
	return s.filter.ResponseBody()
}

// ResponseChunk implements the same method as documented on host.StreamFilter.
func (s *streamFilter) ResponseChunk(piece []byte, last bool) ([]byte, host.Action) {
	defer s.panics.during(ResponseChunk)()
	return s.filter.ResponseChunk(piece, last)
}

// Recovered implements the same method as documented on host.StreamFilter.
func (s *streamFilter) Recovered(value any, stack []byte) host.Action {
	defer s.panics.during(Recovered)()
	return s.filter.Recovered(value, stack)
}

// Destroy implements the same method as documented on host.StreamFilter.
func (s *streamFilter) Destroy() {
	defer s.panics.during(Destroy)()
	s.filter.Destroy()
}

// Recycle implements the same method as documented on host.Recycler.
func (s *streamFilter) Recycle() {
	defer s.panics.during(Recycle)()
	if recycler, ok := s.filter.(host.Recycler); ok {
		recycler.Recycle()
	}
}

// configHandle and stream are the host as the wrapped filter sees it: each call counts.
type configHandle struct {
	host   host.ConfigHandle
	panics *panics
}

// Counter implements the same method as documented on host.ConfigHandle.
func (c configHandle) Counter(name string) (host.Counter, error) {
	c.panics.call()
	return c.host.Counter(name)
}

// Histogram implements the same method as documented on host.ConfigHandle.
func (c configHandle) Histogram(name string, unit host.Unit) (host.Histogram, error) {
	c.panics.call()
	return c.host.Histogram(name, unit)
}

// Log implements the same method as documented on host.ConfigHandle. It is not a call: it comes from any goroutine.
func (c configHandle) Log(level host.Level, message string) { c.host.Log(level, message) }

type stream struct {
	host   host.Stream
	panics *panics
}

var _ host.Stream = (*stream)(nil)
