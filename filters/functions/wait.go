package functions

import (
	"sync"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// wait is a request's wait for what its function needs. It ends once: because that is there, at the deadline, or because the client has
// left.
type wait struct {
	resumer host.Resumer
	// panics and log are for panics of the plugin outside of the filter's events, where nobody else catches them.
	panics *panics
	log    func(host.Level, string)

	mutex sync.Mutex
	over  bool
	stop  func()
	timer *time.Timer
}

// begin starts the wait. When the wait ends, the host calls then, which may use the stream, with nil or an error. After the time limit that is
// the error late. An abandoned wait never calls then.
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
		w.release() // Else the awaiter would keep the stream in memory until it is done.
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

// release tells the awaiter that nobody waits any more.
func (w *wait) release() {
	defer w.panics.catch(w.log)
	w.stop()
}

// finish ends the wait. It reports whether the wait had not ended before.
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
