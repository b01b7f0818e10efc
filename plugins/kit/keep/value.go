// Package keep keeps values at hand for requests that must not wait for them: credentials, tokens, secrets.
//
// A [Value] is fetched when it is asked for and there is none, and ahead of time when the one that is there grows old, while the old one
// serves. However many requests wait, there is one fetch at a time. Nothing runs while nothing is asked for.
//
//	value.go   what serves, and when it is fetched
//	fetch.go   one fetch
//	round.go   those who wait
//	tell.go    what operators see of it
package keep

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/reminder"
)

const (
	// recheck is how long after its fetch a value that does not expire is looked up again, for it may have been replaced.
	recheck = time.Minute
	// stale is after how long without a look a value whose source is looked at more often does not serve before the next one: after a
	// quiet hour the first request would otherwise go out with a key that was replaced long ago.
	stale = 30 * time.Second
	// refreshAhead is how long before it expires a value is renewed, at the earliest a third of its life.
	refreshAhead = 10 * time.Minute
	// pause is how long after a failure the next fetch may begin. Those who ask before that get the failure at once.
	pause = time.Second
	// longPause is that pause while an old value serves, so that nobody waits.
	longPause = 10 * time.Second
)

// Options say what a value is and where it comes from.
type Options[T any] struct {
	Fetch Fetch[T]
	// Same reports whether two values are the same. If a fetch finds the value that serves, that one stays, with all that was derived
	// from it. Without Same, each value that is found is another one.
	Same func(a, b T) bool
	// Subject is what the log calls the value, with the type in front, in the plural: "lambda: AWS credentials of role …".
	Subject string
	// Unavailable returns the error that a client gets if there is no value. The reason is for operators and stands in the log.
	Unavailable func() error
	// Refreshed counts the fetches that have found another value than the one that serves. Failed counts the fetches that have found
	// none.
	Refreshed, Failed plugins.Counter
	// MaxStale is how long a value that does not expire serves while its source is down, from the last time that the source has given
	// it. 0 is no bound.
	MaxStale time.Duration
	// WaitWhenRejected says that requests after [Value.Rejected] wait for the fetch that it has started. Without it, the old value
	// serves meanwhile.
	WaitWhenRejected bool
}

// Value keeps one value. It is safe for concurrent use.
type Value[T any] struct {
	of Options[T]
	// hanging counts the fetches that have not returned, even after their deadline.
	hanging atomic.Int32

	current atomic.Pointer[current[T]]
	// began is when the Value was made. Times that are compared with each other are measured from it by the monotonic clock, so that no
	// harm is done when the wall clock is set.
	began time.Time
	// renewAt is when a value that serves is to be fetched again, as a [time.Duration] from began.
	renewAt atomic.Int64
	// staleAt is when the value no longer serves unless it is fetched again, as a [time.Duration] from began.
	staleAt atomic.Int64

	mutex    sync.Mutex
	fetching bool
	waiting  map[*waiter]struct{}
	failure  error         // what the last fetch ended with
	endedAt  time.Duration // when it did
	told     reminder.Reminder
}

// current is the value that serves.
type current[T any] struct {
	value   T
	expires time.Time
	// until is when the value no longer serves unless its source confirms it, measured from began, see MaxStale.
	until time.Duration
	// idle is how long after a look the value serves without another look, 0 for ever.
	idle time.Duration
}

// New returns a value of which nothing has been fetched yet.
func New[T any](of Options[T]) *Value[T] {
	return &Value[T]{of: of, waiting: map[*waiter]struct{}{}, began: time.Now()}
}

func (v *Value[T]) since(now time.Time) time.Duration { return now.Sub(v.began) }

// Get returns the value. It reports false if there is none that is valid now.
func (v *Value[T]) Get() (value T, valid bool) {
	now := time.Now()
	if c := v.current.Load(); v.isValid(c, now) {
		return c.value, true
	}
	return value, false
}

// Expires returns when the value that was found last expires, zero if it does not or if none was found.
func (v *Value[T]) Expires() time.Time {
	if c := v.current.Load(); c != nil {
		return c.expires
	}
	return time.Time{}
}

func (v *Value[T]) isValid(c *current[T], now time.Time) bool {
	return c != nil && (c.expires.IsZero() || now.Before(c.expires)) && v.since(now) < c.until
}

func (v *Value[T]) serves(now time.Time) bool { return v.isValid(v.current.Load(), now) }

// Ready reports whether there is a value to use. If the value grows old, Ready starts a fetch and does not wait for it.
func (v *Value[T]) Ready(environment plugins.Environment) bool {
	now := time.Now()
	at := int64(v.since(now))
	if !v.serves(now) || at >= v.staleAt.Load() {
		return false
	}
	if at >= v.renewAt.Load() {
		v.mutex.Lock()
		v.start(now, environment)
		v.mutex.Unlock()
	}
	return true
}

// Await calls done, from another goroutine, when there is a value or when it is known that there is none. After stop has returned, done
// is not called any more.
func (v *Value[T]) Await(environment plugins.Environment, done func(error)) (stop func()) {
	w := &waiter{done: done}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.waiting[w] = struct{}{}
	v.start(time.Now(), environment)
	return func() {
		w.over.Store(true)
		v.mutex.Lock()
		defer v.mutex.Unlock()
		delete(v.waiting, w)
	}
}

// Rejected says that somebody to whom the value was shown has refused it. It is fetched again in the background, once for all who say
// so, unless it has just been fetched. [Options] say whether it serves meanwhile, for the reason of the refusal may be another one than
// it seems.
func (v *Value[T]) Rejected(environment plugins.Environment) {
	now := time.Now()
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.fetching || v.since(now) < v.endedAt+longPause {
		return
	}
	v.renewAt.Store(int64(v.since(now)))
	v.start(now, environment)
	if v.of.WaitWhenRejected {
		v.staleAt.Store(0)
	}
}

