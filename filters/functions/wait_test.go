package functions

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/filters/host"
)

// awaited comes after a while, unless it is stopped.
type awaited struct {
	after   time.Duration
	stopped bool
	// panics says where it does.
	panics string
}

func (*awaited) Ready() bool { return false }

func (a *awaited) Await(done func(error)) (stop func()) {
	if a.panics == "await" {
		panic("s3cr3t")
	}
	timer := time.AfterFunc(a.after, func() { done(nil) })
	return func() {
		a.stopped = true
		timer.Stop()
		if a.panics == "stop" {
			panic("s3cr3t")
		}
	}
}

type resumed struct{ times int }

func (r *resumed) Resume(f func() host.Action) {
	r.times++
	f()
}

func TestWait(t *testing.T) {
	cases := []struct {
		name        string
		after       time.Duration
		abandoned   bool
		wantResumed int
		wantError   bool
		wantStopped bool
	}{
		{name: "what is awaited comes", after: time.Second, wantResumed: 1},
		{name: "the deadline comes first", after: time.Minute, wantResumed: 1, wantError: true, wantStopped: true},
		{name: "the stream is gone", after: time.Second, abandoned: true, wantStopped: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, r := &awaited{after: c.after}, &resumed{}
				var got error
				w := &wait{resumer: r, panics: &panics{}}
				w.begin(a, 5*time.Second, tooLate(), func(err error) host.Action {
					got = err
					return host.Continue
				})
				if c.abandoned {
					w.abandon()
				}
				time.Sleep(2 * time.Minute) // Of the bubble's clock.
				synctest.Wait()
				if r.times != c.wantResumed || (got != nil) != c.wantError || a.stopped != c.wantStopped {
					t.Errorf("resumed %d times, error %v, stopped %v, want %d, %v, %v",
						r.times, got, a.stopped, c.wantResumed, c.wantError, c.wantStopped)
				}
			})
		})
	}
}

// A plugin that panics outside of the filter's events ends neither the process nor the wait's order.
func TestPanicsWhileWaiting(t *testing.T) {
	cases := []struct {
		name        string
		panics      string
		abandoned   bool
		wantResumed int
		wantPanic   bool // on the worker, where the host sees to it
		wantLogged  int
	}{
		{name: "await", panics: "await", wantPanic: true},
		{name: "await, and the stream is gone", panics: "await", abandoned: true, wantPanic: true},
		{name: "stop at the deadline", panics: "stop", wantResumed: 1, wantLogged: 1},
		{name: "stop when the stream is gone", panics: "stop", abandoned: true, wantLogged: 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, r := &awaited{after: time.Minute, panics: c.panics}, &resumed{}
				var logged []string
				w := &wait{resumer: r, panics: &panics{}, log: func(_ host.Level, line string) { logged = append(logged, line) }}
				panicked := func() (panicked bool) {
					defer func() { panicked = recover() != nil }()
					w.begin(a, 5*time.Second, tooLate(), func(error) host.Action { return host.Continue })
					return false
				}()
				if c.abandoned {
					w.abandon()
				}
				time.Sleep(2 * time.Minute) // Of the bubble's clock.
				synctest.Wait()
				if r.times != c.wantResumed || panicked != c.wantPanic || len(logged) != c.wantLogged {
					t.Errorf("resumed %d times, panicked %v, logged %q, want %d, %v, %d lines",
						r.times, panicked, logged, c.wantResumed, c.wantPanic, c.wantLogged)
				}
				if strings.Contains(strings.Join(logged, ""), "s3cr3t") {
					t.Errorf("logged %q, want no value", logged)
				}
			})
		})
	}
}
