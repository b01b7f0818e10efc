package keep

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// source is a fake of where a value comes from. Its clock is the bubble's of synctest.
type source struct {
	fetches atomic.Int32
	mutex   sync.Mutex
	takes   time.Duration
	found   Found[string]
	life    time.Duration // 0 for a value that does not expire
	err     error
	panics  bool
	deaf    bool // does not heed its context
}

func (s *source) set(change func(*source)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change(s)
}

func (s *source) fetch(ctx context.Context) (Found[string], error) {
	s.fetches.Add(1)
	s.mutex.Lock()
	takes, found, life, err, panics, deaf := s.takes, s.found, s.life, s.err, s.panics, s.deaf
	s.mutex.Unlock()
	if panics {
		panic("a secret")
	}
	if deaf {
		time.Sleep(takes)
		return found, err
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return Found[string]{}, ctx.Err()
	}
	if life != 0 {
		found.Expires = time.Now().Add(life)
	}
	return found, err
}

const (
	refreshed plugins.Counter = "funcroute.test.refreshed"
	failed    plugins.Counter = "funcroute.test.failed"
)

var errUnavailable = plugins.Errorf(plugins.CredentialsUnavailable, "There are none.")

// options are those of a value that comes from a source.
func (s *source) options() Options[string] {
	return Options[string]{
		Fetch: s.fetch, Same: func(a, b string) bool { return a == b }, Subject: "test: values",
		Unavailable: func() error { return errUnavailable }, Refreshed: refreshed, Failed: failed,
	}
}

// fixture is a value with all that is around it.
type fixture struct {
	*Value[string]
	source      *source
	environment *plugintest.Environment
}

// inBubble runs a test with a clock of its own, in which an hour passes at once.
func inBubble(t *testing.T, test func(t *testing.T, f *fixture), with ...func(*Options[string])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &source{found: Found[string]{Value: "one"}}
		of := s.options()
		for _, change := range with {
			change(&of)
		}
		test(t, &fixture{New(of), s, &plugintest.Environment{}})
	})
}

// await waits for an answer in the bubble.
func (f *fixture) await() error {
	done := make(chan error, 1)
	f.Await(f.environment, func(err error) { done <- err })
	return <-done
}

// use is what a request does; afterwards all that it started in the background has ended or waits for time to pass.
func (f *fixture) use() bool {
	ready := f.Ready(f.environment)
	synctest.Wait()
	return ready
}

func (f *fixture) wantFetches(t *testing.T, want int32) {
	t.Helper()
	if got := f.source.fetches.Load(); got != want {
		t.Errorf("fetches: got %d, want %d", got, want)
	}
}

func (f *fixture) wantValue(t *testing.T, want string) {
	t.Helper()
	if got, valid := f.Get(); got != want || valid != (want != "") {
		t.Errorf("value: got %q, %t, want %q", got, valid, want)
	}
}

func TestNothingIsFetchedBeforeItIsAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		if f.use() {
			t.Error("ready without a value")
		}
		f.wantValue(t, "")
		f.wantFetches(t, 0)
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		if !f.use() {
			t.Error("not ready with a value")
		}
		f.wantValue(t, "one")
		f.wantFetches(t, 1)
		if got := f.environment.Counted(refreshed); got != 1 {
			t.Errorf("refreshed: got %d, want 1", got)
		}
	})
}

func TestExpiringValuesAreRenewedAheadWhileTheOldOnesServe(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = time.Hour
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		f.source.set(func(s *source) { s.found.Value, s.takes = "two", time.Second })

		time.Sleep(time.Hour - refreshAhead - refreshAhead/4 - time.Second)
		f.use()
		f.wantFetches(t, 1)

		time.Sleep(refreshAhead/4 + 2*time.Second)
		for range 100 {
			if !f.use() {
				t.Fatal("not ready while the old value serves")
			}
		}
		f.wantValue(t, "one")
		time.Sleep(time.Second)
		f.use()
		f.wantValue(t, "two")
		f.wantFetches(t, 2)
	})
}

