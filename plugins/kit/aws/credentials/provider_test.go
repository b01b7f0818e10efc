package credentials

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

// source is a fake of where credentials come from. Its clock is the bubble's of synctest.
type source struct {
	fetches atomic.Int32
	mutex   sync.Mutex
	takes   time.Duration
	found   Credentials
	life    time.Duration // 0 for credentials that do not expire
	err     error
	panics  bool
	deaf    bool // does not heed its context
}

func (s *source) set(change func(*source)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change(s)
}

func (s *source) fetch(ctx context.Context) (Credentials, error) {
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
		return Credentials{}, ctx.Err()
	}
	if life != 0 {
		found.Expires = time.Now().Add(life)
	}
	return found, err
}

// fixture is a provider with all that is around it.
type fixture struct {
	*Provider
	source      *source
	environment *plugintest.Environment
}

// inBubble runs a test with a clock of its own, in which an hour passes at once.
func inBubble(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &source{found: Credentials{AccessKeyID: "one", SecretAccessKey: "secret"}}
		test(t, &fixture{NewProvider(s.fetch), s, &plugintest.Environment{}})
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

func (f *fixture) wantKey(t *testing.T, want string) {
	t.Helper()
	got := ""
	if identity := f.Identity(); identity != nil {
		got = identity.AccessKeyID
	}
	if got != want {
		t.Errorf("identity: got %q, want %q", got, want)
	}
}

func TestNothingIsFetchedBeforeItIsAskedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		if f.use() {
			t.Error("ready without credentials")
		}
		f.wantKey(t, "")
		f.wantFetches(t, 0)
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		if !f.use() {
			t.Error("not ready with credentials")
		}
		f.wantKey(t, "one")
		f.wantFetches(t, 1)
		if got := f.environment.Counted(fetchesDone); got != 1 {
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
				if took := time.Since(start); took != fetchDeadline {
					t.Errorf("took %s, want %s", took, fetchDeadline)
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
				t.Error("got credentials from nowhere")
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
			t.Fatal("got credentials from nowhere")
		}
		start := time.Now()
		for range 100 {
			if err := f.await(); err == nil {
				t.Fatal("got credentials from nowhere")
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
		if got := f.environment.Counted(fetchesFailed); got != 1 {
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
			t.Errorf("who comes after the pause: got %v, want the credentials that are there by now", err)
		}
		if err := <-told; err == nil {
			t.Error("who waited for the fetch that failed: got none, want its failure")
		}
		f.wantFetches(t, 2)
		f.wantKey(t, "one")
	})
}

// Within the pause there is no fetch, also for those who come while others are told.
func TestWhoComesWhileAFailureIsToldWaitsForNoFetchWithinThePause(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.err = errors.New("no luck")
		f.Await(f.environment, func(error) { time.Sleep(pause / 2) })
		synctest.Wait()
		if err := f.await(); err == nil {
			t.Error("got credentials from nowhere")
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

func TestExpiringCredentialsAreRenewedAheadWhileTheOldOnesServe(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = time.Hour
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		f.source.set(func(s *source) { s.found.AccessKeyID, s.takes = "two", time.Second })

		time.Sleep(time.Hour - refreshAhead - refreshAhead/4 - time.Second)
		f.use()
		f.wantFetches(t, 1)

		time.Sleep(refreshAhead/4 + 2*time.Second)
		for range 100 {
			if !f.use() {
				t.Fatal("not ready while old credentials serve")
			}
		}
		f.wantKey(t, "one")
		time.Sleep(time.Second)
		f.use()
		f.wantKey(t, "two")
		f.wantFetches(t, 2)
	})
}

func TestExpiredCredentialsAreNeverUsed(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = time.Hour
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		f.source.set(func(s *source) { s.err = errors.New("no luck") })
		for range 59 {
			time.Sleep(time.Minute)
			if !f.use() {
				t.Fatal("not ready although the old credentials are valid")
			}
		}
		if got := f.source.fetches.Load(); got < 5 || got > 20 {
			t.Errorf("fetches in the last ten minutes: got %d, want about one a minute, when used", got)
		}
		time.Sleep(time.Minute)
		if f.use() {
			t.Error("ready with expired credentials")
		}
		f.wantKey(t, "")
		if err := f.await(); err == nil {
			t.Error("got expired credentials")
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
			t.Error("got expired credentials")
		}
		f.wantKey(t, "")
	})
}

// On a machine that is busy, credentials with little to live can expire between the look at them and the plan for the next fetch.
func TestCredentialsThatExpireWhileTheyAreTakenUp(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		for _, ago := range []time.Duration{0, time.Nanosecond, time.Second, time.Hour} {
			f.conclude(Credentials{AccessKeyID: "late", SecretAccessKey: "secret", Expires: time.Now().Add(-ago)}, nil, f.environment)
			f.wantKey(t, "")
			if err := f.await(); err != nil {
				t.Errorf("who asks when they have expired since %s: got %v, want those that are there by now", ago, err)
			}
			f.wantKey(t, "one")
			synctest.Wait()
		}
	})
}

