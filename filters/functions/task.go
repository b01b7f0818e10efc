package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// maxTasks is how many tasks a process runs at a time. Each takes a goroutine, and keeps a request with its body in memory.
const maxTasks = 4096

// taskSlots bounds the number of tasks that a process runs at a time. A task keeps its slot until it has really ended, even if nobody waits
// for it any more.
type taskSlots chan struct{}

func newTaskSlots(size int) taskSlots { return make(taskSlots, size) }

// take takes a slot if there is one.
func (s taskSlots) take() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s taskSlots) giveBack() { <-s }

// task runs a plugin's task. It is an Awaiter, so that the request waits for it as it waits for credentials.
type task struct {
	plugins.Task
	slots  taskSlots
	panics *panics
	log    func(host.Level, string)

	reply *plugins.Reply // nil until the wait has ended without an error
}

var _ plugins.Awaiter = (*task)(nil)

func (*task) Ready() bool { return false }

// Await runs the task. stop ends the task's context.
func (t *task) Await(done func(error)) (stop func()) {
	ctx, cancel := context.WithTimeout(context.Background(), t.Timeout)
	go func() {
		defer t.slots.giveBack()
		defer cancel()
		reply, err := t.run(ctx)
		t.reply = reply
		done(err)
	}()
	return cancel
}

// run runs the task. It turns a panic, a reply that cannot answer a client, and an error at the deadline into errors for the client.
func (t *task) run(ctx context.Context) (reply *plugins.Reply, err error) {
	defer func() {
		if value := recover(); value != nil {
			t.panics.tell(t.log, value, debug.Stack())
			reply, err = nil, plugins.Errorf(plugins.InternalError, "The proxy failed to handle this request.")
		}
	}()
	reply, err = t.Run(ctx)
	switch {
	case err == nil && (reply == nil || reply.Task != nil || !isFinal(reply.Status)):
		return nil, fmt.Errorf("a task has ended with a reply that cannot answer the client: %+v", reply)
	case err == nil:
		return reply, nil
	}
	var known *plugins.Error
	if !errors.As(err, &known) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, taskTooLate().Because(err)
	}
	return nil, err
}

// taskTooLate is the error of a task that has not answered in its time. It may have done its work, and may still do it.
func taskTooLate() *plugins.Error {
	return plugins.Errorf(plugins.FunctionTimeout, "The function has not answered in time. Whether it has done its work is not known.")
}

// tooManyTasks is the error of a task that was not begun.
func tooManyTasks() *plugins.Error {
	failure := plugins.Errorf(plugins.Overloaded, "The proxy has too much work under way. Nothing was done; try again later.")
	failure.RetryAfter = time.Second
	return failure
}

// perform runs a task, and answers the client with its reply.
func (s *stream) perform(given *plugins.Task) host.Action {
	if !s.config.tasks.take() {
		return s.fail(tooManyTasks())
	}
	running := &task{Task: *given, slots: s.config.tasks, panics: s.config.panics, log: s.config.log}
	if longest := s.config.options.taskTimeout; running.Timeout <= 0 || running.Timeout > longest {
		running.Timeout = longest
	}
	return s.waitFor(running, running.Timeout, taskTooLate(), func() host.Action { return s.answerWith(running.reply) })
}

// answerWith answers the client in the upstream's stead. What stands behind a 204 or 304 is left out: Envoy would write it to the
// connection, where the client takes it for the beginning of the next answer.
func (s *stream) answerWith(reply *plugins.Reply) host.Action {
	if !isFinal(reply.Status) {
		return s.fail(fmt.Errorf("a function has replied with the status %d, with which nobody can be answered", reply.Status))
	}
	s.annotateAll(reply.Annotations)
	body := reply.Body
	if plugins.WithoutContent(strconv.Itoa(reply.Status)) {
		body = nil
	}
	s.host.SendReply(reply.Status, reply.Headers, body, "funcroute_reply")
	return host.Replied
}

// isFinal reports whether a status is one of final answers (RFC 9110 §15).
func isFinal(status int) bool { return status >= http.StatusOK && status <= 599 }