func TestExpiredValuesAreNeverUsed(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = time.Hour
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		f.source.set(func(s *source) { s.err = errors.New("no luck") })
		for range 59 {
			time.Sleep(time.Minute)
			if !f.use() {
				t.Fatal("not ready although the old value is valid")
			}
		}
		if got := f.source.fetches.Load(); got < 5 || got > 20 {
			t.Errorf("fetches in the last ten minutes: got %d, want about one a minute, when used", got)
		}
		time.Sleep(time.Minute)
		if f.use() {
			t.Error("ready with an expired value")
		}
		f.wantValue(t, "")
		if err := f.await(); err == nil {
			t.Error("got an expired value")
		}
		time.Sleep(pause)
		f.source.set(func(s *source) { s.err = nil })
		if err := f.await(); err != nil {
			t.Error(err)
		}
	})
}

// On a machine that is busy, a value with little to live can expire between the look at it and the plan for the next fetch.
func TestValuesThatExpireWhileTheyAreTakenUp(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		for _, ago := range []time.Duration{0, time.Nanosecond, time.Second, time.Hour} {
			f.conclude(Found[string]{Value: "late", Expires: time.Now().Add(-ago)}, nil, f.environment)
			f.wantValue(t, "")
			if err := f.await(); err != nil {
				t.Errorf("who asks when they have expired since %s: got %v, want those that are there by now", ago, err)
			}
			f.wantValue(t, "one")
			synctest.Wait()
		}
	})
}

func TestLastingValuesAreLookedUpAnew(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(recheck)
		f.use()
		f.wantFetches(t, 2)
		f.source.set(func(s *source) { s.found = Found[string]{Value: "two"} })
		time.Sleep(recheck)
		f.use()
		f.wantValue(t, "two")

		f.source.set(func(s *source) { s.err = errors.New("it is gone") })
		time.Sleep(recheck)
		f.use()
		f.wantValue(t, "two")
	})
}

// A fetch that needs another value awaits it, fresh or not. That is no look at its source.
func TestAwaitingFreshValuesKeepsThemNoLonger(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.found.Recheck = 2 * time.Second
		for range 2 {
			if err := f.await(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		f.wantFetches(t, 1)
		f.source.set(func(s *source) { s.found.Value = "two" })
		time.Sleep(time.Hour)
		if f.use() {
			t.Error("ready with what nobody has looked at for an hour")
		}

		f.source.set(func(s *source) { s.found.Recheck, s.life = 0, time.Hour })
		for range 2 {
			if err := f.await(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		f.wantValue(t, "two")
		f.wantFetches(t, 2)
		time.Sleep(20 * time.Second)
		f.use()
		f.wantFetches(t, 2)
	})
}

func BenchmarkReady(b *testing.B) {
	s := &source{found: Found[string]{Value: "one"}}
	p := New(s.options())
	environment := &plugintest.Environment{}
	done := make(chan struct{})
	p.Await(environment, func(error) { close(done) })
	<-done
	b.ReportAllocs()
	for b.Loop() {
		if _, valid := p.Get(); !valid || !p.Ready(environment) {
			b.Fatal("not ready")
		}
	}
}

// While its source is down, a value that does not expire serves for a bounded time, however often it is asked for.
func TestStaleValuesServeForABoundedTime(t *testing.T) {
	const bound = time.Hour
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.found.Recheck = time.Minute
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		f.source.set(func(s *source) { s.err = errors.New("it is down") })
		for range 59 {
			time.Sleep(time.Minute)
			if !f.use() {
				t.Fatal("not ready although the old value may serve")
			}
		}
		time.Sleep(time.Minute)
		if f.use() {
			t.Error("ready with a value that nobody has confirmed for an hour")
		}
		f.wantValue(t, "")
		if err := f.await(); err == nil {
			t.Error("got a value that nobody has confirmed for an hour")
		}
		f.source.set(func(s *source) { s.err = nil })
		time.Sleep(pause)
		if err := f.await(); err != nil {
			t.Error(err)
		}
		f.wantValue(t, "one")
	}, func(of *Options[string]) { of.MaxStale = bound })
}

// A value that is looked up seldom serves from one look to the next.
func TestSeldomLooksKeepNobodyWaiting(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.found.Recheck = 5 * time.Minute
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			time.Sleep(10 * time.Second)
			if !f.use() {
				t.Fatal("not ready between two looks")
			}
		}
		f.wantFetches(t, 4)
	})
}
