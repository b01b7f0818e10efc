// Package credentials keeps AWS credentials at hand for requests that must not wait for them.
//
// A [Provider] fetches when it is asked and has none, and ahead of time when those it has grow old, while the old ones
// serve. However many requests wait, there is one fetch at a time. Nothing runs while nothing is asked for.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/reminder"
)

const (
	// fetchDeadline is how long one fetch may take.
	fetchDeadline = 10 * time.Second
	// recheck is after how long credentials that do not expire are looked up anew, for a file may have been replaced.
	recheck = time.Minute
	// stale is after how long without a look those whose source is looked at more often do not serve before the next one:
	// after a quiet hour the first request would otherwise be signed with a key that was replaced long ago.
	stale = 30 * time.Second
	// refreshAhead is how long before they expire credentials are renewed, at the earliest a third of their life.
	refreshAhead = 10 * time.Minute
	// pause is how long after a failure the next fetch may begin. Until then whoever asks gets the failure at once.
	pause = time.Second
	// longPause is the same while old credentials serve, so that nobody waits.
	longPause = 10 * time.Second
)

// Provider keeps the credentials of one identity. It is safe for concurrent use.
type Provider struct {
	// name is what the log calls the identity, "" for the default one.
	name  string
	fetch Fetch
	// hanging counts the fetches that have not come back, also after their deadline.
	hanging atomic.Int32

	current atomic.Pointer[current]
	// began is when the provider was made. Times that are compared with each other are measured from it, by the
	// monotonic clock, so that it does no harm when the wall clock is set.
	began time.Time
	// renewAt is when credentials that serve are to be fetched again, as a [time.Duration] from began.
	renewAt atomic.Int64
	// staleAt is when they no longer serve before they were fetched again, likewise.
	staleAt atomic.Int64

	mutex    sync.Mutex
	fetching bool
	waiting  map[*waiter]struct{}
	failure  error         // what the last fetch ended with
	endedAt  time.Duration // when it did
	warned   reminder.Reminder
}

// current are the credentials that serve.
type current struct {
	identity *sigv4.Identity
	expires  time.Time
	// short is that they are looked up often, see stale.
	short bool
}

// NewProvider returns a provider that has fetched nothing yet.
func NewProvider(fetch Fetch) *Provider {
	return &Provider{
		fetch:   fetch,
		waiting: map[*waiter]struct{}{},
		began:   time.Now(),
	}
}

func (p *Provider) since(now time.Time) time.Duration { return now.Sub(p.began) }

// Identity returns the credentials to sign with, nil if there are none that are valid now.
func (p *Provider) Identity() *sigv4.Identity { return p.valid(time.Now()) }

func (p *Provider) valid(now time.Time) *sigv4.Identity {
	c := p.current.Load()
	if c == nil || !c.expires.IsZero() && !now.Before(c.expires) {
		return nil
	}
	return c.identity
}

// Ready reports whether there are credentials to sign with. If they grow old, it starts a fetch and does not wait for it.
func (p *Provider) Ready(environment plugins.Environment) bool {
	now := time.Now()
	at := int64(p.since(now))
	if p.valid(now) == nil || at >= p.staleAt.Load() {
		return false
	}
	if at >= p.renewAt.Load() {
		p.mutex.Lock()
		p.start(now, environment)
		p.mutex.Unlock()
	}
	return true
}

// Await calls done, from another goroutine, when there are credentials or when it is known that there are none. After
// stop has returned, no call of done begins.
func (p *Provider) Await(environment plugins.Environment, done func(error)) (stop func()) {
	w := &waiter{done: done}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.waiting[w] = struct{}{}
	p.start(time.Now(), environment)
	return func() {
		w.over.Store(true)
		p.mutex.Lock()
		defer p.mutex.Unlock()
		delete(p.waiting, w)
	}
}

// Rejected tells that AWS has refused the credentials. Unless they have just been fetched, they are fetched again in the
// background. Until then they serve, for the reason may be another one than it seems.
func (p *Provider) Rejected(environment plugins.Environment) {
	now := time.Now()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.fetching || p.since(now) < p.endedAt+longPause {
		return
	}
	p.renewAt.Store(int64(p.since(now)))
	p.start(now, environment)
}

