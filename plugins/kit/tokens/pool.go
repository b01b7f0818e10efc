package tokens

import (
	"context"
	"errors"
	"sync"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// token is what a token endpoint has given.
type token struct{ text string }

// It keeps the token out of logs.
func (token) String() string { return "a token" }

func (t token) GoString() string { return t.String() }

// counters are what operators see of the fetches of one kind of token.
type counters struct{ refreshed, failed plugins.Counter }

func newCounters(kind string) counters {
	return counters{
		refreshed: plugins.NewCounter("funcroute.tokens." + kind + ".refreshed"),
		failed:    plugins.NewCounter("funcroute.tokens." + kind + ".failed"),
	}
}

// key is what makes two tokens the same: the settings, written down, and the secret behind them, of which two are equal if they are the same.
type key struct {
	settings string
	secret   plugins.Secret
}

// source is where a token comes from.
type source struct {
	key key
	// subject is what the log calls the token.
	subject  string
	counters counters
	fetch    keep.Fetch[token]
}

// maxKept bounds a pool. A token beyond it still works, it is only not shared for ever.
const maxKept = 1 << 10

// pool shares tokens between all functions that ask for the same. The zero value is ready. It is safe for concurrent use.
type pool struct {
	mutex sync.Mutex
	kept  *cache.Cache[key, *keep.Value[token]]
}

// shared is the pool of the process: two types that ask for the same token need not fetch it twice.
var shared pool

// bearer returns the credential that is a token from a source.
func (p *pool) bearer(environment plugins.Environment, from source) *bearer {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.kept == nil {
		p.kept = cache.New[key, *keep.Value[token]](cache.Policy{Capacity: maxKept / 2, Unused: cache.Unlimited})
	}
	value, known := p.kept.Get(from.key)
	if !known {
		value = from.value()
		p.kept.Put(from.key, value)
	}
	return &bearer{value: value, environment: environment, subject: from.subject}
}

func (s source) value() *keep.Value[token] {
	return keep.New(keep.Options[token]{
		Fetch: func(ctx context.Context) (keep.Found[token], error) {
			ctx, cancel := keep.InTime(ctx)
			defer cancel()
			return s.fetch(ctx)
		},
		Subject:          "tokens " + s.subject,
		Unavailable:      unavailable,
		Refreshed:        s.counters.refreshed,
		Failed:           s.counters.failed,
		WaitWhenRejected: true,
	})
}

func unavailable() error {
	return plugins.SecretUnavailable(errors.New("the token endpoint has given no token"))
}

// bearer is a token as a credential, for one environment.
type bearer struct {
	value       *keep.Value[token]
	environment plugins.Environment
	subject     string
}

var (
	_ credential      = (*bearer)(nil)
	_ plugins.Awaiter = (*bearer)(nil)
)

func (b *bearer) Ready() bool { return b.value.Ready(b.environment) }

func (b *bearer) Await(done func(error)) (stop func()) { return b.value.Await(b.environment, done) }

func (b *bearer) String() string { return "the token " + b.subject }

func (b *bearer) header() (string, error) {
	found, valid := b.value.Get()
	if !valid { // It has expired since Ready.
		return "", unavailable()
	}
	return "Bearer " + found.text, nil
}

func (b *bearer) rejected() { b.value.Rejected(b.environment) }
