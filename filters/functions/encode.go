package functions

import "github.com/funcroute/funcroute/filters/host"

// encode begins to change the request's body. The whole of it is given if it is there already.
func (s *stream) encode(whole []byte) host.Action {
	headers := s.host.Request().Headers()
	action := s.called() // What it says of the answer has to be said before the request goes on.
	if s.comesLater {
		headers.Remove("content-length")
		return host.Pieces
	}
	out, _, err := s.encoder.Decode(whole, true)
	s.encoder = nil
	s.annotateAll(s.request.Annotations())
	if err != nil {
		return s.fail(err)
	}
	if s.wantsBody || len(out) > 0 {
		setContentLength(headers, len(out))
		s.host.Request().SetBody(out)
	}
	return action
}

func (s *stream) RequestPiece(piece []byte, last bool) ([]byte, host.Action) {
	defer s.end(s.begin())
	if s.encoder == nil {
		return nil, host.Continue // What comes after an error is dropped.
	}
	if last {
		s.request.Trailers = s.host.Request().Trailers()
	}
	out, ready, err := s.encoder.Decode(piece, last)
	s.annotateAll(s.request.Annotations())
	if err != nil {
		s.encoder = nil
		return nil, s.fail(err)
	}
	s.held = append(s.held, out...)
	if !ready && !last {
		return nil, host.Hold
	}
	out, s.held = s.held, nil
	return out, host.Continue
}
