package panics

import (
	"strings"
	"time"

	"github.com/funcroute/funcroute/filters/host"
)

// header says at which of the filter's events a request is to panic.
const header = "x-panic"

// Filter is the filter `panics`. Its configuration and its routes' say where it panics: {"at": "new-config"}; a request
// says it by its header.
type Filter struct{}

func (Filter) Name() string { return "panics" }

func (Filter) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	at(string(raw), "new-config")
	return config{string(raw), handle}, nil
}

func (Filter) NewRouteConfig(raw []byte) (any, error) {
	at(string(raw), "new-route-config")
	return nil, nil
}

type config struct {
	raw    string
	handle host.ConfigHandle
}

func (c config) NewStream(s host.Stream) host.StreamFilter {
	at(c.raw, "new-stream")
	return &filterStream{host: s, handle: c.handle}
}

// at panics if that is the place.
func at(where, here string) {
	if strings.Contains(where, here) {
		panic("s3cr3t of " + here)
	}
}

type filterStream struct {
	host   host.Stream
	handle host.ConfigHandle
	where  string
}

func (s *filterStream) RequestHeaders(endOfStream bool) host.Action {
	s.where = s.host.Request().Headers().Get(header)
	s.at("request-headers")
	s.at("recovered") // There is nothing to recover from without a first panic.
	switch {
	case s.where == "resume":
		resumer := s.host.Resumer()
		time.AfterFunc(time.Millisecond, func() {
			resumer.Resume(func() host.Action {
				s.at("resume")
				return host.Continue
			})
		})
		return host.Wait
	case s.where == "request-body" && !endOfStream:
		return host.Buffer
	}
	return host.Continue
}

func (s *filterStream) RequestBody() host.Action {
	s.at("request-body")
	return host.Continue
}

func (s *filterStream) RequestPiece(piece []byte, _ bool) ([]byte, host.Action) {
	return piece, host.Continue
}

func (s *filterStream) AnswerHeaders(endOfStream bool) host.Action {
	s.at("answer-headers")
	switch {
	case endOfStream:
		return host.Continue
	case s.where == "answer-body":
		return host.Buffer
	case s.where == "answer-piece" || s.where == "late-piece":
		return host.Pieces
	}
	return host.Continue
}

func (s *filterStream) AnswerBody() host.Action {
	s.at("answer-body")
	return host.Continue
}

func (s *filterStream) AnswerPiece(piece []byte, last bool) ([]byte, host.Action) {
	s.at("answer-piece")
	if last {
		s.at("late-piece")
	}
	return piece, host.Continue
}

// It leaves the answer to the host.
func (s *filterStream) Recovered(any, []byte) host.Action {
	s.at("recovered")
	return host.Replied
}

func (s *filterStream) Destroy() { s.at("destroy") }

func (s *filterStream) at(here string) { at(s.where, here) }
