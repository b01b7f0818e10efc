package keep

import (
	"context"
	"errors"
	"strings"
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

func TestOneFetchForAllWhoWait(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.takes = time.Second
		var answered atomic.Int32
		for range 1000 {
			f.Await(f.environment, func(err error) {
				if err == nil {
					answered.Add(1)
				}
			})
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		f.wantFetches(t, 1)
		if got := answered.Load(); got != 1000 {
			t.Errorf("answered: got %d, want 1000", got)
		}
	})
}

func TestAFetchEndsAtItsDeadline(t *testing.T) {
	for name, deaf := range map[string]bool{"heeds its context": false, "does not": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fixture) {
				f.source.takes, f.source.deaf = time.Hour, deaf
				start := time.Now()
				err := f.await()
				var failure *plugins.Error
				if !errors.As(err, &failure) || failure.Reason != plugins.CredentialsUnavailable {
					t.Errorf("got %v, want %s", err, plugins.CredentialsUnavailable)
				}
				if took := time.Since(start); took != Deadline {
					t.Errorf("took %s, want %s", took, Deadline)
				}
				if got, want := f.environment.Warnings(), "no answer within 10s"; len(got) != 1 || !strings.Contains(got[0], want) {
					t.Errorf("log: got %q, want %q", got, want)
				}
				f.source.set(func(s *source) { s.takes = 0 })
				time.Sleep(2 * time.Hour) // The bubble may not end before the fetch does.
			})
		})
	}
}

func TestFetchesThatHangAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.takes, f.source.deaf = time.Hour, true
		for range 10 {
			if err := f.await(); err == nil {
				t.Error("got a value from nowhere")
			}
			time.Sleep(2 * pause)
		}
		f.wantFetches(t, maxHanging)
		time.Sleep(2 * time.Hour)
		f.source.set(func(s *source) { s.takes = 0 })
		if err := f.await(); err != nil {
			t.Errorf("after they came back: %v", err)
		}
	})
}

func TestAFailureIsAnsweredAtOnceForAWhile(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.takes, f.source.err = 100*time.Millisecond, errors.New("no luck")
		if err := f.await(); err == nil {
			t.Fatal("got a value from nowhere")
		}
		start := time.Now()
		for range 100 {
			if err := f.await(); err == nil {
				t.Fatal("got a value from nowhere")
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("within the pause: took %s, want no time", took)
		}
		f.wantFetches(t, 1)

		time.Sleep(pause)
		f.source.set(func(s *source) { s.err = nil })
		if err := f.await(); err != nil {
			t.Errorf("after the pause: %v", err)
		}
		f.wantFetches(t, 2)
		if got := f.environment.Counted(failed); got != 1 {
			t.Errorf("failed: got %d, want 1", got)
		}
	})
}

// Those who are told of a failure take their time. Who comes meanwhile, when the pause is over, is owed a fetch and not
// the old failure.
func TestWhoComesWhileAFailureIsToldGetsAFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.err = errors.New("no luck")
		told := make(chan error, 1)
		f.Await(f.environment, func(err error) {
			time.Sleep(2 * pause)
			told <- err
		})
		synctest.Wait()
		f.source.set(func(s *source) { s.err = nil })
		time.Sleep(pause)
		if err := f.await(); err != nil {
			t.Errorf("who comes after the pause: got %v, want the value that is there by now", err)
		}
		if err := <-told; err == nil {
			t.Error("who waited for the fetch that failed: got none, want its failure")
		}
		f.wantFetches(t, 2)
		f.wantValue(t, "one")
	})
}

// Within the pause there is no fetch, also for those who come while others are told.
func TestWhoComesWhileAFailureIsToldWaitsForNoFetchWithinThePause(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.err = errors.New("no luck")
		f.Await(f.environment, func(error) { time.Sleep(pause / 2) })
		synctest.Wait()
		if err := f.await(); err == nil {
			t.Error("got a value from nowhere")
		}
		f.wantFetches(t, 1)
	})
}

