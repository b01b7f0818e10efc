package secrets

import (
	"testing"
	"time"
)

// A session has little left right before it is renewed. What it was given is looked at again before that is over.
func TestASecretIsLookedAtBeforeItsEnd(t *testing.T) {
	began := time.Now()
	for _, left := range []time.Duration{100 * time.Millisecond, 900 * time.Millisecond, time.Second, time.Hour} {
		end := began.Add(left)
		s := &session{}
		s.expires.Store(&end)
		found := (&held{session: s}).found(began, 2*time.Hour)
		if !found.Expires.Equal(end) || found.Recheck >= left {
			t.Errorf("with %s left: looks again after %s and ends after %s, want a look before the session's end", left, found.Recheck, found.Expires.Sub(began))
		}
	}
}
