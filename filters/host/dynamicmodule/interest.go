package dynamicmodule

// Interest says which events of a stream are still to be handed to [Stream]; those that are not need not enter Go. Its bits
// are those of `enum interest` in abi/module.h; abi/shared.go does not build with others.
type Interest uint8

// What may be of interest.
const (
	// RequestBody: the rest of the request. If it is being collected, only its end.
	RequestBody Interest = 1 << iota
	// AnswerHeaders: the answer's headers. If the answer is to be collected, only its end, as OnCollected or OnCollectedTrailers.
	AnswerHeaders
	// AnswerCollected goes with AnswerHeaders.
	AnswerCollected
	// AnswerBody: the rest of the answer, if it is being collected only its end.
	AnswerBody
	// AnswerPieces goes with AnswerBody: every piece of the answer.
	AnswerPieces
	// End: that the stream is destroyed.
	End
	// RequestPieces goes with RequestBody: every piece of the request.
	RequestPieces
)

// Interest is asked for at the end of each event. If there is none, the stream is to be recycled, unless it was destroyed within
// the event. What a Wait has scheduled is handed over in any case.
func (s *Stream) Interest() Interest {
	interest := End
	if s.gone {
		return interest
	}
	if s.done && s.request.state != waiting && s.answer.state != waiting {
		return 0
	}
	if s.replied || s.done || s.filter == nil {
		return interest
	}
	switch s.request.state {
	case buffering:
		interest |= RequestBody
	case inPieces:
		interest |= RequestBody | RequestPieces
	}
	switch {
	case !s.answered && s.collects:
		interest |= AnswerHeaders | AnswerCollected
	case !s.answered:
		interest |= AnswerHeaders
	case s.answer.state == buffering:
		interest |= AnswerBody
	case s.answer.state == inPieces:
		interest |= AnswerBody | AnswerPieces
	}
	return interest
}