func TestAFailureIsSafeToShowAndLoggedOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.panics = true
		for range 20 {
			err := f.await()
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Fatalf("got %v, want an error that says nothing", err)
			}
			time.Sleep(2 * pause)
		}
		warnings := f.environment.Warnings()
		if len(warnings) != 1 || strings.Contains(warnings[0], "secret") || !strings.Contains(warnings[0], "panic (string)") {
			t.Errorf("log: got %q", warnings)
		}
		if panics := f.environment.Panics(); len(panics) != 20 || !strings.Contains(panics[0], "(*source).fetch") {
			t.Errorf("panics = %q, want 20 with where they happened", panics)
		}
		f.wantFetches(t, 20)
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

func TestExpiredBeforeTheyAreFound(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = -time.Second
		if err := f.await(); err == nil {
			t.Error("got an expired value")
		}
		f.wantValue(t, "")
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

// Whoever waits is told, also where the log or the counters cannot be.
func TestAPanicInTheEnvironmentKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{found: Found[string]{Value: "one"}}
		p := New(s.options())
		for range 2 {
			done := make(chan error, 1)
			p.Await(panicking{}, func(err error) { done <- err })
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

type panicking struct{}

func (panicking) TellPanic(any, []byte) { panic("no log") }

func (panicking) Warn(string)           { panic("in Warn") }
func (panicking) Count(plugins.Counter) { panic("in Count") }

func TestIdleValuesFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		f.wantFetches(t, 1)
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

func TestWhoStopsIsNotAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.takes = time.Second
		var stopped, stayed atomic.Int32
		stop := f.Await(f.environment, func(error) { stopped.Add(1) })
		f.Await(f.environment, func(error) { stayed.Add(1) })
		stop()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		stop()
		if stopped.Load() != 0 || stayed.Load() != 1 {
			t.Errorf("answers: got %d and %d, want 0 and 1", stopped.Load(), stayed.Load())
		}
	})
}

// A client that goes away while a fetch hangs must not be held until that ends.
func TestWhoStopsIsForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.takes = time.Second
		for range 3 {
			f.Await(f.environment, func(error) {})()
		}
		f.mutex.Lock()
		waiting := len(f.waiting)
		f.mutex.Unlock()
		if waiting != 0 {
			t.Errorf("waiting: got %d, want 0", waiting)
		}
		time.Sleep(time.Second)
	})
}

// Of two who stop each other when they are answered, one alone is answered, for they are answered one after the other.
func TestWhoStopsWhileOthersAreAnsweredIsNotAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.takes = time.Second
		var answered atomic.Int32
		var stops [2]func()
		made := make(chan struct{})
		for i := range stops {
			stops[i] = f.Await(f.environment, func(error) {
				<-made
				answered.Add(1)
				stops[1-i]()
			})
		}
		close(made)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := answered.Load(); got != 1 {
			t.Errorf("answers: got %d, want 1", got)
		}
	})
}

func TestAPanicInAnAnswerHarmsNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.Await(f.environment, func(error) { panic("in done") })
		if err := f.await(); err != nil {
			t.Error(err)
		}
		synctest.Wait() // The one may be answered before the other.
		if n := len(f.environment.Panics()); n != 1 {
			t.Errorf("panics told = %d, want 1", n)
		}
	})
}

func TestAnswersNeverComeOnTheCallersGoroutine(t *testing.T) {
	inBubble(t, func(_ *testing.T, f *fixture) {
		for range 2 { // First without a value, then with one.
			var mutex sync.Mutex
			mutex.Lock()
			done := make(chan struct{})
			f.Await(f.environment, func(error) {
				mutex.Lock() // Would block for ever on the caller's goroutine.
				defer mutex.Unlock()
				close(done)
			})
			mutex.Unlock()
			<-done
		}
	})
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(*testing.T) {
	s := &source{found: Found[string]{Value: "one"}, life: 30 * time.Millisecond}
	p := New(s.options())
	environment := &plugintest.Environment{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
				if p.Ready(environment) {
					p.Get()
					continue
				}
				done := make(chan struct{})
				stop := p.Await(environment, func(error) { close(done) })
				<-done
				stop()
			}
		})
	}
	group.Wait()
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

