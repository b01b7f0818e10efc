// Package functions is the filter that turns a request into a function call, and the call's answer into the client's.
//
// What is called stands in the metadata of the chosen cluster and route. The first request that meets a combination of
// the two compiles it to a pair (pair.go) and to a function (function.go); both are cached (filters/configuration) under the
// metadata's own bytes (excerpt.go), so that a changed cluster or route takes effect with the next request. stream.go is the
// life of one request.
package functions

import (
	"fmt"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins/kit/secrets"
)

// Filter is the `functions` filter. Make it with [New].
type Filter struct {
	attempts *attempts
	tallies  tallies
	excerpts *allExcerpts
	routines *routines
	panics   *panics
	tasks    taskSlots
	secrets  *secrets.Pool
}

var _ host.Filter = (*Filter)(nil)

// New returns the filter. A process needs one: it follows retries from one cluster filter to the next.
func New() *Filter {
	return &Filter{attempts: newAttempts(), tallies: newTallies(), excerpts: &allExcerpts{}, routines: newRoutines(), panics: &panics{}, tasks: newTaskSlots(maxTasks), secrets: &secrets.Pool{}}
}

func (f *Filter) Name() string { return "functions" }

func (f *Filter) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	options, err := parseOptions(raw)
	if err != nil {
		return nil, err
	}
	stores, err := f.secrets.Stores(options.secrets)
	if err != nil {
		return nil, fmt.Errorf("functions: filter configuration: %q: %w", "secrets", err)
	}
	metrics, err := newMetrics(handle, f.tallies)
	if err != nil {
		return nil, err
	}
	return &config{
		options:  options,
		metrics:  metrics,
		pairs:    newPairs(&environment{handle, f.tallies, f.panics, stores}, handle, f.excerpts, f.routines),
		attempts: f.attempts,
		panics:   f.panics,
		tasks:    f.tasks,
		log:      handle.Log,
	}, nil
}

func (f *Filter) NewRouteConfig(raw []byte) (any, error) { return parseRouteConfig(raw) }

// config is one loaded filter block.
type config struct {
	options  options
	metrics  *metrics
	pairs    *pairs
	attempts *attempts
	panics   *panics
	tasks    taskSlots
	// log may be used from any goroutine, at any time.
	log func(host.Level, string)
}

var _ host.Selective = (*config)(nil)

func (c *config) NewStream(s host.Stream) host.StreamFilter {
	created := streams.Get().(*stream)
	created.config, created.host = c, s
	return created
}

// A cluster without a type is left alone.
func (c *config) Concerns() []host.Concern {
	return []host.Concern{{ClusterNamespace: settingsNamespace, ClusterKey: typeKey}}
}
