package functions

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// connected is an upstream that holds connections.
type connected struct {
	plugins.Upstream
	closed atomic.Int32
}

func (c *connected) CloseIdleConnections() { c.closed.Add(1) }

// However a use and the look that finds an upstream idle fall together, someone watches afterwards. Else what the use has opened would
// stay open for ever if it is the last one.
func TestAUseIsWatchedThatComesWithTheLook(t *testing.T) {
	for range 50_000 {
		i := &idleness{closer: &connected{}, began: time.Now().Add(-idleAfter)}
		i.watched.Store(true)
		var both sync.WaitGroup
		both.Go(i.use)
		i.look()
		both.Wait()
		if !i.watched.Load() {
			t.Fatal("the upstream was used and is not watched")
		}
	}
}
