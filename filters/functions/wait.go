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
	// panics and log are for what the plugin does outside of the filter's events, where nobody else catches it.
	panics *panics
	log    func(host.Level, string)

	mutex sync.Mutex
	over  bool
	stop  func()
	timer *time.Timer
}

// begin starts the wait; then is called where the stream may be used, unless the wait is abandoned. When the time is over, it gets
// the error late.
func (w *wait) begin(awaiter plugins.Awaiter, limit time.Duration, late *plugins.Error, then func(error) host.Action) {
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
		w.release() // Else what is awaited would hold on to the stream until it comes.
		w.resumer.Resume(func() host.Action { return then(late) })
	})
	began := false
	defer func() {
		if !began { // Await has panicked. The host answers, so nobody may resume any more.
			w.over = true
			w.timer.Stop()
		}
	}()
	w.stop = awaiter.Await(end)
	began = true
}

// release lets go of what is awaited.
func (w *wait) release() {
	defer w.panics.catch(w.log)
	w.stop()
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
		w.release()
	}
}

// tooLate is the error of a request that would have to wait for longer than it may.
func tooLate() *plugins.Error {
	return plugins.Errorf(plugins.CredentialsUnavailable, "What the proxy needs to call this function is not there yet.")
}
