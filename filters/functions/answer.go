package functions

import (
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

func (s *stream) AnswerHeaders(endOfStream bool) host.Action {
	if s.request == nil || !s.host.FromUpstream() {
		return host.Continue
	}
	defer s.end(s.begin())
	s.attempt.release(s.host)
	headers := s.host.Answer().Headers()
	needsBody := false
	s.ownAnswer = *plugins.NewAnswer(s.request, headers)
	s.answer = &s.ownAnswer
	if s.function.answerer != nil {
		var err error
		needsBody, err = s.function.answerer.Headers(s.answer)
		if err != nil {
			return s.failAnswer(err, endOfStream)
		}
	}
	if !needsBody && s.function.streamer != nil {
		if s.decoder = s.function.streamer.Stream(s.answer); s.decoder != nil {
			return s.decode(endOfStream)
		}
	}
	switch {
	case (needsBody || s.head) && !endOfStream:
		return host.Buffer
	case needsBody:
		return s.finish()
	}
	s.annotateAll(s.answer.Annotations())
	s.answer = nil
	return host.Done
}

func (s *stream) AnswerBody() host.Action {
	defer s.end(s.begin())
	if s.failure != nil {
		return s.finishFailure()
	}
	s.answer.Receive(s.host.Answer().Body())
	s.answer.Trailers = s.host.Answer().Trailers()
	return s.finish()
}

// finish has the function map the whole answer.
func (s *stream) finish() host.Action {
	if s.function.answerer != nil {
		if err := s.function.answerer.Body(s.answer); err != nil {
			return s.failAnswer(err, true)
		}
	}
	s.annotateAll(s.answer.Annotations())
	replaced, body := s.answer.BodyReplaced(), s.answer.Body()
	defer s.answer.Release()
	s.answer = nil
	if s.replyInstead(body) {
		return host.Replied
	}
	switch status := s.host.Answer().Headers().Get(":status"); {
	case plugins.WithoutContent(status):
		s.host.Answer().Headers().Remove("content-length")
		s.host.Answer().SetBody(nil)
	case s.head:
		// RFC 9110 §8.6: content-length says what a GET would have had.
		if replaced {
			setContentLength(s.host.Answer().Headers(), len(body))
		}
		s.host.Answer().SetBody(nil)
	case replaced:
		setContentLength(s.host.Answer().Headers(), len(body))
		s.host.Answer().SetBody(body)
	}
	return host.Done
}