func TestRejectedValuesAreFetchedAnewOnce(t *testing.T) {
	for _, refused := range []bool{false, true} {
		inBubble(t, func(t *testing.T, f *fixture) {
			f.source.life = time.Hour
			if err := f.await(); err != nil {
				t.Fatal(err)
			}
			f.Rejected(f.environment)
			synctest.Wait()
			f.wantFetches(t, 1) // It has just been fetched.

			time.Sleep(time.Minute)
			f.source.set(func(s *source) { s.takes, s.found.Value = time.Second, "two" })
			for range 100 {
				f.Rejected(f.environment)
			}
			if got := f.use(); got == refused {
				t.Errorf("ready while it is fetched anew: got %t, want %t", got, !refused)
			}
			if err := f.await(); err != nil {
				t.Error(err)
			}
			f.wantValue(t, "two")
			f.Rejected(f.environment)
			if !f.use() {
				t.Error("not ready with the new value")
			}
			f.wantFetches(t, 2)

			time.Sleep(time.Minute)
			f.source.set(func(s *source) { s.err = errors.New("it is down") })
			f.Rejected(f.environment)
			time.Sleep(2 * time.Second)
			if !f.use() {
				t.Error("not ready with the old value although there is no other")
			}
			f.wantFetches(t, 3)
		}, func(of *Options[string]) { of.WaitWhenRejected = refused })
	}
}

// Whoever needs the value for a fetch of its own is told why there is none.
func TestRetrieve(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.err = errors.New("no luck")
		if _, err := f.Retrieve(t.Context()); err == nil || err.Error() != "no luck" {
			t.Errorf("got %v, want what the fetch has ended with", err)
		}
		time.Sleep(pause)
		f.source.set(func(s *source) { s.err, s.takes = nil, time.Second })
		ctx, cancel := InTime(t.Context())
		defer cancel()
		short, stop := context.WithTimeout(ctx, time.Millisecond)
		defer stop()
		if _, err := f.Retrieve(short); err == nil || err.Error() != "no answer yet" {
			t.Errorf("got %v, want that there is no answer yet", err)
		}
		if got, err := f.Retrieve(ctx); err != nil || got != "one" {
			t.Errorf("got %q, %v", got, err)
		}
		if warnings := f.environment.Warnings(); len(warnings) != 0 {
			t.Errorf("log: got %q, want none, as the other fetch tells of it", warnings)
		}
	})
}

func TestRejectedValuesAreFetchedAnewInTheBackground(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = time.Hour
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		f.source.set(func(s *source) { s.found.Value = "two" })
		f.Rejected(f.environment)
		synctest.Wait()
		f.wantFetches(t, 1) // It is new: a fetch would not help.
		time.Sleep(longPause)
		f.source.set(func(s *source) { s.takes = time.Second })
		for range 100 {
			f.Rejected(f.environment)
			if !f.use() {
				t.Fatal("not ready while a new one is fetched")
			}
			f.wantValue(t, "one")
		}
		time.Sleep(2 * time.Second)
		f.use()
		f.wantValue(t, "two")
		f.wantFetches(t, 2)
		for range 600 { // Ten minutes, in which the new one is refused as well.
			time.Sleep(time.Second)
			f.Rejected(f.environment)
		}
		synctest.Wait()
		if got := f.source.fetches.Load(); got > 2+60 {
			t.Errorf("fetches: got %d, want one in ten seconds at most", got)
		}
		time.Sleep(2 * time.Second) // The bubble may not end before the last fetch does.
	})
}
