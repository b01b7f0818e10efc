package hosttest

import (
	"sync/atomic"

	"github.com/funcroute/funcroute/filters/host"
)

// Script says what a filter does, event by event. A function that is nil continues.
type Script struct {
	Concerns       []host.Concern // nil: every request
	Config         func(host.ConfigHandle, []byte) error
	RouteConfig    func([]byte) (any, error)
	Stream         func(host.Stream)
	RequestHeaders func(s host.Stream, endOfStream bool) host.Action
	RequestBody    func(host.Stream) host.Action
	RequestPiece   func(s host.Stream, piece []byte, last bool) ([]byte, host.Action)
	AnswerHeaders  func(s host.Stream, endOfStream bool) host.Action
	AnswerBody     func(host.Stream) host.Action
	AnswerPiece    func(s host.Stream, piece []byte, last bool) ([]byte, host.Action)
	Recovered      func(s host.Stream, value any) host.Action
	Destroy        func(host.Stream)
}

// scripted is the filter that a script makes.
type scripted struct {
	script    Script
	destroyed atomic.Int32
}

var _ host.Filter = (*scripted)(nil)

func (f *scripted) Name() string { return "scripted" }

func (f *scripted) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	if f.script.Config != nil {
		if err := f.script.Config(handle, raw); err != nil {
			return nil, err
		}
	}
	if f.script.Concerns != nil {
		return selectiveConfig{scriptedConfig{f}}, nil
	}
	return scriptedConfig{f}, nil
}

func (f *scripted) NewRouteConfig(raw []byte) (any, error) {
	if f.script.RouteConfig == nil {
		return string(raw), nil
	}
	return f.script.RouteConfig(raw)
}

type scriptedConfig struct{ filter *scripted }

var _ host.Config = scriptedConfig{}

type selectiveConfig struct{ scriptedConfig }

var _ host.Selective = selectiveConfig{}

func (c selectiveConfig) Concerns() []host.Concern { return c.filter.script.Concerns }

func (c scriptedConfig) NewStream(s host.Stream) host.StreamFilter {
	if c.filter.script.Stream != nil {
		c.filter.script.Stream(s)
	}
	return &scriptedStream{c.filter, s}
}

type scriptedStream struct {
	filter *scripted
	host   host.Stream
}

var _ host.StreamFilter = (*scriptedStream)(nil)

func (s *scriptedStream) RequestHeaders(endOfStream bool) host.Action {
	if f := s.filter.script.RequestHeaders; f != nil {
		return f(s.host, endOfStream)
	}
	return host.Continue
}

func (s *scriptedStream) RequestBody() host.Action {
	if f := s.filter.script.RequestBody; f != nil {
		return f(s.host)
	}
	return host.Continue
}

func (s *scriptedStream) RequestPiece(piece []byte, last bool) ([]byte, host.Action) {
	if f := s.filter.script.RequestPiece; f != nil {
		return f(s.host, piece, last)
	}
	return piece, host.Continue
}

func (s *scriptedStream) AnswerHeaders(endOfStream bool) host.Action {
	if f := s.filter.script.AnswerHeaders; f != nil {
		return f(s.host, endOfStream)
	}
	return host.Continue
}

func (s *scriptedStream) AnswerBody() host.Action {
	if f := s.filter.script.AnswerBody; f != nil {
		return f(s.host)
	}
	return host.Continue
}

func (s *scriptedStream) AnswerPiece(piece []byte, last bool) ([]byte, host.Action) {
	if f := s.filter.script.AnswerPiece; f != nil {
		return f(s.host, piece, last)
	}
	return piece, host.Continue
}

func (s *scriptedStream) Recovered(value any, _ []byte) host.Action {
	if f := s.filter.script.Recovered; f != nil {
		return f(s.host, value)
	}
	return host.Continue
}

func (s *scriptedStream) Destroy() {
	s.filter.destroyed.Add(1)
	if f := s.filter.script.Destroy; f != nil {
		f(s.host)
	}
}
