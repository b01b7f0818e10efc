// Package secrets opens secrets by their references, and keeps them at hand: those of files, the environment, Vault or OpenBao, Kubernetes and
// AWS. No text of a secret is in any error or log line of it.
//
//	reference.go    what a reference looks like
//	options.go      the stores as the filter block sets them up
//	secrets.go      the secrets of a filter block
//	secret.go       one secret
//	content.go      texts and objects, and how a member is taken out
//	file.go, env.go the stores, one file each
package secrets

import (
	"fmt"
	"sync"
	"time"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/plugins"
)

// Pool has one set of stores for each configuration, so that a filter block that is loaded anew finds what was fetched. The zero value is
// ready. It is safe for concurrent use.
type Pool struct {
	mutex  sync.Mutex
	stores *cache.Cache[string, *Stores]
}

// maxConfigurations bounds the sets of stores of a process. One beyond it still works, it is only not shared for ever.
const maxConfigurations = 64

// Stores returns the stores that a filter block's option "secrets" sets up, a JSON object or nothing. The error is for operators: it names
// the member that is wrong.
func (p *Pool) Stores(options []byte) (*Stores, error) {
	o, err := readOptions(options)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.stores == nil {
		p.stores = cache.New[string, *Stores](cache.Policy{Capacity: maxConfigurations / 2, Unused: cache.Unlimited})
	}
	if known, ok := p.stores.Get(o.canonical); ok {
		return known, nil
	}
	added, err := newStores(o)
	if err != nil {
		return nil, err
	}
	p.stores.Put(o.canonical, added)
	return added, nil
}

// Stores are those of one configuration, and what was fetched from them. They are safe for concurrent use.
type Stores struct {
	maxStale time.Duration
	// The stores are nil that are not set up.
	kubernetes *kubernetes
	vault      *vault
	aws        *awsStores
	// opening keeps two from making the same secret.
	opening sync.Mutex
	kept    *cache.Cache[string, *kept]
}

// maxKept bounds the secrets of a set of stores. One beyond it still works, it is only not shared for ever.
const maxKept = 1 << 12

func newStores(o options) (*Stores, error) {
	s := &Stores{
		maxStale: o.MaxStale,
		kept:     cache.New[string, *kept](cache.Policy{Capacity: maxKept / 2, Unused: cache.Unlimited}),
	}
	// One after the other, so that each may need those that are set up already, and none itself.
	var err error
	if given, is := o.stores[kubernetesStore]; is {
		if s.kubernetes, err = newKubernetes(given, o.Refresh); err != nil {
			return nil, fmt.Errorf("%q: %w", kubernetesStore, err)
		}
	}
	if given, is := o.stores[vaultStore]; is {
		if s.vault, err = newVault(given, o.Refresh, s.openFor); err != nil {
			return nil, fmt.Errorf("%q: %w", vaultStore, err)
		}
	}
	if given, is := o.stores[awsStore]; is {
		if s.aws, err = newAWS(given, o.Refresh, opening{stores: s}); err != nil {
			return nil, fmt.Errorf("%q: %w", awsStore, err)
		}
	}
	return s, nil
}

// openFor opens a secret for a store that needs one itself.
func (s *Stores) openFor(text string) (*picked, error) {
	r, err := parseReference(text)
	if err != nil {
		return nil, err
	}
	found, err := s.open(r)
	if err != nil {
		return nil, err
	}
	return &picked{found, r}, nil
}

// Secret opens a secret for an environment, as [plugins.Environment] says it.
func (s *Stores) Secret(environment plugins.Environment, text string) (plugins.Secret, error) {
	r, err := parseReference(text)
	if err != nil {
		return nil, err
	}
	found, err := s.open(r)
	if err != nil {
		return nil, err
	}
	found.environment.Store(&environment)
	return secret{found, r}, nil
}

// open returns what is kept of a secret, which references share that differ in their key alone, but those to files.
func (s *Stores) open(r reference) (*kept, error) {
	shared := r
	if r.scheme != schemeFile {
		shared.key = ""
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	if known, ok := s.kept.Get(shared.String()); ok {
		return known, nil
	}
	from, of, err := s.source(shared)
	if err != nil {
		return nil, err
	}
	added := newKept(from, shared.String(), s.maxStale, of)
	s.kept.Put(shared.String(), added)
	return added, nil
}

// source returns where a secret comes from.
func (s *Stores) source(r reference) (source, counters, error) {
	switch r.scheme {
	case schemeFile:
		from, err := newFileSource(r.path, r.key)
		return from, ofFiles, err
	case schemeEnv:
		from, err := newEnvSource(r.path)
		return from, ofEnvironment, err
	}
	switch {
	case r.scheme == schemeKubernetes && s.kubernetes != nil:
		from, err := s.kubernetes.source(r.path)
		return from, ofKubernetes, err
	case r.scheme == schemeVault && s.vault != nil:
		from, err := s.vault.source(r.path)
		return from, ofVault, err
	case (r.scheme == schemeManager || r.scheme == schemeParameters) && s.aws != nil:
		from, err := s.aws.source(r.scheme, r.path)
		return from, ofAWS, err
	}
	return nil, counters{}, fmt.Errorf("secrets of %s: need the store to be set up in the filter's option %q", r.scheme, "secrets")
}
