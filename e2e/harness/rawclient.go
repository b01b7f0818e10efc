package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/headermap"
)

// SendRaw sends bytes over a connection as they are and reads the first answer. Where the server closes the connection
// without one, the error is [ErrClosed].
func SendRaw(address, text string) (Answer, error) {
	connection, err := dial(address)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = connection.Close() }()
	// A server that has seen enough answers and does not read the rest.
	go func() { _, _ = io.WriteString(connection, text) }()
	answer, err := receive(connection, &golden.Message{Start: http.MethodGet})
	if err != nil {
		err = errors.Join(ErrClosed, err)
	}
	answer.Client = connection.LocalAddr().String()
	return answer, err
}

// ErrClosed is that a connection or a stream ended without an answer.
var ErrClosed = errors.New("closed without an answer")

// Frames is a request over HTTP/2 as no client would send it: nothing of it is checked.
type Frames struct {
	// Headers are sent in this order, pseudo-headers among them.
	Headers  [][2]string `yaml:"headers"`
	Body     string      `yaml:"body"`
	Trailers [][2]string `yaml:"trailers"`
}

// maxFrame is what a frame may hold unless the server says otherwise (RFC 9113 §6.5.2).
const maxFrame = 16384

// SendFrames sends a request over HTTP/2. Where the server resets the stream or ends the connection, the error is
// [ErrClosed].
func SendFrames(address string, request *Frames) (Answer, error) {
	connection, err := dial(address)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = connection.Close() }()
	framer := http2.NewFramer(connection, connection)
	if _, err := io.WriteString(connection, http2.ClientPreface); err != nil {
		return Answer{}, err
	}
	const window = 1 << 30
	_ = framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
	_ = framer.WriteWindowUpdate(0, window)
	hasBody, hasTrailers := request.Body != "", len(request.Trailers) > 0
	writeHeaders(framer, request.Headers, !hasBody && !hasTrailers)
	for rest := request.Body; rest != ""; {
		piece := rest[:min(len(rest), maxFrame)]
		rest = rest[len(piece):]
		_ = framer.WriteData(streamID, rest == "" && !hasTrailers, []byte(piece))
	}
	if hasTrailers {
		writeHeaders(framer, request.Trailers, true)
	}
	answer, err := readFrames(framer)
	answer.Client = connection.LocalAddr().String()
	return answer, err
}

func dial(address string) (net.Conn, error) {
	connection, err := net.DialTimeout("tcp", address, Patience)
	if err == nil {
		err = connection.SetDeadline(time.Now().Add(Patience))
	}
	return connection, err
}

// streamID is the only stream of a connection.
const streamID = 1

func writeHeaders(framer *http2.Framer, headers [][2]string, last bool) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, header := range headers {
		_ = encoder.WriteField(hpack.HeaderField{Name: header[0], Value: header[1]}) // A buffer takes everything.
	}
	piece := block.Next(maxFrame)
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: streamID, BlockFragment: piece, EndStream: last, EndHeaders: block.Len() == 0})
	for block.Len() > 0 {
		piece = block.Next(maxFrame)
		_ = framer.WriteContinuation(streamID, block.Len() == 0, piece)
	}
}

func readFrames(framer *http2.Framer) (Answer, error) {
	answer := Answer{Headers: headermap.New()}
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return answer, errors.Join(ErrClosed, err)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			for _, field := range frame.Fields {
				answer.Headers.Add(field.Name, field.Value)
			}
		case *http2.DataFrame:
			answer.Body = append(answer.Body, frame.Data()...)
		case *http2.RSTStreamFrame:
			if frame.ErrCode != http2.ErrCodeNo || answer.Headers.Get(":status") == "" {
				return answer, fmt.Errorf("%w: stream reset with %v", ErrClosed, frame.ErrCode)
			}
			return answer, nil
		case *http2.GoAwayFrame:
			if frame.ErrCode != http2.ErrCodeNo {
				return answer, fmt.Errorf("%w: connection ended with %v", ErrClosed, frame.ErrCode)
			}
		}
		if frame.Header().StreamID == streamID && frame.Header().Flags.Has(http2.FlagDataEndStream) && frame.Header().Type != http2.FrameRSTStream {
			return answer, nil
		}
	}
}
