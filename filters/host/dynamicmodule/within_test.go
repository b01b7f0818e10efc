package dynamicmodule

import (
	"errors"
	"slices"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
)

// endingEnvoy ends a stream within an event, as Envoy does outside of the request's own way through the filters: a reply is
// encoded at once, and with it the stream is destroyed. Of Envoy's memory it then has nothing more.
type endingEnvoy struct {
	Envoy
	headers [][2]string
	stream  *Stream
	ended   bool
	counted uint64
	replied [][2]string
	touched bool // when it was gone
}

func (e *endingEnvoy) DefineCounter(string) (uint32, bool)   { return 1, true }
func (e *endingEnvoy) DefineHistogram(string) (uint32, bool) { return 1, true }
func (e *endingEnvoy) Log(host.Level, string)                {}

func (e *endingEnvoy) Headers(_ Map, to [][2]string) [][2]string {
	return append(to, e.headers...)
}

func (e *endingEnvoy) Write(writes []Write) {
	for _, w := range writes {
		if w.Kind == AddCounter {
			e.counted += w.Number
		} else {
			e.touched = e.touched || e.ended
		}
	}
}

func (e *endingEnvoy) SendReply(_ int, headers [][2]string, _ []byte, _ string) {
	e.replied = headers
	e.end()
}

// ReplaceBody is one of a body that is too large: Envoy answers with a 413.
func (e *endingEnvoy) ReplaceBody(Direction, Part, []byte) {
	e.touched = e.touched || e.ended
	e.stream.OnAnswerHeaders(false)
	e.stream.OnAnswerBody(true)
	e.end()
}

func (e *endingEnvoy) AppendBody(to []byte, _ Direction, _ Part) []byte {
	e.touched = e.touched || e.ended
	return to
}

func (e *endingEnvoy) RouteConfig() any {
	e.touched = e.touched || e.ended
	return nil
}

// end is what funcrouteDestroy does.
func (e *endingEnvoy) end() {
	e.ended = true
	e.stream.OnDestroy()
	e.stream.Recycle()
}

// withinFilter is a filter of one event.
type withinFilter struct {
	event  func(host.Stream) host.Action
	stream host.Stream
	seen   []string
}

func (f *withinFilter) Name() string { return "within" }
func (f *withinFilter) NewConfig(host.ConfigHandle, []byte) (host.Config, error) {
	return f, nil
}
func (f *withinFilter) NewRouteConfig([]byte) (any, error) { return nil, errors.ErrUnsupported }

func (f *withinFilter) NewStream(s host.Stream) host.StreamFilter {
	if f.event == nil {
		panic("no filter")
	}
	f.stream = s
	return f
}

func (f *withinFilter) RequestHeaders(bool) host.Action {
	action := f.event(f.stream)
	f.seen = append(f.seen, "returned")
	return action
}

func (f *withinFilter) RequestBody() host.Action { return host.Continue }

func (f *withinFilter) RequestPiece(piece []byte, _ bool) ([]byte, host.Action) {
	return piece, host.Continue
}

func (f *withinFilter) AnswerHeaders(bool) host.Action {
	f.seen = append(f.seen, "answer")
	return host.Buffer
}

func (f *withinFilter) AnswerBody() host.Action { return host.Continue }

func (f *withinFilter) AnswerPiece(piece []byte, _ bool) ([]byte, host.Action) {
	return piece, host.Continue
}
func (f *withinFilter) Recovered(any, []byte) host.Action { return host.Replied }
func (f *withinFilter) Destroy()                          {}

// request has the filter handle the headers of one request.
func (e *endingEnvoy) request(t *testing.T, f *withinFilter) {
	t.Helper()
	config, err := NewConfig(f, e, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.stream = config.NewStream(e)
	e.stream.OnRequestHeaders(false)
}

func TestCountsAfterAReplyThatEndsTheStream(t *testing.T) {
	envoy := &endingEnvoy{}
	envoy.request(t, &withinFilter{event: func(s host.Stream) host.Action {
		s.Record(0, 1)
		s.SendReply(503, nil, nil, "refused")
		s.Record(0, 2)
		s.SetDynamicMetadata("n", "k", "v")
		s.Request().Headers().Set("late", "1")
		return host.Replied
	}})
	if envoy.counted != 3 || envoy.touched {
		t.Errorf("got counted %d, the stream's own written to when it was gone: %v; want 3, false", envoy.counted, envoy.touched)
	}
}

func TestAnswerWithinAnEvent(t *testing.T) {
	envoy, filter := &endingEnvoy{}, &withinFilter{}
	filter.event = func(s host.Stream) host.Action {
		s.Request().SetBody([]byte("too large"))
		if body := s.Request().Body(); len(body) > 0 {
			t.Errorf("body = %q, want none of a stream that is gone", body)
		}
		s.Request().SetBody(nil)
		_, _ = s.RouteConfig()
		return host.Continue
	}
	envoy.request(t, filter)
	if envoy.touched || !slices.Equal(filter.seen, []string{"returned"}) {
		t.Errorf("got Envoy asked when it was gone: %v, the filter's events %q; want false, none within the first", envoy.touched, filter.seen)
	}
}

func TestStreamThatEndsWithoutAFilterIsNotUsedAgainWithinItsEvent(t *testing.T) {
	envoy := &endingEnvoy{}
	envoy.request(t, &withinFilter{})
	if !envoy.stream.gone || envoy.stream.Interest() != End {
		t.Errorf("got gone %v, interest %d; want true, %d: it is another request's already", envoy.stream.gone, envoy.stream.Interest(), End)
	}
}

func TestRepliesToGRPC(t *testing.T) {
	cases := []struct {
		name, contentType string
		headers           [][2]string
		want              [][2]string
	}{
		{name: "gRPC", contentType: "application/grpc", want: [][2]string{{"grpc-status", "14"}}},
		{name: "gRPC of a format", contentType: "application/grpc+proto", want: [][2]string{{"grpc-status", "14"}}},
		{name: "gRPC-Web", contentType: "application/grpc-web"},
		{name: "no gRPC", contentType: "application/json"},
		{name: "a status of the filter's", contentType: "application/grpc", headers: [][2]string{{"grpc-status", "5"}}, want: [][2]string{{"grpc-status", "5"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			envoy := &endingEnvoy{headers: [][2]string{{":path", "/"}, {"content-type", c.contentType}}}
			envoy.request(t, &withinFilter{event: func(s host.Stream) host.Action {
				s.Request().Headers().Set("content-type", "text/rewritten")
				s.SendReply(503, c.headers, nil, "refused")
				return host.Replied
			}})
			if !slices.Equal(envoy.replied, c.want) {
				t.Errorf("headers = %v, want %v", envoy.replied, c.want)
			}
		})
	}
}
