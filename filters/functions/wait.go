package functions

import (
	"sync"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// wait is the time a request waits for what its function needs. It ends once: with what was awaited, at its deadline, or
// because the client has gone.
type wait struct {
	resumer host.Resumer
	mutex   sync.Mutex
	over    bool
	stop    func()
	timer   *time.Timer
}

// begin starts the wait; then is called where the stream may be used, unless the wait is abandoned.
func (w *wait) begin(awaiter plugins.Awaiter, limit time.Duration, then func(error) host.Action) {
	end := func(err error) {
		if w.finish() {
			w.resumer.Resume(func() host.Action { return then(err) })
		}
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.timer = time.AfterFunc(limit, func() {
		if !w.finish() {
			return
		}
		w.stop() // Else what is awaited would hold on to the stream until it comes.
		w.resumer.Resume(func() host.Action { return then(tooLate()) })
	})
	w.stop = awaiter.Await(end)
}

// finish reports whether the caller is the one who ends the wait.
func (w *wait) finish() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.over {
		return false
	}
	w.over = true
	w.timer.Stop()
	return true
}

// abandon ends the wait of a stream that is gone.
func (w *wait) abandon() {
	if w.finish() {
		w.stop()
	}
}

// tooLate is the error of a request that would have to wait for longer than it may.
func tooLate() error {
	return plugins.Errorf(plugins.CredentialsUnavailable, "What the proxy needs to call this function is not there yet.")
}