// Retrieve returns the value, and waits for a fetch if the value grows old. It may block until its context ends, and is for the fetches
// of other values that need this one. The error is for operators.
func (v *Value[T]) Retrieve(ctx context.Context) (value T, err error) {
	done := make(chan struct{})
	stop := v.Await(Silent{}, func(error) { close(done) })
	defer stop()
	select {
	case <-done:
	case <-ctx.Done():
		return value, errors.New("no answer yet")
	}
	if value, valid := v.Get(); valid {
		return value, nil
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.failure != nil {
		return value, errors.New(v.failure.Error()) // Without its type: who needs this value may have its own although this one is [Gone].
	}
	return value, errors.New("they have expired")
}

// start starts the goroutine that fetches, unless it runs already. If no fetch is due, as in the pause after a failure, that goroutine
// only answers those who wait. The mutex is held.
func (v *Value[T]) start(now time.Time, environment plugins.Environment) {
	due := v.due(now)
	if v.fetching || !due && len(v.waiting) == 0 {
		return
	}
	v.fetching = true
	if due {
		v.begin(now)
	}
	plugins.Go(environment, func() { v.run(due, environment) })
}

// begin notes that a fetch begins. The mutex is held.
func (v *Value[T]) begin(now time.Time) {
	v.renewAt.Store(int64(v.since(now) + Deadline)) // Until then nobody need look.
	v.staleAt.Store(math.MaxInt64)                  // Whoever comes meanwhile takes the old one.
}

// due reports whether it is time to fetch. The mutex is held.
func (v *Value[T]) due(now time.Time) bool {
	if !v.serves(now) {
		return v.failure == nil || v.since(now) >= v.endedAt+pause
	}
	return int64(v.since(now)) >= v.renewAt.Load()
}

// run fetches if a fetch is due, and answers all who wait. Those who come while it answers are the next round. They may get a fetch of
// their own, for the result of the last one was not meant for them.
func (v *Value[T]) run(due bool, environment plugins.Environment) {
	for more := true; more; {
		var told round
		if due {
			found, err := v.fetchSafely(environment)
			told, due = v.conclude(found, err, environment), false
		} else {
			told, due, more = v.next()
		}
		told.answer(environment)
	}
}

// next returns those who wait, or says that a fetch is due before they can be answered. If nobody waits, the goroutine has nothing to do
// and ends.
func (v *Value[T]) next() (told round, due, more bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	now := time.Now()
	switch {
	case len(v.waiting) == 0:
		v.fetching = false
		return round{}, false, false
	case v.due(now):
		v.begin(now)
		return round{}, true, true
	}
	return v.take(now), false, true
}

// conclude keeps what a fetch has found, or remembers its failure, and tells operators of it. It returns those who have waited for it.
func (v *Value[T]) conclude(found Found[T], err error, environment plugins.Environment) (told round) {
	told, anew, warning := v.settle(found, err)
	defer plugins.Catch(Silent{}) // Whatever the environment does, those who wait get their answer.
	switch {
	case err != nil:
		environment.Count(v.of.Failed)
		if warning != "" {
			environment.Warn(warning)
		}
	case anew:
		environment.Count(v.of.Refreshed)
	}
	return told
}

// settle does what conclude does, but tells nobody.
func (v *Value[T]) settle(found Found[T], err error) (told round, anew bool, warning string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	now := time.Now()
	v.failure, v.endedAt = err, v.since(now)
	if errors.As(err, new(Gone)) {
		v.current.Store(nil)
	}
	if err != nil {
		v.renewAt.Store(int64(v.endedAt + longPause + jitter(longPause/2)))
	} else {
		anew = v.keep(found)
		v.renewAt.Store(int64(v.since(renewal(found, now))))
	}
	staleAt := int64(math.MaxInt64)
	if c := v.current.Load(); c != nil && c.idle != 0 {
		staleAt = int64(v.endedAt + c.idle)
	}
	v.staleAt.Store(staleAt)
	return v.take(now), anew, v.warning()
}

// jitter is a random part of a duration, so that a fleet of proxies does not ask all at once.
func jitter(most time.Duration) time.Duration { return rand.N(most + 1) } //nolint:gosec // No secret.

// keep puts what was found in the place of the old value. It reports whether the two differ. The mutex is held.
func (v *Value[T]) keep(found Found[T]) bool {
	added := &current[T]{value: found.Value, expires: found.Expires, until: math.MaxInt64}
	if found.Recheck != 0 && found.Expires.IsZero() {
		added.idle = max(stale, 2*found.Recheck)
	}
	if v.of.MaxStale != 0 && found.Expires.IsZero() {
		added.until = v.endedAt + v.of.MaxStale
	}
	old := v.current.Load()
	same := old != nil && v.of.Same != nil && v.of.Same(old.value, found.Value)
	if same {
		added.value = old.value
	}
	v.current.Store(added)
	return !same || !old.expires.Equal(found.Expires)
}

// renewal is when a value is to be fetched again.
func renewal[T any](found Found[T], now time.Time) time.Time {
	switch {
	case found.Recheck != 0:
		return now.Add(found.Recheck)
	case found.Expires.IsZero():
		return now.Add(recheck)
	}
	life := max(found.Expires.Sub(now), 0) // It may have expired since it was found.
	ahead := min(refreshAhead, life/3)
	return now.Add(life - ahead - jitter(ahead/4)) // Not from Expires, which has no monotonic time.
}
