package queue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/funcroute/funcroute/plugins"
)

// mostSecrets is how many secrets a client has at most.
const mostSecrets = 4

// Secrets are what a client needs to get in: those that settings refer to, by the setting's name. It is safe for concurrent use.
type Secrets struct {
	named map[string]plugins.Secret

	mutex    sync.Mutex
	versions map[string]uint64 // of what was read last
}

// OpenSecrets opens the secrets of settings that are given; those without a reference are left out. The error is one of the configuration.
func OpenSecrets(environment plugins.Environment, references map[string]string) (*Secrets, error) {
	s := &Secrets{named: map[string]plugins.Secret{}, versions: map[string]uint64{}}
	for name, reference := range references {
		if reference == "" {
			continue
		}
		secret, err := environment.Secret(reference)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", name, err)
		}
		s.named[name] = secret
	}
	return s, nil
}

// names are those of the settings, in alphabetical order.
func (s *Secrets) names() []string { return slices.Sorted(maps.Keys(s.named)) }

// sorted are the secrets in the order of their names.
func (s *Secrets) sorted() (sorted [mostSecrets]plugins.Secret) {
	for i, name := range s.names() {
		sorted[i] = s.named[name]
	}
	return sorted
}

// Read waits for all secrets, and returns them by the names of their settings.
func (s *Secrets) Read(ctx context.Context) (map[string]string, error) {
	values := map[string]string{}
	for name, secret := range s.named {
		if err := wait(ctx, secret); err != nil {
			return nil, err
		}
		version := secret.Version()
		value, err := secret.Value()
		if err != nil {
			return nil, err
		}
		values[name] = value
		s.mutex.Lock()
		s.versions[name] = version
		s.mutex.Unlock()
	}
	return values, nil
}

func wait(ctx context.Context, secret plugins.Secret) error {
	if secret.Ready() {
		return nil
	}
	done := make(chan error, 1)
	stop := secret.Await(func(err error) { done <- err })
	defer stop()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return plugins.SecretUnavailable(ctx.Err())
	}
}

// Changed reports whether a secret has another value than the one that was read. It has those be looked up anew that have grown old.
func (s *Secrets) Changed() bool {
	changed := false
	for name, secret := range s.named {
		if !secret.Ready() {
			secret.Await(func(error) {}) // The next look finds what that brings.
			continue
		}
		version := secret.Version()
		s.mutex.Lock()
		changed = changed || version != s.versions[name]
		s.mutex.Unlock()
	}
	return changed
}

// Rejected tells that the broker has let nobody in with them.
func (s *Secrets) Rejected() {
	for _, secret := range s.named {
		secret.Rejected()
	}
}
