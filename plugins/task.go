package plugins

import (
	"context"
	"time"
)

// Task is work that answers the client by itself, such as publishing a message. A function returns it in a [Reply], and nothing goes
// upstream. A task runs in a goroutine of its own, so it may block. A process runs a bounded number of tasks at a time; beyond that
// number, clients are answered 503 and their tasks do not run.
type Task struct {
	// Run does the work. Its context ends when the time is over or the client has left. The Reply answers the client; it cannot carry
	// another task. An error should be an [*Error].
	//
	// Run must not use the [Request] that the function got, nor its Headers and Connection, which are no longer valid. The function copies
	// what Run needs of them before it returns.
	Run func(context.Context) (*Reply, error)
	// Timeout is how long Run may take. When that time is over, the client is answered 504 at once, whatever Run does. The filter has a
	// longest time of its own, which counts where Timeout is 0 or longer.
	Timeout time.Duration
}
