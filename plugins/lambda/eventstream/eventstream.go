// Package eventstream reads application/vnd.amazon.eventstream, the framing in which AWS sends a function's result while
// it is still being made.
//
//	frame  = total length u32 | headers length u32 | CRC of these eight bytes | headers | payload | CRC of all before
//	header = name length u8 | name | type u8 | value
//
// https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html describes it; the SDK's decoder is the oracle in
// tests.
package eventstream

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Message is one frame.
type Message struct {
	// Type is the header `:message-type`: "event", "exception" or "error".
	Type string
	// Event is the header `:event-type` of an event, or what an exception or an error calls itself.
	Event string
	// Payload is valid until the decoder is written to again.
	Payload []byte
}

// The largest frame that is accepted, as in Envoy's own parser (extensions/common/aws/eventstream/eventstream_parser.h).
const (
	maxHeaders = 128 << 10
	maxPayload = 24 << 20
	overhead   = 16
)

// Decoder reads frames out of pieces as they arrive. The zero value is ready.
type Decoder struct {
	buffer []byte
	read   int
}

// Write adds a piece.
func (d *Decoder) Write(piece []byte) {
	if d.read > 0 {
		d.buffer = append(d.buffer[:0], d.buffer[d.read:]...)
		d.read = 0
	}
	d.buffer = append(d.buffer, piece...)
}

// Next returns the next frame. It reports false if no whole frame is there yet. After an error, nothing more can be read.
func (d *Decoder) Next() (Message, bool, error) {
	rest := d.buffer[d.read:]
	if len(rest) < 12 {
		return Message{}, false, nil
	}
	total, headers := int(binary.BigEndian.Uint32(rest)), int(binary.BigEndian.Uint32(rest[4:]))
	if crc32.ChecksumIEEE(rest[:8]) != binary.BigEndian.Uint32(rest[8:]) {
		return Message{}, false, errors.New("the checksum of a frame's lengths is wrong")
	}
	if headers > maxHeaders || total > maxHeaders+maxPayload || total < headers+overhead {
		return Message{}, false, fmt.Errorf("a frame of %d bytes with %d bytes of headers cannot be", total, headers)
	}
	if len(rest) < total {
		return Message{}, false, nil
	}
	if crc32.ChecksumIEEE(rest[:total-4]) != binary.BigEndian.Uint32(rest[total-4:]) {
		return Message{}, false, errors.New("the checksum of a frame is wrong")
	}
	message := Message{Payload: rest[12+headers : total-4]}
	if err := message.readHeaders(rest[12 : 12+headers]); err != nil {
		return Message{}, false, err
	}
	d.read += total
	return message, true, nil
}

// Rest is how many bytes are there that make no whole frame.
func (d *Decoder) Rest() int { return len(d.buffer) - d.read }

var errHeaders = errors.New("a frame's headers end too early")

// readHeaders takes what is known out of the headers, and steps over all others.
func (m *Message) readHeaders(b []byte) error {
	for len(b) > 0 {
		name, rest, ok := cut(b[1:], int(b[0]))
		if !ok || len(rest) == 0 {
			return errHeaders
		}
		length, rest, err := valueLength(rest[0], rest[1:])
		if err != nil {
			return err
		}
		value, rest, ok := cut(rest, length)
		if !ok {
			return errHeaders
		}
		switch string(name) {
		case ":message-type":
			m.Type = string(value)
		case ":event-type", ":exception-type", ":error-code":
			m.Event = string(value)
		}
		b = rest
	}
	return nil
}

func cut(b []byte, length int) (head, rest []byte, ok bool) {
	if length > len(b) {
		return nil, nil, false
	}
	return b[:length], b[length:], true
}

// valueLength returns how long a value of that type is. Byte arrays and strings say so themselves.
func valueLength(kind byte, b []byte) (length int, rest []byte, err error) {
	const boolTrue, boolFalse, int8s, int16s, int32s, int64s, byteArray, str, timestamp, uuid = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
	switch kind {
	case boolTrue, boolFalse:
		return 0, b, nil
	case int8s:
		return 1, b, nil
	case int16s:
		return 2, b, nil
	case int32s:
		return 4, b, nil
	case int64s, timestamp:
		return 8, b, nil
	case uuid:
		return 16, b, nil
	case byteArray, str:
		if len(b) < 2 {
			return 0, nil, errHeaders
		}
		return int(binary.BigEndian.Uint16(b)), b[2:], nil
	}
	return 0, nil, fmt.Errorf("a header is of the unknown type %d", kind)
}
