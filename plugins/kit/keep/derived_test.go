package keep

import (
	"errors"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// lease is a secret that may be away for a moment, and is then there again as the same version.
type lease struct {
	*plugintest.Secret
	away bool
}

func (l *lease) Version() uint64 {
	if l.away {
		return 0
	}
	return l.Secret.Version()
}

func (l *lease) Value() (string, error) {
	if l.away {
		return "", errors.New("it has expired")
	}
	return l.Secret.Value()
}

// A secret that expires while something is made of it is not taken for one of which nothing can be made: its lease may be renewed.
func TestASecretThatExpiresWhileItIsReadIsReadAnew(t *testing.T) {
	s := &lease{Secret: (&plugintest.Environment{}).Give("file:/secret", "one")}
	expires := true
	d := Derive(s, "secret", func(secret plugins.Secret) (string, error) {
		s.away = expires
		return secret.Value()
	})
	if got, valid := d.Get(); valid {
		t.Errorf("got %q, want nothing while it is not there", got)
	}
	expires, s.away = false, false
	if got, valid := d.Get(); got != "one" || !valid {
		t.Errorf("got %q, %t, want what the renewed secret gives", got, valid)
	}
}
