// Package edges is a filter for tests: it does what a filter may do and those for users never do. No library for users has it.
package edges

import (
	"bytes"

	"github.com/funcroute/funcroute/filters/host"
)

// header says what is to be done with a request.
const header = "x-edge"

// Filter is the filter `edges`.
type Filter struct{}

func (Filter) Name() string { return "edges" }

func (Filter) NewConfig(handle host.ConfigHandle, _ []byte) (host.Config, error) {
	replied, err := handle.Counter("edges.replied")
	return config{replied}, err
}

func (Filter) NewRouteConfig([]byte) (any, error) { return nil, nil }

type config struct{ replied host.Metric }

func (c config) NewStream(s host.Stream) host.StreamFilter { return &stream{config: c, host: s} }

type stream struct {
	config config
	host   host.Stream
	what   string
	// What is held back of either message.
	request, answer []byte
}

func (s *stream) RequestHeaders(endOfStream bool) host.Action {
	s.what = s.host.Request().Headers().Get(header)
	switch s.what {
	case "reply":
		return s.reply()
	case "reply later":
		s.host.Resumer().Resume(s.reply)
		return host.Wait
	case "reply after waits":
		return s.waits(s.reply)
	case "outgrow the buffer":
		return host.Buffer
	case "excerpt":
		return s.excerpt()
	case "waits":
		return s.waits(func() host.Action { return host.Continue })
	}
	return s.begin(s.host.Request(), endOfStream)
}

// reply counts when it has replied, which may have ended the stream.
func (s *stream) reply() host.Action {
	s.host.SendReply(403, nil, []byte("no"), "edges_reply")
	s.host.Record(s.config.replied, 1)
	return host.Replied
}

func (s *stream) RequestBody() host.Action {
	if s.what != "outgrow the buffer" {
		return s.whole(s.host.Request())
	}
	s.host.Resumer().Resume(func() host.Action {
		s.host.Request().SetBody(bytes.Repeat([]byte("x"), 3<<20))
		s.host.Request().Body()
		s.host.Request().SetBody(nil)
		_, _ = s.host.RouteConfig()
		return host.Continue
	})
	return host.Wait
}

func (s *stream) RequestPiece(piece []byte, last bool) ([]byte, host.Action) {
	return s.piece(s.host.Request(), &s.request, piece, last)
}

func (s *stream) AnswerHeaders(endOfStream bool) host.Action {
	switch {
	case s.what == "a last piece" && !endOfStream:
		s.host.Answer().Headers().Remove("content-length")
		return host.Pieces
	case s.what == "waits":
		return s.waits(func() host.Action { return host.Continue })
	}
	return s.begin(s.host.Answer(), endOfStream)
}

func (s *stream) AnswerBody() host.Action { return s.whole(s.host.Answer()) }

func (s *stream) AnswerPiece(piece []byte, last bool) ([]byte, host.Action) {
	switch {
	case s.what != "a last piece":
		return s.piece(s.host.Answer(), &s.answer, piece, last)
	case last:
		return append(piece, '!'), host.Done
	}
	return piece, host.Continue
}

func (s *stream) Recovered(any, []byte) host.Action { return host.Replied }

func (s *stream) Destroy() {}
