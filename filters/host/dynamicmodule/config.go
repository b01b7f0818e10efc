// Package dynamicmodule runs our filters in stock Envoy, whose filter is envoy.filters.http.dynamic_modules. It translates
// between the host port and what Envoy offers to a module ([Envoy]), and does nothing else.
//
// Package abi beside it is the module itself, with the C and cgo that Envoy and Go meet in; build/dynamicmodule imports it.
package dynamicmodule

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/funcroute/funcroute/filters/host"
)

// Config is a loaded filter block.
type Config struct {
	config    host.Config
	recovery  *host.Recovery
	placement atomic.Int32
}

// NewConfig loads a filter block. Envoy refuses the block if there is an error.
func NewConfig(filter host.Filter, envoy ConfigEnvoy, raw []byte) (loaded *Config, err error) {
	defer panicToError(&err)
	handle := configHandle{envoy}
	config, err := filter.NewConfig(handle, append([]byte(nil), raw...))
	if err != nil {
		return nil, err
	}
	recovery, err := host.NewRecovery(handle)
	if err != nil {
		return nil, err
	}
	return &Config{config: config, recovery: recovery}, nil
}

// Concerns returns what a request must be for to become a stream; if all do, it is not selective.
func (c *Config) Concerns() (concerns []host.Concern, isSelective bool) {
	if selective, ok := c.config.(host.Selective); ok {
		return selective.Concerns(), true
	}
	return nil, false
}

// NewRouteConfig loads an entry of `typed_per_filter_config`. Envoy refuses the route if there is an error.
func NewRouteConfig(filter host.Filter, raw []byte) (config any, err error) {
	defer panicToError(&err)
	return filter.NewRouteConfig(append([]byte(nil), raw...))
}

// A panic that leaves an exported function aborts Envoy, so none may leave us.
func panicToError(err *error) {
	if value := recover(); value != nil {
		*err = host.Refusal(value, debug.Stack())
	}
}

type configHandle struct{ envoy ConfigEnvoy }

var _ host.ConfigHandle = configHandle{}

func (c configHandle) Counter(name string) (host.Metric, error) {
	id, ok := c.envoy.DefineCounter(name)
	if !ok {
		return 0, fmt.Errorf("envoy refused counter %q", name)
	}
	return metric(id, AddCounter), nil
}

// Envoy takes no unit here, so it goes into the
// name.
func (c configHandle) Histogram(name string, unit host.Unit) (host.Metric, error) {
	id, ok := c.envoy.DefineHistogram(name + "_" + string(unit))
	if !ok {
		return 0, fmt.Errorf("envoy refused histogram %q", name)
	}
	return metric(id, RecordHistogram), nil
}

// metric joins a metric's number, which Envoy counts by kind, with how it is recorded.
func metric(id uint32, kind WriteKind) host.Metric {
	if kind == RecordHistogram {
		return host.Metric(id<<1 | 1)
	}
	return host.Metric(id << 1)
}

func split(metric host.Metric) (id uint32, kind WriteKind) {
	if metric&1 == 1 {
		return uint32(metric >> 1), RecordHistogram
	}
	return uint32(metric >> 1), AddCounter
}

func (c configHandle) Log(level host.Level, message string) { c.envoy.Log(level, message) }
