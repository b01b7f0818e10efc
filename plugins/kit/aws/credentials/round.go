package credentials

import (
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// waiter is one request that waits.
type waiter struct {
	done func(error)
	over atomic.Bool
}

// round are those who are answered together, and what they are told.
type round struct {
	waiting map[*waiter]struct{}
	err     error
}

// take returns those who wait. The mutex is held.
func (p *Provider) take(now time.Time) round {
	taken := round{waiting: p.waiting}
	p.waiting = map[*waiter]struct{}{}
	if p.valid(now) == nil {
		taken.err = Unavailable()
	}
	return taken
}

func (r round) answer(environment plugins.Environment) {
	for w := range r.waiting {
		w.answer(r.err, environment)
	}
}

func (w *waiter) answer(err error, environment plugins.Environment) {
	defer plugins.Catch(environment) // The others still wait.
	if w.over.CompareAndSwap(false, true) {
		w.done(err)
	}
}

// Unavailable is the error that a client gets without credentials. Why there are none is for operators, in the log.
func Unavailable() error {
	return plugins.Errorf(plugins.CredentialsUnavailable, "The proxy has no credentials to call this function.")
}
