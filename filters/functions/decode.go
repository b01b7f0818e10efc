package functions

import (
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// decode begins to decode an answer while it arrives.
func (s *stream) decode(endOfStream bool) host.Action {
	// The length is that of the encoded body.
	s.host.Answer().Headers().Remove("content-length")
	if !endOfStream {
		return host.Pieces
	}
	out, action := s.AnswerPiece(nil, true)
	if action == host.Continue && len(out) > 0 {
		s.host.Answer().SetBody(out)
	}
	return action
}

func (s *stream) AnswerPiece(piece []byte, last bool) ([]byte, host.Action) {
	defer s.end(s.begin())
	if s.decoder == nil {
		return nil, host.Continue // What comes after an error is dropped.
	}
	if last {
		s.answer.Trailers = s.host.Answer().Trailers()
	}
	out, ready, err := s.decoder.Decode(piece, last)
	s.annotateAll(s.answer.Annotations())
	if err != nil {
		s.decoder = nil
		return s.breakOff(err)
	}
	s.held = append(s.held, out...)
	if !ready && !last {
		return nil, host.Hold
	}
	if !s.streamed && s.hedged() {
		s.decoder = nil
		return nil, s.fail(plugins.Errorf(plugins.FunctionError, "The function has answered %s.", s.host.Answer().Headers().Get(":status")))
	}
	if !s.streamed {
		s.streamed, s.contentless = true, s.head || plugins.WithoutContent(s.host.Answer().Headers().Get(":status"))
	}
	out, s.held = s.held, nil
	if s.contentless {
		out = nil // Over HTTP/1.1 it would be taken for the next answer.
	}
	return out, host.Continue
}

// breakOff ends an answer that cannot be decoded. If its headers have gone, a reply resets the stream.
func (s *stream) breakOff(err error) ([]byte, host.Action) {
	if s.streamed || !s.host.InCluster() || s.attempt.besides() {
		return nil, s.fail(err)
	}
	s.failure = s.count(err)
	return s.replaceAnswer(), host.Continue
}
