package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestUpstreamAnswersEachRequestOnce(t *testing.T) {
	const get = "GET /a HTTP/1.1\r\nhost: a\r\n\r\n"
	const post = "POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nx-b: c\r\n\r\nhello"
	const chunked = "POST /a HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nB\r\n\r\n\r\n hidden\r\n0\r\n\r\n"
	const trailers = "POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\nhost: a\r\n\r\n1\r\nh\r\n0\r\nx-sum: 1\r\n\r\n"
	large := "POST /a HTTP/1.1\r\ncontent-length: 1048576\r\n\r\n" + strings.Repeat("\r\n\r\n", 1<<18)
	for _, c := range []struct {
		name, sent string
		answers    int
	}{
		{"nothing", "", 0},
		{"no body", get, 1},
		{"a body", post, 1},
		{"a body of no length", "POST /a HTTP/1.1\r\ncontent-length: 0\r\n\r\n", 1},
		{"a body of more than the buffer", large + get, 2},
		{"chunks", chunked, 1},
		{"chunks and trailers", trailers, 1},
		{"one after another", get + get + post + chunked + trailers + get, 6},
		{"half a head", get + "GET /a HTTP/1.1\r\nhost: a\r\n", 1},
		{"half a body", post[:len(post)-1], 0},
		{"half a chunk", chunked[:len(chunked)-20], 0},
	} {
		for how, reader := range map[string]io.Reader{
			"at once":      strings.NewReader(c.sent),
			"byte by byte": iotest.OneByteReader(strings.NewReader(c.sent)),
			"in halves":    iotest.HalfReader(strings.NewReader(c.sent)),
		} {
			t.Run(c.name+", "+how, func(t *testing.T) {
				var written bytes.Buffer
				err := answerAll(struct {
					io.Reader
					io.Writer
				}{reader, &written})
				if !errors.Is(err, io.EOF) {
					t.Errorf("got %v, want the connection's end", err)
				}
				if got, want := written.String(), strings.Repeat(string(wholeAnswer), c.answers); got != want {
					t.Errorf("got %d bytes, want %d answers:\n%s", len(got), c.answers, got)
				}
			})
		}
	}
}

// counter counts the bytes written to it.
type counter int

func (c *counter) Write(piece []byte) (int, error) {
	*c += counter(len(piece))
	return len(piece), nil
}

func TestUpstreamKnowsLargeFunctions(t *testing.T) {
	var written counter
	request := strings.NewReader("POST /2015-03-31/functions/" + largeFunction + "/invocations HTTP/1.1\r\n\r\n")
	if err := answerAll(struct {
		io.Reader
		io.Writer
	}{request, &written}); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	const head = "HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n"
	if want := counter(len(head) + 100<<20); written != want {
		t.Errorf("bytes: got %d, want %d", written, want)
	}
}
