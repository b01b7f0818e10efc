// Package cloudevents is the filter that lets Envoy see events: it reads a CloudEvent's attributes, shows them as headers
// and as dynamic metadata, and has Envoy choose the route again by them.
//
// options.go is the filter's configuration, pair.go what cluster and route say. stream.go is the life of one request.
package cloudevents

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// namespace is that of the cluster's and the route's metadata, and of the dynamic metadata.
const namespace = "funcroute.cloudevents"

// Filter is the `cloudevents` filter. Make it with [New].
type Filter struct{}

var _ host.Filter = Filter{}

// New returns the filter.
func New() Filter { return Filter{} }

func (Filter) Name() string { return "cloudevents" }

func (Filter) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	options, err := parseOptions(raw)
	if err != nil {
		return nil, fmt.Errorf("cloudevents: filter configuration: %w", err)
	}
	metrics, err := newMetrics(handle)
	if err != nil {
		return nil, fmt.Errorf("cloudevents: %w", err)
	}
	return &config{options: options, metrics: metrics, pairs: newPairs(handle, options.webhook != nil)}, nil
}

func (Filter) NewRouteConfig(raw []byte) (any, error) {
	if len(raw) > 0 {
		return nil, errors.New("cloudevents: there is no per-route configuration; write " + namespace +
			" into the metadata of the route or of the cluster")
	}
	return nil, nil
}

// config is one loaded filter block.
type config struct {
	options options
	metrics *metrics
	pairs   *pairs
	panics  host.Panics
}

var _ host.Selective = (*config)(nil)

func (c *config) NewStream(s host.Stream) host.StreamFilter {
	made := streams.Get().(*stream)
	made.config, made.host = c, s
	return made
}

// handshakeHeader is what a webhook's validation request is known by (HTTP webhook §4.1.1).
const handshakeHeader = "webhook-request-origin"

// Nothing else makes a request ours: a cluster's or a
// route's `deliver` concerns events only, and answers are never touched.
func (c *config) Concerns() []host.Concern {
	if c.options.webhook == nil {
		return concerns[:3]
	}
	return concerns[:]
}

var concerns = [...]host.Concern{
	{Header: events.HeaderPrefix + events.SpecVersion},         // Binary mode.
	{Header: "content-type", Prefix: events.ContentTypePrefix}, // Structured and batch mode.
	{Namespace: namespace},                                     // A request that is to become an event.
	{Method: "OPTIONS", Header: handshakeHeader},               // The handshake, if there is a webhook.
}

// metrics are the filter block's counters.
type metrics struct {
	events      host.Metric
	matchErrors host.Metric
	errors      map[plugins.Reason]host.Metric
}

func newMetrics(handle host.ConfigHandle) (*metrics, error) {
	m := &metrics{errors: map[plugins.Reason]host.Metric{}}
	var err error
	if m.events, err = handle.Counter("funcroute.cloudevents.events"); err != nil {
		return nil, err
	}
	if m.matchErrors, err = handle.Counter("funcroute.cloudevents.match_errors"); err != nil {
		return nil, err
	}
	for _, reason := range plugins.Reasons() {
		if m.errors[reason], err = handle.Counter("funcroute.errors." + string(reason)); err != nil {
			return nil, err
		}
	}
	return m, nil
}
