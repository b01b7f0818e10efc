package reminder

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestDue(t *testing.T) {
	type step struct {
		after  time.Duration
		what   string
		forget bool
		times  int
		due    bool
	}
	cases := []struct {
		name  string
		steps []step
	}{
		{"once", []step{{what: "a", due: true}}},
		{"again", []step{{what: "a", due: true}, {what: "a", times: 1}, {what: "a", times: 2, after: Every - 1}}},
		{"later", []step{
			{what: "a", due: true},
			{what: "a", times: 1},
			{what: "a", after: Every, times: 2, due: true},
			{what: "a", times: 1},
			{what: "a", after: 2 * Every, times: 2, due: true},
		}},
		{"alone, much later", []step{{what: "a", due: true}, {what: "a", after: time.Hour, times: 1, due: true}}},
		{"two", []step{{what: "a", due: true}, {what: "b", due: true}, {what: "a", times: 1}, {what: "b", after: Every, times: 1, due: true}}},
		{"forgotten", []step{{what: "a", due: true}, {what: "a", times: 1}, {what: "a", forget: true, due: true}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r Reminder
				for i, s := range c.steps {
					time.Sleep(s.after) // Of the bubble's clock.
					if s.forget {
						r.Forget()
					}
					if times, due := r.Due(s.what); times != s.times || due != s.due {
						t.Errorf("step %d: got %d, %t, want %d, %t", i, times, due, s.times, s.due)
					}
				}
			})
		})
	}
}

// Of ever new things, too, no more is told than Most and one a minute.
func TestWhatIsToldIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Reminder
		lines := 0
		tell := func(prefix string) {
			for i := range 10 * Most {
				if _, due := r.Due(prefix + strconv.Itoa(i)); due {
					lines++
				}
			}
		}
		tell("a")
		if lines != Most+1 || len(r.told) > Most+1 {
			t.Errorf("lines = %d, remembered = %d, want %d and at most as many", lines, len(r.told), Most+1)
		}
		time.Sleep(Every) // Of the bubble's clock.
		lines = 0
		tell("b")
		if lines != 1 {
			t.Errorf("lines of others a minute later = %d, want 1", lines)
		}
	})
}

func TestOneOfManyIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			r     Reminder
			lines atomic.Int32
			group sync.WaitGroup
		)
		for range 8 {
			group.Go(func() {
				for range 1000 {
					if _, due := r.Due("a"); due {
						lines.Add(1)
					}
				}
			})
		}
		group.Wait()
		if got := lines.Load(); got != 1 {
			t.Errorf("lines = %d, want 1", got)
		}
	})
}
