package eventstream_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"runtime"
	"slices"
	"testing"

	oracle "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/funcroute/funcroute/plugins/lambda/eventstream"
)

func frame(t testing.TB, payload string, headers ...oracle.Header) []byte {
	t.Helper()
	var encoded bytes.Buffer
	if err := oracle.NewEncoder().Encode(&encoded, oracle.Message{Headers: headers, Payload: []byte(payload)}); err != nil {
		t.Fatal(err)
	}
	return encoded.Bytes()
}

func text(name, value string) oracle.Header {
	return oracle.Header{Name: name, Value: oracle.StringValue(value)}
}

func TestDecoder(t *testing.T) {
	chunk := frame(t, "hello", text(":message-type", "event"), text(":event-type", "PayloadChunk"))
	end := frame(t, "{}", text(":message-type", "event"), text(":event-type", "InvokeComplete"))
	failed := frame(t, "no", text(":exception-type", "Throttled"), text(":message-type", "exception"))
	everyType := frame(t, "x",
		oracle.Header{Name: "a", Value: oracle.BoolValue(true)}, oracle.Header{Name: "b", Value: oracle.BoolValue(false)},
		oracle.Header{Name: "c", Value: oracle.Int8Value(1)}, oracle.Header{Name: "d", Value: oracle.Int16Value(2)},
		oracle.Header{Name: "e", Value: oracle.Int32Value(3)}, oracle.Header{Name: "f", Value: oracle.Int64Value(4)},
		oracle.Header{Name: "g", Value: oracle.BytesValue([]byte("bytes"))}, oracle.Header{Name: "h", Value: oracle.UUIDValue{1}},
		text(":message-type", "event"))
	broken := func(at int) []byte {
		b := slices.Clone(chunk)
		b[at] ^= 1
		return b
	}
	cases := []struct {
		name  string
		bytes []byte
		want  []eventstream.Message
		rest  int
		fails bool
	}{
		{name: "nothing"},
		{name: "two events", bytes: append(slices.Clone(chunk), end...), want: []eventstream.Message{
			{Type: "event", Event: "PayloadChunk", Payload: []byte("hello")}, {Type: "event", Event: "InvokeComplete", Payload: []byte("{}")},
		}},
		{name: "an exception", bytes: failed, want: []eventstream.Message{{Type: "exception", Event: "Throttled", Payload: []byte("no")}}},
		{name: "headers of every type", bytes: everyType, want: []eventstream.Message{{Type: "event", Payload: []byte("x")}}},
		{name: "an unfinished frame", bytes: chunk[:len(chunk)-1], rest: len(chunk) - 1},
		{name: "a changed length", bytes: broken(3), fails: true},
		{name: "a changed payload", bytes: broken(len(chunk) - 5), fails: true},
		{name: "a changed checksum", bytes: broken(len(chunk) - 1), fails: true},
		{name: "a frame too large", bytes: lengths(1<<30, 0), fails: true},
		{name: "a frame shorter than its headers", bytes: lengths(20, 10), fails: true},
		{name: "a frame whose headers are larger than any", bytes: lengths(1<<20, 1<<19), fails: true},
		{name: "a header whose name does not end", bytes: withHeaders("\x05ab"), fails: true},
		{name: "a header without a type", bytes: withHeaders("\x02ab"), fails: true},
		{name: "a header of no known type", bytes: withHeaders("\x02ab\x0a"), fails: true},
		{name: "a header without a length", bytes: withHeaders("\x02ab\x07\x00"), fails: true},
		{name: "a header whose value does not end", bytes: withHeaders("\x02ab\x07\x00\x09c"), fails: true},
	}
	for _, c := range cases {
		for _, size := range []int{1, 7, 1 << 20} {
			t.Run(c.name, func(t *testing.T) {
				var d eventstream.Decoder
				var got []eventstream.Message
				failed := false
				for piece := range slices.Chunk(c.bytes, size) {
					d.Write(piece)
					for !failed {
						m, ok, err := d.Next()
						if failed = err != nil; !ok {
							break
						}
						m.Payload = slices.Clone(m.Payload)
						got = append(got, m)
					}
				}
				if failed != c.fails {
					t.Errorf("failed = %v, want %v", failed, c.fails)
				}
				same := slices.EqualFunc(got, c.want, func(a, b eventstream.Message) bool {
					return a.Type == b.Type && a.Event == b.Event && bytes.Equal(a.Payload, b.Payload)
				})
				if !same {
					t.Errorf("messages = %q, want %q", got, c.want)
				}
				if !c.fails && d.Rest() != c.rest {
					t.Errorf("rest = %d, want %d", d.Rest(), c.rest)
				}
			})
		}
	}
}

// lengths are the first twelve bytes of a frame, with their checksum.
func lengths(total, headers uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, total)
	b = binary.BigEndian.AppendUint32(b, headers)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// withHeaders is a frame with right checksums around whatever is in the place of its headers.
func withHeaders(headers string) []byte {
	const overhead = 16
	b := append(lengths(uint32(overhead+len(headers)), uint32(len(headers))), headers...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// A stream may be endless, what is kept of it may not.
func TestFramesThatHaveBeenReadAreNotKept(t *testing.T) {
	const frames, size, most = 512, 64 << 10, 4 << 20
	piece := frame(t, string(make([]byte, size)))
	var d eventstream.Decoder
	before := heap()
	for range frames {
		d.Write(piece)
		if _, ok, err := d.Next(); !ok || err != nil {
			t.Fatalf("got %v, %v, want a frame", ok, err)
		}
	}
	if kept := heap() - before; kept > most {
		t.Errorf("kept %d bytes of %d, want %d at most", kept, frames*size, most)
	}
	runtime.KeepAlive(&d)
}

func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func FuzzDecoder(f *testing.F) {
	f.Add(frame(f, "hello", text(":message-type", "event"), text(":event-type", "PayloadChunk")), 3)
	f.Add(lengths(1<<20, 1<<10), 1)
	f.Add(withHeaders("\x02ab"), 5)
	f.Fuzz(func(t *testing.T, input []byte, size int) {
		var got []eventstream.Message
		var d eventstream.Decoder
		failed := false
		for piece := range slices.Chunk(input, max(1, size%64)) {
			d.Write(piece)
			for !failed {
				m, ok, err := d.Next()
				if failed = err != nil; !ok {
					break
				}
				m.Payload = slices.Clone(m.Payload)
				got = append(got, m)
			}
		}
		reader, decoder := bytes.NewReader(input), oracle.NewDecoder()
		for _, m := range got {
			want, err := decoder.Decode(reader, nil)
			if err != nil {
				t.Fatalf("the oracle refuses what we accept: %v", err)
			}
			if !bytes.Equal(m.Payload, want.Payload) {
				t.Fatalf("payload = %q, want %q", m.Payload, want.Payload)
			}
		}
	})
}
