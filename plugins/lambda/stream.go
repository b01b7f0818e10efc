package lambda

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/lambda/eventstream"
)

var _ plugins.Streamer = (*function)(nil)

func (f *function) Stream(r *plugins.Answer) plugins.Decoder {
	if !f.invocation.streamed {
		return nil
	}
	// A prelude may bring another one.
	r.Headers.Set("content-type", streamType(r.Headers.Get("content-type")))
	return &stream{function: f, response: r, raw: !f.payload.buffers()}
}

// stream is a result that the function is still making. Its frames carry pieces of the result, and at the end a word on
// how it went. https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
type stream struct {
	function *function
	response *plugins.Answer
	frames   eventstream.Decoder
	// raw says that what the function sends goes to the client as it is; until then held is what may be a prelude.
	raw      bool
	held     []byte
	scanner  preludeScanner
	begun    bool // the answer's headers are what they will be
	complete bool
}

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
	if s.raw || len(s.held) == 0 { // Of nothing, nothing is known either.
		return out, true, nil
	}
	out, err = s.whole()
	return out, true, err
}

// take handles one frame and adds to out what the client is to get of it.
func (s *stream) take(m eventstream.Message, out []byte) ([]byte, error) {
	switch {
	case m.Type != "event":
		return nil, s.function.excepted(s.response, m.Event)
	case m.Event == "PayloadChunk" && s.raw:
		s.begun = true
		return append(out, m.Payload...), nil
	case m.Event == "PayloadChunk":
		s.held = append(s.held, m.Payload...)
		return s.prelude(out)
	case m.Event == "InvokeComplete":
		s.complete = true
		return out, s.completed(m.Payload)
	}
	return out, nil // Events that will be invented yet.
}

// prelude looks whether the function's result begins with one. What does not begin like a JSON object has none, whatever
// zeros are in it.
func (s *stream) prelude(out []byte) ([]byte, error) {
	switch state := s.scanner.scan(s.held); {
	case state == preludeThere:
		end := s.scanner.at
		head, body := bytes.Trim(s.held[:end-len(separator)], jsontext.Space), s.held[end:]
		s.raw, s.begun, s.held = true, true, nil
		if !jsontext.Valid(head) {
			return nil, preludeAnswer.invalidAnswer("what stands before eight zero bytes must be a JSON object")
		}
		return append(out, body...), preludeAnswer.prelude(s.response, describe(head))
	case state == preludeAbsent, len(s.held) > maxPrelude:
		return s.bare(out), nil
	}
	return out, nil
}

// bare lets go of what is no prelude.
func (s *stream) bare(out []byte) []byte {
	held := s.held
	s.raw, s.begun, s.held = true, true, nil
	return append(out, held...)
}

// whole is for a function that did not stream after all: its result is read as any other.
func (s *stream) whole() ([]byte, error) {
	s.response.Receive(s.held)
	if err := s.function.payload.answer(s.response); err != nil {
		return nil, err
	}
	return s.response.Body(), nil
}

// completed reads the word on how it went. A function that failed may have sent half an answer before.
func (s *stream) completed(payload []byte) error {
	var word struct{ ErrorCode, ErrorDetails, LogResult string }
	_ = json.Unmarshal(payload, &word) // Whatever is no such object tells of no error.
	annotateReport(s.response, word.LogResult)
	if word.ErrorCode == "" {
		return nil
	}
	return failedWith(s.response, word.ErrorCode, word.ErrorDetails)
}

// broken is the error for a stream that is not one.
func (s *stream) broken(cause error) error {
	return plugins.Errorf(plugins.InvalidAnswer, "The function's answer is broken off.").Because(cause)
}
