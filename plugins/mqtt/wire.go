package mqtt

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// writeTimeout is how long a broker may not read.
	writeTimeout = 5 * time.Second
	// buffered is how many bytes of a packet are written at once, beside a payload that is longer.
	buffered = 4 << 10
)

// wire is a network connection. The client library locks it for each packet, which it writes in pieces: they leave together when it is
// unlocked. After a write that has failed the broker does not know any more where a packet begins, and the library does not always look at
// what has become of a write, so the connection is then closed.
type wire struct {
	net.Conn
	mutex  sync.Mutex
	buffer *bufio.Writer
}

var (
	_ sync.Locker = (*wire)(nil)
	_ io.Writer   = (*wire)(nil)
)

func newWire(conn net.Conn) *wire {
	return &wire{Conn: conn, buffer: bufio.NewWriterSize(conn, buffered)}
}

func (w *wire) Lock() {
	w.mutex.Lock()
	_ = w.SetWriteDeadline(time.Now().Add(writeTimeout)) // If that fails, so do writes.
}

func (w *wire) Write(piece []byte) (int, error) { return w.buffer.Write(piece) }

func (w *wire) Unlock() {
	if w.buffer.Flush() != nil {
		_ = w.Close()
	}
	w.mutex.Unlock()
}

// failure is why a write has failed, nil as long as none has.
func (w *wire) failure() error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.buffer.Flush() // Nothing is left to be written, so that this is what has become of earlier ones.
}
