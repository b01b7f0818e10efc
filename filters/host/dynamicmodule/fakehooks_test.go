package dynamicmodule

// What hooks.c does: Go is entered for what it has an interest in.

func (s *fakeStream) hand(status Status) Status {
	s.interest = s.filter.Interest()
	return status
}

func (s *fakeStream) requestHeaders(last bool) Status { return s.hand(s.filter.OnRequestHeaders(last)) }

func (s *fakeStream) requestBody(last bool) Status {
	switch {
	case s.interest&RequestBody == 0:
		return StatusContinue
	case !last && s.interest&RequestPieces == 0:
		return StatusBuffer
	}
	return s.hand(s.filter.OnRequestBody(last))
}

func (s *fakeStream) requestTrailers() Status {
	if s.interest&RequestBody == 0 {
		return StatusContinue
	}
	return s.hand(s.filter.OnRequestTrailers())
}

func (s *fakeStream) answerHeaders(last bool) Status {
	switch {
	case s.interest&AnswerHeaders == 0:
		return StatusContinue
	case s.interest&AnswerCollected != 0 && !last:
		s.collecting = true
		return StatusStop
	}
	return s.hand(s.filter.OnAnswerHeaders(last))
}

func (s *fakeStream) answerBody(last bool) Status {
	switch {
	case !s.collecting && s.interest&AnswerBody == 0:
		return StatusContinue
	case !last && s.interest&AnswerPieces == 0:
		return StatusBuffer
	case !s.collecting:
		return s.hand(s.filter.OnAnswerBody(last))
	}
	s.collecting = false
	return s.hand(s.filter.OnCollected())
}

func (s *fakeStream) answerTrailers() Status {
	switch {
	case s.collecting:
		s.collecting = false
		return s.hand(s.filter.OnCollectedTrailers())
	case s.interest&AnswerBody == 0:
		return StatusContinue
	}
	return s.hand(s.filter.OnAnswerTrailers())
}
