package keep

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

// round is a list of requests that are answered together, with the answer for them.
type round struct {
	waiting map[*waiter]struct{}
	err     error
}

// take returns the requests that wait. The mutex is held.
func (v *Value[T]) take(now time.Time) round {
	taken := round{waiting: v.waiting}
	v.waiting = map[*waiter]struct{}{}
	if !v.serves(now) {
		taken.err = v.of.Unavailable()
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
