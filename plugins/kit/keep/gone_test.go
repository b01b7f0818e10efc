package keep

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A value of which it is known that it was deleted serves no longer, other than one whose source is down.
func TestWhatIsGoneServesNoLonger(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		cases := []struct {
			name string
			err  error
			want bool
		}{
			{"a source that is down", errors.New("no answer"), true},
			{"a value that is gone", Gone{errors.New("deleted")}, false},
		}
		for _, c := range cases {
			s := &source{found: Found[string]{Value: "one"}}
			v := New(s.options())
			done := make(chan error, 1)
			v.Await(f.environment, func(err error) { done <- err })
			<-done
			s.set(func(s *source) { s.err = c.err })
			time.Sleep(recheck)
			v.Ready(f.environment)
			synctest.Wait()
			if _, valid := v.Get(); valid != c.want {
				t.Errorf("%s: the old value serves: %v, want %v", c.name, valid, c.want)
			}
		}
	})
}

// A value that expires and says when to look again is renewed then, and serves however long nobody has looked.
func TestExpiringValuesMaySayWhenTheyAreRenewed(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		s := &source{found: Found[string]{Value: "one", Expires: time.Now().Add(time.Hour), Recheck: 10 * time.Minute}}
		v := New(s.options())
		done := make(chan error, 1)
		v.Await(f.environment, func(err error) { done <- err })
		<-done
		s.set(func(s *source) { s.found.Value = "two" })
		for _, look := range []struct {
			after time.Duration
			want  string
		}{{9 * time.Minute, "one"}, {time.Minute, "two"}} {
			time.Sleep(look.after)
			ready := v.Ready(f.environment)
			synctest.Wait()
			if got, _ := v.Get(); got != look.want || !ready {
				t.Errorf("after %s: got %q, ready %v, want %q", look.after, got, ready, look.want)
			}
		}
	})
}