// Whoever waits is told, also where the log or the counters cannot be.
func TestAPanicInTheEnvironmentKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{found: Credentials{AccessKeyID: "one", SecretAccessKey: "secret"}}
		p := NewProvider(s.fetch)
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

func TestIdleProvidersFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		f.wantFetches(t, 1)
	})
}

func TestLastingCredentialsAreLookedUpAnew(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		if err := f.await(); err != nil {
			t.Fatal(err)
		}
		before := f.Identity()
		time.Sleep(recheck)
		f.use()
		f.wantFetches(t, 2)
		if f.Identity() != before {
			t.Error("the same credentials are another identity: its signing keys are lost")
		}
		f.source.set(func(s *source) { s.found = Credentials{AccessKeyID: "two", SecretAccessKey: "secret"} })
		time.Sleep(recheck)
		f.use()
		f.wantKey(t, "two")

		f.source.set(func(s *source) { s.err = errors.New("the file is gone") })
		time.Sleep(recheck)
		f.use()
		f.wantKey(t, "two")
	})
}

// A key whose secret or token alone has changed is another key: the old secret must sign nothing more.
func TestWhatIsReplacedUnderTheSameIDIsUsed(t *testing.T) {
	cases := map[string]Credentials{
		"another secret": {AccessKeyID: "one", SecretAccessKey: "another", SessionToken: "token"},
		"another token":  {AccessKeyID: "one", SecretAccessKey: "secret", SessionToken: "another"},
		"no token":       {AccessKeyID: "one", SecretAccessKey: "secret"},
	}
	for name, replaced := range cases {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, f *fixture) {
				f.source.found.SessionToken = "token"
				must(t, f.await())
				f.source.set(func(s *source) { s.found = replaced })
				time.Sleep(recheck)
				f.use()
				got := f.Identity()
				if got.SecretAccessKey != replaced.SecretAccessKey || got.SessionToken != replaced.SessionToken {
					t.Errorf("got secret %q and token %q, want %q and %q", got.SecretAccessKey, got.SessionToken,
						replaced.SecretAccessKey, replaced.SessionToken)
				}
			})
		})
	}
}

// A role that is assumed with credentials awaits them, fresh or not. It is no look at their source.
func TestAwaitingFreshCredentialsKeepsThemNoLonger(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.found.Recheck = recheckFile
		for range 2 {
			if err := f.await(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		f.wantFetches(t, 1)
		f.source.set(func(s *source) { s.found.AccessKeyID = "two" })
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
		f.wantKey(t, "two")
		f.wantFetches(t, 2)
		time.Sleep(20 * time.Second)
		f.use()
		f.wantFetches(t, 2)
	})
}

func TestIncompleteCredentialsAreNone(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.found = Credentials{AccessKeyID: "one"}
		if err := f.await(); err == nil {
			t.Error("got credentials without a secret")
		}
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
		for range 2 { // First without credentials, then with some.
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
	s := &source{found: Credentials{AccessKeyID: "one", SecretAccessKey: "secret"}, life: 30 * time.Millisecond}
	p := NewProvider(s.fetch)
	environment := &plugintest.Environment{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for end := time.Now().Add(100 * time.Millisecond); time.Now().Before(end); {
				if p.Ready(environment) {
					p.Identity()
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

func TestPoolSharesAndIsBounded(t *testing.T) {
	pool := NewPool()
	fetch := func(Source, STS) Fetch { return (&source{}).fetch }
	one := pool.Provider(Identity{STS: STS{Region: "one"}}, fetch)
	if pool.Provider(Identity{STS: STS{Region: "one"}}, fetch) != one {
		t.Error("the same identity has two providers")
	}
	for n := range 10 * maxProviders {
		pool.Provider(Identity{STS: STS{Region: strings.Repeat("x", n)}}, fetch)
	}
	if got := pool.providers.Len(); got > maxProviders {
		t.Errorf("providers: got %d, want at most %d", got, maxProviders)
	}
}

func BenchmarkReady(b *testing.B) {
	s := &source{found: Credentials{AccessKeyID: "one", SecretAccessKey: "secret"}}
	p := NewProvider(s.fetch)
	environment := &plugintest.Environment{}
	done := make(chan struct{})
	p.Await(environment, func(error) { close(done) })
	<-done
	b.ReportAllocs()
	for b.Loop() {
		if !p.Ready(environment) || p.Identity() == nil {
			b.Fatal("not ready")
		}
	}
}
