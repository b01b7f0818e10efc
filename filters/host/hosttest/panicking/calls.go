package panicking

import "github.com/funcroute/funcroute/filters/host"

func (s *stream) Request() host.Message { return message{s.host.Request(), s.panics} }

func (s *stream) Answer() host.Message { return message{s.host.Answer(), s.panics} }

type message struct {
	host   host.Message
	panics *panics
}

var _ host.Message = message{}

func (m message) Headers() host.Headers {
	m.panics.call()
	return m.host.Headers()
}

func (m message) Body() []byte {
	m.panics.call()
	return m.host.Body()
}

func (m message) SetBody(body []byte) {
	m.panics.call()
	m.host.SetBody(body)
}

func (m message) Trailers() host.Headers {
	m.panics.call()
	return m.host.Trailers()
}

func (s *stream) RouteConfig() (any, error) {
	s.panics.call()
	return s.host.RouteConfig()
}

func (s *stream) ChooseRouteAgain() {
	s.panics.call()
	s.host.ChooseRouteAgain()
}

func (s *stream) FromUpstream() bool {
	s.panics.call()
	return s.host.FromUpstream()
}

func (s *stream) InCluster() bool {
	s.panics.call()
	return s.host.InCluster()
}

func (s *stream) Attribute(name string) string {
	s.panics.call()
	return s.host.Attribute(name)
}

// A stream whose host keeps no headers keeps none.
func (s *stream) KeepHeaders(headers [][2]string) {
	s.panics.call()
	if keeper, ok := s.host.(host.HeaderKeeper); ok {
		keeper.KeepHeaders(headers)
	}
}

func (s *stream) KeptHeaders() [][2]string {
	s.panics.call()
	if keeper, ok := s.host.(host.HeaderKeeper); ok {
		return keeper.KeptHeaders()
	}
	return nil
}

func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	s.panics.call()
	s.host.SetDynamicMetadata(namespace, key, value)
}

func (s *stream) DynamicMetadata(namespace, key string) string {
	s.panics.call()
	return s.host.DynamicMetadata(namespace, key)
}

func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	s.panics.call()
	return s.host.HasDynamicMetadata(namespace, key)
}

func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	s.panics.call()
	s.host.SendReply(status, headers, body, details)
}

func (s *stream) Record(metric host.Metric, n uint64) {
	s.panics.call()
	s.host.Record(metric, n)
}

func (s *stream) Resumer() host.Resumer {
	s.panics.call()
	return resumer{s.host.Resumer(), s.panics}
}

type resumer struct {
	host   host.Resumer
	panics *panics
}

var _ host.Resumer = resumer{}

func (r resumer) Resume(f func() host.Action) {
	r.host.Resume(func() host.Action {
		defer r.panics.during(Resumed)()
		return f()
	})
}

func (s *stream) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	s.panics.call()
	return s.host.AppendExcerpt(to, excerpt, name)
}

func (s *stream) Expect(expected host.Expectation) {
	s.panics.call()
	s.host.Expect(expected)
}
