package functions

import (
	"maps"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/plugins"
)

// idleAfter is for how long no request may come before an upstream lets go of its connections. Who still uses the cluster, once an
// hour, then pays for another connection; whoever has replaced its configuration is rid of the old ones after that time.
const idleAfter = 10 * time.Minute

// upstream is a cluster's upstream, which all routes to it share.
type upstream struct {
	made plugins.Upstream
	err  error
	idle *idleness // nil if it has nothing to let go of
}

func (p *pairs) upstream(typ plugins.Type, settings plugins.Settings, clusterKey []byte) *upstream {
	if found, ok := cache.GetBytes(p.upstreams, clusterKey); ok {
		return found
	}
	made, err := typ.NewUpstream(p.environment, maps.Clone(settings))
	up := newUpstream(made, err, p.environment)
	p.upstreams.Put(string(clusterKey), up)
	return up
}

func newUpstream(made plugins.Upstream, err error, environment plugins.Environment) *upstream {
	up := &upstream{made: made, err: err}
	if closer, ok := made.(plugins.IdleCloser); ok {
		up.idle = &idleness{closer: closer, environment: environment, began: time.Now()}
		up.idle.use()
	}
	return up
}

// use notes that a request uses the upstream.
func (u *upstream) use() {
	if u.idle != nil {
		u.idle.use()
	}
}

// idleness watches for how long an upstream has not been used. A timer runs from the first use on until it is idle.
type idleness struct {
	closer      plugins.IdleCloser
	environment plugins.Environment
	began       time.Time
	lastUse     atomic.Int64 // a [time.Duration] from began
	watched     atomic.Bool
}

func (i *idleness) use() {
	i.lastUse.Store(int64(time.Since(i.began)))
	if i.watched.CompareAndSwap(false, true) {
		i.lookIn(idleAfter)
	}
}

func (i *idleness) lookIn(after time.Duration) {
	time.AfterFunc(after, func() {
		defer plugins.Catch(i.environment)
		i.look()
	})
}

// look runs when the upstream may have become idle.
func (i *idleness) look() {
	if left := idleAfter - (time.Since(i.began) - time.Duration(i.lastUse.Load())); left > 0 {
		i.lookIn(left)
		return
	}
	i.watched.Store(false)
	i.closer.CloseIdleConnections()
}
