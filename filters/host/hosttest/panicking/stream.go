package panicking

import "github.com/funcroute/funcroute/filters/host"

// streamFilter is the wrapped filter's, event by event.
type streamFilter struct {
	filter host.StreamFilter
	panics *panics
}

var _ host.Recycler = (*streamFilter)(nil)

func (s *streamFilter) RequestHeaders(endOfStream bool) host.Action {
	defer s.panics.during(RequestHeaders)()
	return s.filter.RequestHeaders(endOfStream)
}

func (s *streamFilter) RequestBody() host.Action {
	defer s.panics.during(RequestBody)()
	return s.filter.RequestBody()
}

func (s *streamFilter) RequestPiece(piece []byte, last bool) ([]byte, host.Action) {
	defer s.panics.during(RequestPiece)()
	return s.filter.RequestPiece(piece, last)
}

func (s *streamFilter) AnswerHeaders(endOfStream bool) host.Action {
	defer s.panics.during(AnswerHeaders)()
	return s.filter.AnswerHeaders(endOfStream)
}

func (s *streamFilter) AnswerBody() host.Action {
	defer s.panics.during(AnswerBody)()
	return s.filter.AnswerBody()
}

func (s *streamFilter) AnswerPiece(piece []byte, last bool) ([]byte, host.Action) {
	defer s.panics.during(AnswerPiece)()
	return s.filter.AnswerPiece(piece, last)
}

func (s *streamFilter) Recovered(value any, stack []byte) host.Action {
	defer s.panics.during(Recovered)()
	return s.filter.Recovered(value, stack)
}

func (s *streamFilter) Destroy() {
	defer s.panics.during(Destroy)()
	s.filter.Destroy()
}

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

var _ host.ConfigHandle = configHandle{}

func (c configHandle) Counter(name string) (host.Metric, error) {
	c.panics.call()
	return c.host.Counter(name)
}

func (c configHandle) Histogram(name string, unit host.Unit) (host.Metric, error) {
	c.panics.call()
	return c.host.Histogram(name, unit)
}

// It is not a call: it comes from any goroutine.
func (c configHandle) Log(level host.Level, message string) { c.host.Log(level, message) }

type stream struct {
	host   host.Stream
	panics *panics
}

var (
	_ host.Stream       = (*stream)(nil)
	_ host.HeaderKeeper = (*stream)(nil)
)
