package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

var (
	connected = plugins.NewCounter("funcroute.test.connected")
	lost      = plugins.NewCounter("funcroute.test.lost")
	failed    = plugins.NewCounter("funcroute.test.failed")
)

// wire is a connection to a broker that is not there.
type wire struct {
	context.Context
	lose    func()
	leaving chan struct{}
	closed  atomic.Int32
}

var _ Connection = (*wire)(nil)

func (w *wire) Alive() context.Context   { return w.Context }
func (w *wire) Leaving() <-chan struct{} { return w.leaving }
func (w *wire) Close() {
	w.closed.Add(1)
	w.lose()
}

// network opens wires, unless it is down.
type network struct {
	mutex   sync.Mutex
	down    error
	changed bool
	dials   []time.Time
	wires   []*wire
}

func (n *network) dial(context.Context, func(string)) (*wire, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.dials = append(n.dials, time.Now())
	n.changed = false
	if n.down != nil {
		return nil, n.down
	}
	w := &wire{leaving: make(chan struct{})}
	w.Context, w.lose = context.WithCancel(context.Background())
	n.wires = append(n.wires, w)
	return w, nil
}

func (n *network) set(down error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.down = down
}

func (n *network) replaced() bool {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.changed
}

func (n *network) change() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.changed = true
}

func (n *network) last() *wire {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.wires[len(n.wires)-1]
}

func (n *network) count() int {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return len(n.dials)
}

func (n *network) open(pool *Pool[*wire], environment *plugintest.Environment, key string, most int) *Broker[*wire] {
	return pool.Open(environment, Key{settings: key}, Options[*wire]{
		Dial: n.dial, Changed: n.replaced, MaxInFlight: most, Subject: "test: a broker", Connected: connected, Lost: lost, Failed: failed,
	})
}

// outcome is what a client gets of work, in short.
func outcome(b *Broker[*wire], work func(context.Context, *wire) (*plugins.Reply, error)) string {
	reply, err := b.Do(context.Background(), time.Second, work)
	var failure *plugins.Error
	switch {
	case err == nil:
		return fmt.Sprint(reply.Status)
	case errors.As(err, &failure):
		return fmt.Sprintf("%d %s", failure.HTTPStatus(), failure.Reason)
	}
	return err.Error()
}

func accept(context.Context, *wire) (*plugins.Reply, error) { return Accepted(), nil }

// hang works until its context ends.
func hang(ctx context.Context, _ *wire) (*plugins.Reply, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, environment := &network{}, &plugintest.Environment{}
		b := n.open(NewPool[*wire](), environment, "k", 1)
		defer b.CloseIdle()
		if got := outcome(b, accept); got != "202" {
			t.Errorf("an acknowledged message: got %s", got)
		}
		if got := outcome(b, hang); got != "504 function_timeout" {
			t.Errorf("no answer: got %s", got)
		}
		if got := outcome(b, func(context.Context, *wire) (*plugins.Reply, error) { return nil, Rejected("no") }); got != "502 upstream_rejected" {
			t.Errorf("refused: got %s", got)
		}
		if got := outcome(b, func(context.Context, *wire) (*plugins.Reply, error) { return nil, errors.New("odd") }); got != "504 function_timeout" {
			t.Errorf("an error that nobody knows: got %s", got)
		}
		began := time.Now()
		got := outcome(b, func(ctx context.Context, w *wire) (*plugins.Reply, error) {
			w.lose()
			return hang(ctx, w)
		})
		if got != "504 function_timeout" || time.Since(began) > 0 {
			t.Errorf("the connection is lost while a message is under way: got %s after %s", got, time.Since(began))
		}
		if got := outcome(b, accept); got != "202" {
			t.Errorf("the next message waits for the next connection: got %s", got)
		}
		full := outcome(b, func(context.Context, *wire) (*plugins.Reply, error) {
			if got := outcome(b, accept); got != "503 overloaded" {
				t.Errorf("one too many in flight: got %s", got)
			}
			return Accepted(), nil
		})
		if full != "202" || environment.Counted(connected) != 2 || environment.Counted(lost) != 1 {
			t.Errorf("got %s, %d connections, %d lost", full, environment.Counted(connected), environment.Counted(lost))
		}
	})
}

// While there is no broker nobody waits, and attempts are made at pauses that grow.
func TestReconnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, environment := &network{down: errors.New("connection refused")}, &plugintest.Environment{}
		b := n.open(NewPool[*wire](), environment, "k", 10)
		defer b.CloseIdle()
		synctest.Wait()
		began := time.Now()
		if got := outcome(b, accept); got != "503 broker_unavailable" || time.Since(began) > 0 {
			t.Errorf("got %s after %s", got, time.Since(began))
		}
		time.Sleep(10 * time.Minute)
		for i := range n.count() - 1 {
			pause, longest := n.dials[i+1].Sub(n.dials[i]), min(firstPause<<min(i, 20), longestPause)
			if pause > longest || pause < longest/2 {
				t.Errorf("pause %d: got %s, want half of %s to all of it", i, pause, longest)
			}
		}
		if got := len(environment.Warnings()); got < 1 || got > 11 {
			t.Errorf("got %d lines in the log, want one a minute", got)
		}
		n.set(nil)
		time.Sleep(longestPause)
		synctest.Wait()
		if got := outcome(b, accept); got != "202" {
			t.Errorf("the broker is there again: got %s", got)
		}
	})
}

