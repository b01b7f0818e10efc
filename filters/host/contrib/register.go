// Package contrib runs our filters in contrib Envoy, whose filter is envoy.filters.http.golang. It translates between the
// host port and the golang filter's API and does nothing else.
//
// It imports the API's interfaces only. The package with the cgo entry points is imported by build/contrib.
package contrib

import (
	"math"
	"runtime/debug"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/funcroute/funcroute/filters/host"
)

// Registration is a filter as contrib's RegisterHttpFilterFactoryAndConfigParser wants it.
type Registration struct {
	Name    string
	Factory api.StreamFilterFactory
	Parser  api.StreamFilterConfigParser
}

// Registrations returns filters in that form.
func Registrations(filters ...host.Filter) []Registration {
	registrations := make([]Registration, len(filters))
	metadata := newMetadataCache()
	for i, filter := range filters {
		registrations[i] = Registration{filter.Name(), newFilter, parser{filter, metadata}}
	}
	return registrations
}

type parser struct {
	filter   host.Filter
	metadata *metadataCache
}

// blockConfig is a filter block, on its own or with the most specific per-route configuration.
type blockConfig struct {
	config    host.Config
	concerned func(host.Headers, host.Metadata) bool
	recovery  *host.Recovery
	metadata  *metadataCache
	metrics   *metrics
	route     perRoute
}

// perRoute is a per-route configuration, or what is wrong with it.
type perRoute struct {
	config any
	err    error
}

// Callbacks are nil for a per-route
// configuration. An error in one is kept, not returned: contrib parses that of an inline route when the first request
// comes, and an error then ends the process (golang_filter.cc, RoutePluginConfig::getMergedConfigId).
func (p parser) Parse(given *anypb.Any, callbacks api.ConfigCallbackHandler) (any, error) {
	if callbacks == nil {
		config, err := p.parse(given, p.filter.NewRouteConfig)
		return perRoute{config, err}, nil
	}
	metrics := &metrics{callbacks: callbacks}
	return p.parse(given, func(raw []byte) (any, error) {
		handle := configHandle{metrics}
		config, err := p.filter.NewConfig(handle, raw)
		if err != nil {
			return nil, err
		}
		recovery, err := host.NewRecovery(handle)
		return blockConfig{
			config: config, concerned: host.Chooser(config), recovery: recovery, metadata: p.metadata, metrics: metrics,
		}, err
	})
}

func (parser) parse(config *anypb.Any, parse func([]byte) (any, error)) (parsed any, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = host.Refusal(value, debug.Stack())
		}
	}()
	raw, err := configJSON(config)
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

// As everywhere in Envoy, and as with
// dynamic modules, the most specific configuration counts and the others do not.
func (p parser) Merge(parent, child any) any {
	merged, ok := parent.(blockConfig)
	if !ok {
		return child
	}
	if route, ok := child.(perRoute); ok {
		merged.route = route
	}
	return merged
}

func newFilter(config any, callbacks api.FilterCallbackHandler) api.StreamFilter {
	return &stream{block: config.(blockConfig), callbacks: callbacks}
}

type configHandle struct{ metrics *metrics }

var _ host.ConfigHandle = configHandle{}

func (c configHandle) Counter(name string) (host.Metric, error) { return c.metrics.define(name), nil }

// nothing is the metric that records nothing.
const nothing host.Metric = math.MaxUint32

// The golang filter has none.
func (c configHandle) Histogram(string, host.Unit) (host.Metric, error) { return nothing, nil }

func (c configHandle) Log(level host.Level, message string) {
	switch level {
	case host.Debug:
		api.LogDebug(message)
	case host.Info:
		api.LogInfo(message)
	case host.Warn:
		api.LogWarn(message)
	default:
		api.LogError(message)
	}
}

// metrics are a filter block's counters, by number.
type metrics struct {
	callbacks api.ConfigCallbackHandler
	counters  []api.CounterMetric
}

// define is only called while the filter block is loaded, before any request.
func (m *metrics) define(name string) host.Metric {
	m.counters = append(m.counters, m.callbacks.DefineCounterMetric(name))
	return host.Metric(len(m.counters) - 1) //nolint:gosec // A handful.
}
