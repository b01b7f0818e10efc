package queue

import (
	"sync/atomic"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// stale is a secret that is not ready until somebody waits for it, as one is that has expired while its store was down.
type stale struct {
	*plugintest.Secret
	awaited atomic.Int32
}

func (s *stale) Ready() bool { return s.awaited.Load() > 0 && s.Secret.Ready() }

func (s *stale) Await(done func(error)) (stop func()) {
	s.awaited.Add(1)
	return s.Secret.Await(done)
}

// What a secret is for tells clients apart, too.
func TestTheSameSecretForAnotherSettingIsAnotherKey(t *testing.T) {
	environment := &plugintest.Environment{}
	environment.Give("file:/secret", "one")
	keys := map[Key]bool{}
	for _, setting := range []string{"nkey", "creds", "nkey"} {
		secrets, err := OpenSecrets(environment, map[string]string{setting: "file:/secret"})
		if err != nil {
			t.Fatal(err)
		}
		keys[(&Connecting{}).Key(secrets)] = true
	}
	if len(keys) != 2 {
		t.Errorf("got %d keys, want one for each setting", len(keys))
	}
}

// A secret that has expired under a connection is fetched anew, so that its replacement is seen.
func TestExpiredSecretsAreLookedUpAnew(t *testing.T) {
	secret := &stale{Secret: (&plugintest.Environment{}).Give("file:/password", "one")}
	s := &Secrets{named: map[string]plugins.Secret{"password": secret}, versions: map[string]uint64{}}
	if _, err := s.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	secret.awaited.Store(0)
	secret.Set("two")
	if s.Changed() {
		t.Error("the first look: got a change, want none before the secret is there")
	}
	if !s.Changed() {
		t.Error("the second look: got no change, want one")
	}
}
