package lambda

import (
	"encoding/json"
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/lambda/eventstream"
	"github.com/funcroute/funcroute/plugins/lambda/format"
)

var _ plugins.Streamer = (*function)(nil)

func (f *function) Stream(r *plugins.Answer) plugins.Decoder {
	if !f.invocation.streamed {
		return nil
	}
	// A prelude may bring another one.
	r.Headers.Set("content-type", format.StreamType(r.Headers.Get("content-type")))
	return &stream{function: f, answer: r, raw: f.format.Raw()}
}

// stream is a result that the function is still making. Its frames carry pieces of the result, and at the end a word on
// how it went. https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
type stream struct {
	function *function
	answer   *plugins.Answer
	frames   eventstream.Decoder
	// raw says that what the function sends goes to the client as it is; until then it may be a prelude.
	raw      bool
	prelude  format.Prelude
	begun    bool // the answer's headers are what they will be
	complete bool
}

var _ plugins.Decoder = (*stream)(nil)

func (s *stream) Decode(piece []byte, last bool) (out []byte, ready bool, err error) {
	s.frames.Write(piece)
	for {
		message, ok, err := s.frames.Next()
		if err != nil {
			return nil, false, s.broken(err)
		}
		if !ok {
			break
		}
		if out, err = s.take(message, out); err != nil {
			return nil, false, err
		}
	}
	if !last {
		return out, s.begun, nil
	}
	if !s.complete {
		return nil, false, s.broken(fmt.Errorf("it ends with %d bytes of a frame, before the function has", s.frames.Rest()))
	}
	if s.raw || len(s.prelude.Held()) == 0 { // Of nothing, nothing is known either.
		return out, true, nil
	}
	out, err = s.whole()
	return out, true, err
}

// take handles one frame and adds to out what the client is to get of it.
func (s *stream) take(m eventstream.Message, out []byte) ([]byte, error) {
	switch {
	case m.Type != "event":
		return nil, s.function.excepted(s.answer, m.Event)
	case m.Event == "PayloadChunk" && s.raw:
		s.begun = true
		return append(out, m.Payload...), nil
	case m.Event == "PayloadChunk":
		body, begun, err := s.prelude.Add(s.answer, m.Payload)
		s.raw, s.begun = begun, begun
		return append(out, body...), err
	case m.Event == "InvokeComplete":
		s.complete = true
		return out, s.completed(m.Payload)
	}
	return out, nil // Events that will be invented yet.
}

// whole is for a function that did not stream after all: its result is read as any other.
func (s *stream) whole() ([]byte, error) {
	s.answer.Receive(s.prelude.Held())
	if err := s.function.format.Answer(s.answer); err != nil {
		return nil, err
	}
	return s.answer.Body(), nil
}

// completed reads the word on how it went. A function that failed may have sent half an answer before.
func (s *stream) completed(payload []byte) error {
	var word struct{ ErrorCode, ErrorDetails, LogResult string }
	_ = json.Unmarshal(payload, &word) // Whatever is no such object tells of no error.
	annotateReport(s.answer, word.LogResult)
	if word.ErrorCode == "" {
		return nil
	}
	return failedWith(s.answer, word.ErrorCode, word.ErrorDetails)
}

// broken is the error for a stream that is not one.
func (s *stream) broken(cause error) error {
	return plugins.Errorf(plugins.InvalidAnswer, "The function's answer is broken off.").Because(cause)
}