// retrieve returns the credentials to sign with, once they are fetched if they grow old. It may block until its context
// ends: it is for whoever assumes a role with them, in a fetch of its own.
func (p *Provider) retrieve(ctx context.Context) (*sigv4.Identity, error) {
	done := make(chan struct{})
	stop := p.Await(silent{}, func(error) { close(done) })
	defer stop()
	select {
	case <-done:
	case <-ctx.Done():
		return nil, errors.New("no answer yet")
	}
	if identity := p.Identity(); identity != nil {
		return identity, nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.failure != nil {
		return nil, p.failure
	}
	return nil, errors.New("they have expired")
}

// silent is the environment of a fetch for another fetch, which tells of both.
type silent struct{}

func (silent) Warn(string) {}

func (silent) Count(plugins.Counter) {}

func (silent) TellPanic(any, []byte) {}

// start starts the goroutine that fetches, unless it runs. Where no fetch is due, as within the pause after a failure, it only
// answers those who wait. The mutex is held.
func (p *Provider) start(now time.Time, environment plugins.Environment) {
	due := p.due(now)
	if p.fetching || !due && len(p.waiting) == 0 {
		return
	}
	p.fetching = true
	if due {
		p.begin(now)
	}
	plugins.Go(environment, func() { p.run(due, environment) })
}

// begin notes that a fetch begins. The mutex is held.
func (p *Provider) begin(now time.Time) {
	p.renewAt.Store(int64(p.since(now) + fetchDeadline)) // Until then nobody need look.
	p.staleAt.Store(math.MaxInt64)                       // Whoever comes meanwhile takes the old ones.
}

// due reports whether it is time to fetch. The mutex is held.
func (p *Provider) due(now time.Time) bool {
	if p.valid(now) == nil {
		return p.failure == nil || p.since(now) >= p.endedAt+pause
	}
	return int64(p.since(now)) >= p.renewAt.Load()
}

// run fetches if it is due, and answers all who wait. Those who come while it answers are the next round, which may have a
// fetch of its own: what the last one has told was not meant for them.
func (p *Provider) run(due bool, environment plugins.Environment) {
	for more := true; more; {
		var told round
		if due {
			found, err := p.fetchSafely(environment)
			told, due = p.conclude(found, err, environment), false
		} else {
			told, due, more = p.next()
		}
		told.answer(environment)
	}
}

// next returns those who wait, or says that a fetch is due before they can be answered. If nobody waits, there is nothing
// more to do and the goroutine ends.
func (p *Provider) next() (told round, due, more bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	now := time.Now()
	switch {
	case len(p.waiting) == 0:
		p.fetching = false
		return round{}, false, false
	case p.due(now):
		p.begin(now)
		return round{}, true, true
	}
	return p.take(now), false, true
}

// conclude keeps what a fetch has found, or remembers its failure, and tells of it. It returns those who have waited for that.
func (p *Provider) conclude(found Credentials, err error, environment plugins.Environment) (told round) {
	told, anew, warning := p.settle(found, err)
	defer plugins.Catch(silent{}) // Whatever the environment does, those who wait get their answer.
	switch {
	case err != nil:
		environment.Count(fetchesFailed)
		if warning != "" {
			environment.Warn(warning)
		}
	case anew:
		environment.Count(fetchesDone)
	}
	return told
}

// settle is conclude without telling of it.
func (p *Provider) settle(found Credentials, err error) (told round, anew bool, warning string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	now := time.Now()
	p.failure, p.endedAt = err, p.since(now)
	if err != nil {
		p.renewAt.Store(int64(p.endedAt + longPause + jitter(longPause/2)))
	} else {
		anew = p.keep(found)
		p.renewAt.Store(int64(p.since(renewal(found, now))))
	}
	if c := p.current.Load(); c != nil && c.short {
		p.staleAt.Store(int64(p.endedAt + stale))
	}
	return p.take(now), anew, p.warning()
}

// jitter is a random part of a duration, so that a fleet of proxies does not ask all at once.
func jitter(most time.Duration) time.Duration { return rand.N(most + 1) } //nolint:gosec // No secret.

// keep puts credentials in the place of the old ones and reports whether they differ. If they are the same, the identity
// stays, and with it the signing keys derived from it.
func (p *Provider) keep(found Credentials) bool {
	added := &current{
		identity: &sigv4.Identity{
			AccessKeyID:     found.AccessKeyID,
			SecretAccessKey: found.SecretAccessKey,
			SessionToken:    found.SessionToken,
		},
		expires: found.Expires,
		short:   found.Recheck != 0,
	}
	old := p.current.Load()
	same := old != nil && old.identity.AccessKeyID == found.AccessKeyID &&
		old.identity.SecretAccessKey == found.SecretAccessKey && old.identity.SessionToken == found.SessionToken
	if same {
		added.identity = old.identity
	}
	p.current.Store(added)
	return !same || !old.expires.Equal(found.Expires)
}

// renewal is when credentials are to be fetched again.
func renewal(found Credentials, now time.Time) time.Time {
	switch {
	case found.Expires.IsZero() && found.Recheck != 0:
		return now.Add(found.Recheck)
	case found.Expires.IsZero():
		return now.Add(recheck)
	}
	life := max(found.Expires.Sub(now), 0) // They may have expired since they were found.
	ahead := min(refreshAhead, life/3)
	return now.Add(life - ahead - jitter(ahead/4)) // Not from Expires, which has no monotonic time.
}

// warning returns the line for the log, "" if it has told of that lately.
func (p *Provider) warning() string {
	if p.failure == nil {
		p.warned.Forget()
		return ""
	}
	text := p.failure.Error()
	if _, due := p.warned.Due(text); !due {
		return ""
	}
	return fmt.Sprintf("funcroute: lambda: %s cannot be had: %s", p.subject(), text)
}

// subject is what the log calls the credentials.
func (p *Provider) subject() string {
	if p.name == "" {
		return "AWS credentials"
	}
	return "AWS credentials of " + p.name
}
