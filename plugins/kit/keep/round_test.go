package keep

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

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

func (panicking) Secret(string) (plugins.Secret, error) { panic("in Secret") }

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
