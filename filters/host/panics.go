package host

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/funcroute/funcroute/reminder"
)

// Panics decides what the log is told about panics. Every request may meet the same mistake, which must not fill a disk. So the log gets the
// stack of each place once, and after that one line a minute at most. The zero value is ready. It is safe for concurrent use.
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

// placeOf returns the files and lines of a stack. It leaves out the addresses and the goroutine's number, which differ from panic to panic.
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

// describe says what a panic was. Only the type of the value is told, unless it is the runtime's own: it may hold a secret, or what a client has
// sent. The stack shows the place.
func describe(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", value)
}
