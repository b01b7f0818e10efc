package keep

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

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

func TestExpiredBeforeTheyAreFound(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.life = -time.Second
		if err := f.await(); err == nil {
			t.Error("got an expired value")
		}
		f.wantValue(t, "")
	})
}

// That a value is gone does not say so of another one, whose fetch needs it.
func TestRetrieveDoesNotSayThatAnotherValueIsGone(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.err = Gone{errors.New("deleted")}
		if _, err := f.Retrieve(t.Context()); err == nil || err.Error() != "deleted" || errors.As(err, new(Gone)) {
			t.Errorf("got %#v, want the text alone", err)
		}
	})
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
