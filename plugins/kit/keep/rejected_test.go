package keep

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

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