// A connection whose secrets were replaced, or that the broker will end, is replaced by another one. Who uses the old one keeps it.
func TestConnectionsAreReplaced(t *testing.T) {
	replacements := map[string]func(*network){
		"secrets": (*network).change,
		"leaving": func(n *network) { close(n.last().leaving) },
	}
	for name, replace := range replacements {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				b := n.open(NewPool[*wire](), &plugintest.Environment{}, "k", 10)
				defer b.CloseIdle()
				got := outcome(b, func(_ context.Context, old *wire) (*plugins.Reply, error) {
					replace(n)
					n.set(errors.New("connection refused")) // At first the new one does not come.
					time.Sleep(lookInterval)
					synctest.Wait()
					n.set(nil)
					time.Sleep(longestPause)
					synctest.Wait()
					if n.last() == old || old.closed.Load() != 0 || old.Err() != nil {
						t.Errorf("the old connection is closed, or there is no other")
					}
					return Accepted(), nil
				})
				if got == "504 function_timeout" { // It was longer under way than it may.
					t.Fatalf("got %s", got)
				}
				if n.wires[0].closed.Load() != 1 || n.last().closed.Load() != 0 {
					t.Errorf("the old connection is closed %d times, the new one %d", n.wires[0].closed.Load(), n.last().closed.Load())
				}
				if got := outcome(b, accept); got != "202" {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}

// Those with the same settings share a connection. The last to let go of it closes it, and whoever comes again opens another.
func TestSharing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, pool, environment := &network{}, NewPool[*wire](), &plugintest.Environment{}
		a, b, other := n.open(pool, environment, "k", 1), n.open(pool, environment, "k", 1), n.open(pool, environment, "l", 1)
		outcome(a, accept)
		outcome(b, accept)
		outcome(other, accept)
		if got := n.count(); got != 2 {
			t.Errorf("got %d connections, want 2", got)
		}
		other.CloseIdle()
		a.CloseIdle()
		a.CloseIdle()
		if got := outcome(b, accept); got != "202" || n.count() != 2 {
			t.Errorf("the other still uses it: got %s with %d connections", got, n.count())
		}
		got := outcome(b, func(_ context.Context, w *wire) (*plugins.Reply, error) {
			b.CloseIdle()
			synctest.Wait()
			if w.closed.Load() != 0 {
				t.Error("a connection is closed while a message is under way")
			}
			return Accepted(), nil
		})
		synctest.Wait()
		for i, w := range n.wires {
			if w.closed.Load() != 1 {
				t.Errorf("connection %d is closed %d times, want once", i, w.closed.Load())
			}
		}
		if again := outcome(a, accept); got != "202" || again != "202" || n.count() != 3 {
			t.Errorf("got %s, and %s when it is used again, with %d connections", got, again, n.count())
		}
		a.CloseIdle()
	})
}

// Two hundred configurations come and go, and nothing of them stays.
func TestNothingStays(t *testing.T) {
	n, pool, environment := &network{}, NewPool[*wire](), &plugintest.Environment{}
	before := runtime.NumGoroutine()
	for i := range 200 {
		b := n.open(pool, environment, fmt.Sprint(i), 1)
		if got := outcome(b, accept); got != "202" {
			t.Fatal(got)
		}
		b.CloseIdle()
	}
	for runtime.NumGoroutine() > before {
		if t.Context().Err() != nil {
			t.Fatalf("there are %d goroutines, before there were %d", runtime.NumGoroutine(), before)
		}
		runtime.Gosched()
	}
	if len(pool.clients) != 0 {
		t.Errorf("the pool has %d clients", len(pool.clients))
	}
}

// A panic in a type's library costs an attempt, and not Envoy.
func TestPanickingDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		environment := &plugintest.Environment{}
		b := NewPool[*wire]().Open(environment, Key{}, Options[*wire]{
			Dial:        func(context.Context, func(string)) (*wire, error) { panic("s3cret") },
			MaxInFlight: 1, Subject: "test: a broker", Connected: connected, Lost: lost, Failed: failed,
		})
		if got := outcome(b, accept); got != "503 broker_unavailable" {
			t.Errorf("got %s", got)
		}
		b.CloseIdle()
		if log := strings.Join(environment.Warnings(), "\n"); !strings.Contains(log, "connecting has failed unexpectedly (string)") || strings.Contains(log, "s3cret") {
			t.Errorf("the log says %q", log)
		}
	})
}
