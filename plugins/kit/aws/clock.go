package aws

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/cache"
)

// AWS refuses a signature that is more than five minutes old or ahead of its time. Where our clock is so far off, we sign
// by the clock of AWS, as the SDKs do: aws/retry/middleware.go, skewThreshold and clockSkewCodes.
const (
	skewThreshold = 4 * time.Minute
	// maxSkew bounds what an endpoint can talk us into: a signature for a time far ahead would stay good for whoever
	// has seen it.
	maxSkew = 24 * time.Hour
)

// clock tells the time of one endpoint. It is safe for concurrent use.
type clock struct{ ahead atomic.Int64 }

// at is what the endpoint's clock shows when ours shows now.
func (c *clock) at(now time.Time) time.Time { return now.Add(time.Duration(c.ahead.Load())) }

// correct compares with the Date header of an answer that refused our signature. It returns by how much the clock is now
// set ahead of ours, and whether that was the reason: our signature was of another time than the answer.
func (c *clock) correct(headers interface{ Get(name string) string }, now time.Time) (ahead time.Duration, corrected bool) {
	theirs, err := http.ParseTime(headers.Get("date"))
	if err != nil || headers.Get("age") != "" { // The date of an answer from a cache is an old one.
		return 0, false
	}
	ahead = theirs.Sub(now).Round(time.Second)
	off := ahead - time.Duration(c.ahead.Load())
	if off.Abs() <= skewThreshold || ahead.Abs() > maxSkew {
		return 0, false
	}
	c.ahead.Store(int64(ahead))
	return ahead, true
}

// clocks are those of all endpoints. They are shared, so that a function that was compiled anew need not be refused again.
type clocks struct {
	mutex  sync.Mutex
	byHost *cache.Cache[string, *clock]
}

// maxClocks bounds them. The clock of an endpoint beyond it still works, it is only not shared for ever.
const maxClocks = 256

func newClocks() *clocks {
	return &clocks{byHost: cache.New[string, *clock](cache.Policy{Capacity: maxClocks / 2, Unused: cache.Unlimited})}
}

// of returns the clock of a host.
func (c *clocks) of(host string) *clock {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	known, ok := c.byHost.Get(host)
	if !ok {
		known = &clock{}
		c.byHost.Put(host, known)
	}
	return known
}
