package plugins

import (
	"slices"
	"sync"
)

// mostKept is up to which size in bytes room is kept for another message.
const mostKept = 4 << 20

// rooms keeps the room for bodies: garbage of the size of a body is what a request costs most of all.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// room is where a message's new body may be built.
type room struct{ buffer *[]byte }

// Room returns an empty slice with room for size bytes, to which a new body can be appended, for SetBody. Once the filter has
// handed the body on, the room is another message's: nothing else may keep a piece of it. A message has one room, so asking
// again gives the same.
func (r *room) Room(size int) []byte {
	if r.buffer == nil {
		r.buffer = rooms.Get().(*[]byte)
	}
	*r.buffer = slices.Grow((*r.buffer)[:0], size)
	return *r.buffer
}

// leave gives the room to the next message. Where the body has outgrown it, the next has more.
func (r *room) leave(body []byte) {
	if r.buffer == nil {
		return
	}
	if len(body) > cap(*r.buffer) {
		*r.buffer = make([]byte, 0, len(body))
	}
	if cap(*r.buffer) <= mostKept {
		rooms.Put(r.buffer)
	}
	r.buffer = nil
}
