// Package memory is a host in memory: it runs filters on requests and answers without an Envoy.
package memory

import (
	"math"
	"runtime/debug"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// Host is a host in memory. It does what the port says and nothing of what Envoy does besides.
type Host struct {
	// CannotRefuseRoutes makes it a host that tells of a mistake in a per-route configuration by [host.Stream.RouteConfig].
	CannotRefuseRoutes bool
}

// New loads a filter block, whose configuration is JSON, or empty. The error is why the filter refuses it.
func New(filter host.Filter, config string) (*Block, error) { return Host{}.New(filter, config) }

// New loads a filter block, likewise.
func (h Host) New(filter host.Filter, config string) (*Block, error) {
	block := &Block{host: h, filter: filter, counters: map[string]uint64{}}
	var err error
	block.config, err = recovering(func() (host.Config, error) {
		config, err := filter.NewConfig(block, []byte(config))
		if err == nil {
			block.concerned = host.Chooser(config)
			block.recovery, err = host.NewRecovery(block)
		}
		return config, err
	})
	return block, err
}

// Run sends a request through the filter block, to its end. Exchange's FilterConfig is not looked at. Counters and log lines in the Outcome
// are all of the block's so far.
func (b *Block) Run(x Exchange) Outcome {
	s := &stream{
		block: b, exchange: x, work: make(chan func() host.Action, 1),
		routes: map[string]any{}, routeErrs: map[string]error{},
	}
	for _, raw := range x.RouteConfigs() {
		s.routes[raw], s.routeErrs[raw] = recovering(func() (any, error) { return b.filter.NewRouteConfig([]byte(raw)) })
		if s.routeErrs[raw] != nil && !b.host.CannotRefuseRoutes {
			return Outcome{Refused: s.routeErrs[raw]}
		}
	}
	return s.run()
}

func recovering[T any](f func() (T, error)) (value T, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = host.Refusal(panicked, debug.Stack())
		}
	}()
	return f()
}

// Block is a loaded filter block. Several requests may be run at once.
type Block struct {
	host      Host
	filter    host.Filter
	config    host.Config
	concerned func(host.Headers, host.Metadata) bool
	recovery  *host.Recovery
	names     []string

	mutex    sync.Mutex
	counters map[string]uint64
	logs     []string
}

var _ host.ConfigHandle = (*Block)(nil)

func (b *Block) Counter(name string) (host.Metric, error) {
	b.names = append(b.names, name)
	return host.Metric(len(b.names) - 1), nil //nolint:gosec // A handful.
}

// nothing is the metric that records nothing.
const nothing host.Metric = math.MaxUint32

func (b *Block) Histogram(string, host.Unit) (host.Metric, error) { return nothing, nil }

func (b *Block) Log(_ host.Level, message string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.logs = append(b.logs, message)
}

func (b *Block) record(metric host.Metric, n uint64) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if metric != nothing {
		b.counters[b.names[metric]] += n
	}
}
