package plugins

import (
	"slices"
	"sync"
)

// mostKept is the size in bytes up to which a buffer is kept for another message.
const mostKept = 4 << 20

// buffers keeps the memory of buffers for other messages. A new one for each body would be garbage of the body's size, which is
// what a request costs most of all.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// buffer is where a message's new body may be built.
type buffer struct{ memory *[]byte }

// Buffer returns an empty slice with a capacity of at least size bytes. A new body can be appended to it and given to SetBody.
// A message has one buffer, so asking again gives the same. Nothing else may keep a piece of it: another message gets it once
// the filter has handed the body on.
func (b *buffer) Buffer(size int) []byte {
	if b.memory == nil {
		b.memory = buffers.Get().(*[]byte)
	}
	*b.memory = slices.Grow((*b.memory)[:0], size)
	return *b.memory
}

// leave gives the buffer to the next message. If the body has outgrown the buffer, the next message gets a larger one.
func (b *buffer) leave(body []byte) {
	if b.memory == nil {
		return
	}
	if len(body) > cap(*b.memory) {
		*b.memory = make([]byte, 0, len(body))
	}
	if cap(*b.memory) <= mostKept {
		buffers.Put(b.memory)
	}
	b.memory = nil
}
