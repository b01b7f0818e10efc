package plugins

import (
	"context"
	"time"
)

// Task is work that answers the client by itself, such as publishing a message: a function returns it in a [Reply], and nothing goes
// upstream. It runs in a goroutine of its own, so it may block. The filter bounds how many tasks a process runs at a time; beyond, clients
// are answered 503 and the task does not run.
type Task struct {
	// Run does the work. The context ends when the time is over and when the client has left. Request, Headers and
	// Connection of the function's call are no longer valid in it: what it needs of them is taken out, and copied, before. The Reply
	// answers the client; it cannot carry another task. An error should be an [*Error].
	Run func(context.Context) (*Reply, error)
	// Timeout is how long Run may take; the filter has a longest time of its own, which also counts where Timeout is 0. When it is
	// over, the client is answered 504 at once, whatever Run does.
	Timeout time.Duration
}
