package host

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	// maxPanics bounds the places that are remembered. There are not that many mistakes; further ones go without a stack.
	maxPanics = 256
	// remindEvery is how often the log tells again of a panic whose stack stands in it.
	remindEvery = time.Minute
)

// Panics says what the log is to be told of panics: of each place the stack once, and then a line a minute at most, for a
// mistake that every request meets must not fill a disk. The zero value is ready. It is safe for concurrent use.
type Panics struct {
	mutex  sync.Mutex
	places map[string]*place
}

// place is where a panic has happened.
type place struct {
	times  int // since the last line
	toldAt time.Time
}

// Line returns the line for the log, "" if there is nothing new to tell. The stack is that of debug.Stack in package runtime/debug.
func (p *Panics) Line(value any, stack []byte) string {
	now := time.Now()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	where := placeOf(stack)
	found := p.places[where]
	if found == nil {
		if len(p.places) >= maxPanics {
			where = ""
		}
		if found = p.places[where]; found == nil {
			if p.places == nil {
				p.places = map[string]*place{}
			}
			p.places[where] = &place{toldAt: now}
			return fmt.Sprintf("panic: %s\n%s", describe(value), stack)
		}
	}
	found.times++
	if now.Sub(found.toldAt) < remindEvery {
		return ""
	}
	times := found.times
	found.times, found.toldAt = 0, now
	return fmt.Sprintf("panic: %s, %d times more since the log last told of it; its first one has the stack", describe(value), times)
}

// placeOf takes the files and lines out of a stack, which has addresses and the goroutine's number beside them.
func placeOf(stack []byte) string {
	var where strings.Builder
	for line := range strings.Lines(string(stack)) {
		if strings.HasPrefix(line, "\t") {
			file, _, _ := strings.Cut(line, " +0x")
			where.WriteString(file)
		}
	}
	return where.String()
}

// Refusal is the error of a filter block or a route whose loading has panicked.
func Refusal(value any, stack []byte) error {
	return fmt.Errorf("panic: %s\n%s", describe(value), stack)
}

// describe says what a panic was. A value that is not the runtime's own may hold what a client has sent, or a secret; of
// that only the type is told, for the stack shows the place.
func describe(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", value)
}
