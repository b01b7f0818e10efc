package vitals

import (
	"runtime"
	"sync/atomic"

	"github.com/funcroute/funcroute/filters/host"
)

// loaded is how many filter blocks and per-route configurations of counted filters are reachable.
var loaded struct{ blocks, routes atomic.Int64 }

// Counted is a filter whose blocks and per-route configurations are counted.
type Counted struct{ host.Filter }

func (c Counted) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	config, err := c.Filter.NewConfig(handle, raw)
	if err == nil {
		count(config, &loaded.blocks)
	}
	return config, err
}

func (c Counted) NewRouteConfig(raw []byte) (any, error) {
	config, err := c.Filter.NewRouteConfig(raw)
	if err == nil && config != nil {
		count(config, &loaded.routes)
	}
	return config, err
}

// count counts a pointer for as long as what it points to is reachable.
func count(pointer any, n *atomic.Int64) {
	n.Add(1)
	runtime.SetFinalizer(pointer, func(any) { n.Add(-1) })
}
