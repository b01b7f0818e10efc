package host

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/funcroute/funcroute/reminder"
)

// Panics says what the log is to be told of panics: of each place the stack once, and then a line a minute at most, for a
// mistake that every request meets must not fill a disk. The zero value is ready. It is safe for concurrent use.
type Panics struct{ places reminder.Reminder }

// Line returns the line for the log, "" if there is nothing new to tell. The stack is that of debug.Stack in package runtime/debug.
func (p *Panics) Line(value any, stack []byte) string {
	times, due := p.places.Due(placeOf(stack))
	switch {
	case !due:
		return ""
	case times == 0:
		return fmt.Sprintf("panic: %s\n%s", describe(value), stack)
	}
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
