package functions

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// working is a task that is over when it is told to be, whatever its context says.
func working(over <-chan struct{}) plugins.Task {
	return plugins.Task{Timeout: time.Second, Run: func(context.Context) (*plugins.Reply, error) {
		<-over
		return &plugins.Reply{Status: 200}, nil
	}}
}

func TestATaskThatDoesNotEndKeepsItsSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots, over := newTaskSlots(1), make(chan struct{})
		if !slots.take() {
			t.Fatal("the first task has no slot")
		}
		running := &task{Task: working(over), slots: slots, panics: &panics{}}
		w, got := &wait{resumer: &resumed{}, panics: &panics{}}, error(nil)
		w.begin(running, time.Second, taskTooLate(), func(err error) host.Action { got = err; return host.Replied })
		time.Sleep(time.Minute) // Of the bubble's clock.
		synctest.Wait()
		var failure *plugins.Error
		if !errors.As(got, &failure) || failure.Reason != plugins.FunctionTimeout {
			t.Errorf("got %v, want a function_timeout though the task goes on", got)
		}
		if slots.take() {
			t.Error("there is a slot while the task still runs")
		}
		close(over)
		synctest.Wait()
		if !slots.take() {
			t.Error("there is no slot when the task has ended")
		}
	})
}

func TestAClientThatLeavesEndsTheTasksContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slots, ended := newTaskSlots(1), false
		slots.take()
		running := &task{slots: slots, panics: &panics{}, Task: plugins.Task{Timeout: time.Hour, Run: func(ctx context.Context) (*plugins.Reply, error) {
			<-ctx.Done()
			ended = true
			return nil, ctx.Err()
		}}}
		w, r := &wait{panics: &panics{}}, &resumed{}
		w.resumer = r
		w.begin(running, time.Hour, taskTooLate(), func(error) host.Action { return host.Replied })
		synctest.Wait()
		w.abandon()
		synctest.Wait()
		if !ended || r.times != 0 || !slots.take() {
			t.Errorf("ended %v, resumed %d times, want its end, no answer and its slot back", ended, r.times)
		}
	})
}

// What the plugin does wrong in a task ends neither the process nor the order.
func TestWhatATaskDoesWrong(t *testing.T) {
	cases := []struct {
		name       string
		run        func(context.Context) (*plugins.Reply, error)
		wantReason plugins.Reason // "" for an error that is none of ours, which clients see as internal_error
		wantLogged int
	}{
		{name: "a panic", run: func(context.Context) (*plugins.Reply, error) { panic("s3cr3t") }, wantReason: plugins.InternalError, wantLogged: 1},
		{name: "no reply", run: func(context.Context) (*plugins.Reply, error) { return nil, nil }},
		{name: "a reply without a status", run: func(context.Context) (*plugins.Reply, error) { return &plugins.Reply{}, nil }},
		{name: "another task", run: func(context.Context) (*plugins.Reply, error) {
			return &plugins.Reply{Status: 200, Task: &plugins.Task{}}, nil
		}},
		{name: "the context's error, late", run: func(ctx context.Context) (*plugins.Reply, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, wantReason: plugins.FunctionTimeout},
		{name: "an error of ours, late", run: func(ctx context.Context) (*plugins.Reply, error) {
			<-ctx.Done()
			return nil, plugins.Errorf(plugins.UpstreamRejected, "")
		}, wantReason: plugins.UpstreamRejected},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged []string
				running := &task{Task: plugins.Task{Run: c.run}, panics: &panics{}, log: func(_ host.Level, line string) { logged = append(logged, line) }}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				reply, err := running.run(ctx)
				var failure *plugins.Error
				if reply != nil || err == nil || errors.As(err, &failure) != (c.wantReason != "") || failure != nil && failure.Reason != c.wantReason {
					t.Errorf("got %v, %v, want the error %q", reply, err, c.wantReason)
				}
				if len(logged) != c.wantLogged || strings.Contains(strings.Join(logged, ""), "s3cr3t") {
					t.Errorf("logged %q, want %d lines without the value", logged, c.wantLogged)
				}
			})
		})
	}
}

// idling is an upstream that counts how often it was told that nobody uses it.
type idling struct {
	mutex sync.Mutex
	told  int
	panic bool
}

func (*idling) NewFunction(plugins.FunctionSpec) (plugins.Function, error) { return nil, nil }

func (u *idling) CloseIdleConnections() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.told++; u.panic {
		panic("s3cr3t")
	}
}

func TestAnUpstreamThatNobodyUsesIsTold(t *testing.T) {
	cases := []struct {
		name string
		uses []time.Duration // after the one before
		wait time.Duration   // after the last
		want int
	}{
		{name: "in use", uses: []time.Duration{0, 9 * time.Minute, 9 * time.Minute, 9 * time.Minute}, wait: 9 * time.Minute},
		{name: "made and never used", wait: time.Hour, want: 1},
		{name: "used no more", uses: []time.Duration{time.Minute}, wait: time.Hour, want: 1},
		{name: "used again", uses: []time.Duration{time.Hour, time.Hour}, wait: time.Hour, want: 3},
	}
	for _, c := range cases {
		for _, panics := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					told := &idling{panic: panics}
					up := newUpstream(told, nil, &telling{})
					for _, after := range c.uses {
						time.Sleep(after) // Of the bubble's clock.
						up.use()
					}
					time.Sleep(c.wait)
					synctest.Wait()
					if told.told != c.want {
						t.Errorf("told %d times, want %d", told.told, c.want)
					}
				})
			})
		}
	}
}

// telling is an environment that nobody listens to.
type telling struct{}

func (*telling) Warn(string)           {}
func (*telling) Count(plugins.Counter) {}
func (*telling) TellPanic(any, []byte) {}

func (*telling) Secret(string) (plugins.Secret, error) { return nil, errors.New("none") }
