package tokens

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// firstPause is how long an endpoint that cannot answer is left alone, twice as long after each further failure up to longestPause.
	firstPause   = time.Second
	longestPause = time.Minute
	// longestAsked bounds what an endpoint may ask for itself.
	longestAsked = 10 * time.Minute
)

// backoff keeps an endpoint that cannot answer from being asked all the time. The zero value is ready. It is safe for concurrent use.
type backoff struct {
	mutex    sync.Mutex
	failures int
	until    time.Time
	last     error
}

// pending returns what the endpoint has said last if it is to be left alone for now, and else nil.
func (b *backoff) pending(now time.Time) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if now.Before(b.until) {
		return b.last
	}
	return nil
}

// refused notes a refusal, with what the endpoint says in Retry-After.
func (b *backoff) refused(why *refusal, retryAfter string, now time.Time) {
	if !why.passing() {
		b.over()
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	pause := min(firstPause<<min(b.failures, 10), longestPause)
	pause += rand.N(pause/2 + 1) //nolint:gosec // So that a fleet of proxies does not ask all at once; no secret.
	pause = max(pause, min(readRetryAfter(retryAfter, now), longestAsked))
	b.failures++
	b.until, b.last = now.Add(pause), why
}

// over notes that the endpoint has answered.
func (b *backoff) over() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.failures, b.until, b.last = 0, time.Time{}, nil
}

// readRetryAfter reads either form of the header (RFC 9110 §10.2.3), 0 if it is none.
func readRetryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}
