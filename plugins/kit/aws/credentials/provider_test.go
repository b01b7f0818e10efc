package credentials

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// source is a fake of where credentials come from.
type source struct {
	mutex sync.Mutex
	found Credentials
}

func (s *source) set(change func(*source)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change(s)
}

func (s *source) fetch(context.Context) (Credentials, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.found, nil
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
		test(t, &fixture{NewProvider("test", "", s.fetch), s, &plugintest.Environment{}})
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

// What does not change stays the same identity, and keeps the signing keys that were derived from it.
func TestTheSameCredentialsStayTheSameIdentity(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		must(t, f.await())
		before := f.Identity()
		time.Sleep(time.Minute)
		f.use()
		if f.Identity() != before {
			t.Error("the same credentials are another identity: its signing keys are lost")
		}
		if got := f.environment.Counted(fetchesDone); got != 1 {
			t.Errorf("refreshed: got %d, want 1", got)
		}
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
				time.Sleep(time.Minute)
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

func TestIncompleteCredentialsAreNone(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture) {
		f.source.found = Credentials{AccessKeyID: "one"}
		if err := f.await(); err == nil {
			t.Error("got credentials without a secret")
		}
	})
}

func TestPoolSharesAndIsBounded(t *testing.T) {
	pool := NewPool("test")
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
