package functions

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/filters/host"
)

// awaited comes after a while, unless it is stopped.
type awaited struct {
	after   time.Duration
	stopped bool
}

func (*awaited) Ready() bool { return false }

func (a *awaited) Await(done func(error)) (stop func()) {
	timer := time.AfterFunc(a.after, func() { done(nil) })
	return func() {
		a.stopped = true
		timer.Stop()
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
				w := &wait{resumer: r}
				w.begin(a, 5*time.Second, func(err error) host.Action {
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
