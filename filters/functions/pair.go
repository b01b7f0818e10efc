package functions

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/filters/configuration"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// pair is what a cluster's and a route's metadata together say, compiled: everything but the functions' targets.
type pair struct {
	// id stands for the pair in the keys of its functions.
	id  uint64
	typ plugins.Type
	// broken is why no request can be served, or nil.
	broken     *plugins.Error
	upstream   *upstream
	offerer    plugins.Offerer // nil if only the cluster's metadata offers functions
	settings   plugins.Settings
	parameters *parameters.Set
	choice     choice
}

// destination is where requests of one cluster and one route go: a pair, which clusters that differ in their targets alone
// share, and the function.
type destination struct {
	*pair
	// named is the function that the metadata names and maps to a target; nil if it is not known yet, or is another for each
	// request.
	named atomic.Pointer[function]
	// perRoute says that there is a per-route configuration, which may name another.
	perRoute bool
}

// keep notes a function that is the destination of every request.
func (d *destination) keep(f *function) {
	if name, ok := d.choice.(fixed); ok && string(name) == f.name && f.origin == inMetadata && !d.perRoute {
		d.named.Store(f)
	}
}

// Bounds on what is kept compiled. An entry is some kilobytes at most; a cluster with 50 functions and a route for each
// needs 50 pairs and 50 functions. Those of configurations that have been replaced go earlier, see configuration.NewCache.
const (
	maxDestinations = 1 << 16
	maxPairs        = 1 << 15
	maxFunctions    = 1 << 16
	maxUpstreams    = 1 << 13
)

// pairs compiles pairs, functions and upstreams, and keeps them.
type pairs struct {
	environment *environment
	log         host.ConfigHandle
	excerpts    *allExcerpts
	routines    *routines

	destinations *cache.Cache[string, *destination]

	pairs     *cache.Cache[string, *pair]
	functions *cache.Cache[string, *function]
	upstreams *cache.Cache[string, *upstream]
	ids       atomic.Uint64
	// compiling lets one goroutine at a time compile, so that a configuration error is logged once.
	compiling sync.Mutex
}

func newPairs(environment *environment, log host.ConfigHandle, excerpts *allExcerpts, routines *routines) *pairs {
	excerpts.make(environment)
	return &pairs{
		environment:  environment,
		log:          log,
		excerpts:     excerpts,
		routines:     routines,
		destinations: configuration.NewCache[*destination](maxDestinations),

		pairs:     configuration.NewCache[*pair](maxPairs),
		functions: configuration.NewCache[*function](maxFunctions),
		upstreams: configuration.NewCache[*upstream](maxUpstreams),
	}
}

// find returns the destination for the stream's cluster and route, given the excerpts of the cluster's type. The scratch bytes
// are used for the key and returned grown.
func (p *pairs) find(s host.Stream, excerpts *excerpts, route *routeConfig, scratch []byte) (*destination, []byte) {
	k := keyOf(s.AppendExcerpt(scratch[:0], excerpts.destination, ""), route)
	found, ok := cache.GetBytes(p.destinations, k)
	if !ok {
		found = &destination{pair: p.pair(s, excerpts, route), perRoute: route != nil}
		p.destinations.Put(string(k), found)
	}
	return found, k
}

func keyOf(content []byte, route *routeConfig) configuration.Key {
	if route == nil {
		return content
	}
	return configuration.Key(content).Text(route.digest)
}

func (p *pairs) pair(s host.Stream, excerpts *excerpts, route *routeConfig) *pair {
	content := s.AppendExcerpt(nil, excerpts.pair, "")
	k := keyOf(content, route)
	p.compiling.Lock()
	defer p.compiling.Unlock()
	if found, ok := cache.GetBytes(p.pairs, k); ok {
		return found
	}
	compiled := p.compile(s, excerpts, content, route)
	p.pairs.Put(string(k), compiled)
	return compiled
}

// compile makes a pair of the content of the type's excerpt for it.
func (p *pairs) compile(s host.Stream, excerpts *excerpts, content []byte, route *routeConfig) *pair {
	compiled := &pair{id: p.ids.Add(1)}
	parts, err := excerpts.pair.Read(content)
	if err != nil {
		compiled.broken = p.configError(s, err)
		return compiled
	}
	typeName, _ := settingsOf(parts[clusterSettings])[typeKey].(string)
	compiled.typ = plugins.Lookup(typeName)
	if err := p.fill(compiled, s, excerpts, parts, route); err != nil {
		compiled.broken = p.configError(s, fmt.Errorf("type %q: %w", typeName, err))
	}
	return compiled
}

func (p *pairs) fill(compiled *pair, s host.Stream, excerpts *excerpts, parts [][]host.Entry, route *routeConfig) error {
	if compiled.typ == nil {
		return fmt.Errorf("is unknown; there are %s", strings.Join(plugins.Names(), ", "))
	}
	if p.excerpts.byType[compiled.typ.Name()] == nil {
		return errors.New("is broken: its settings cannot be told")
	}
	cluster := settingsOf(parts[clusterSettings])
	defaultFunction, hasDefault, err := takeText(cluster, defaultFunctionKey)
	if err != nil {
		return fmt.Errorf("cluster metadata: %w", err)
	}
	if _, misplaced := cluster[functionKey]; misplaced {
		return fmt.Errorf("cluster metadata: %q belongs to a route; a cluster may have a %q", functionKey, defaultFunctionKey)
	}
	delete(cluster, typeKey)

	levels, err := routeLevels(parts, route)
	if err != nil {
		return err
	}
	up := p.upstream(compiled.typ, cluster, s.AppendExcerpt(nil, excerpts.upstream, ""))
	if up.err != nil {
		return fmt.Errorf("cluster metadata: %w", up.err)
	}
	templates := map[string]string{}
	settings := cluster
	for _, level := range levels {
		settings = overlay(settings, level.settings)
		maps.Copy(templates, level.parameters)
	}
	compiled.upstream, compiled.settings = up, settings
	compiled.offerer, _ = up.made.(plugins.Offerer)
	if compiled.parameters, err = parameters.Compile(templates); err != nil {
		return err
	}
	if compiled.choice, err = choose(levels, defaultFunction, hasDefault, compiled.parameters); err != nil {
		return err
	}
	if compiled.choice == fixed("") {
		return excerpts.schema.checkUnused(levels)
	}
	return nil
}

// configError logs a configuration error and makes it what clients see. It is called once per distinct configuration.
func (p *pairs) configError(s host.Stream, cause error) *plugins.Error {
	p.log.Log(host.Warn, fmt.Sprintf("funcroute: config_error: %s: %v", configuration.Whereabouts(s), cause))
	return plugins.Errorf(plugins.ConfigError, "The configuration of this function is wrong; the proxy's log says how.")
}

// routeError is configError for a per-route configuration that the host could not refuse.
func (p *pairs) routeError(s host.Stream, cause error) *plugins.Error {
	k := configuration.Key("route error").Text(cause.Error())
	p.compiling.Lock()
	defer p.compiling.Unlock()
	if found, ok := cache.GetBytes(p.pairs, k); ok {
		return found.broken
	}
	broken := p.configError(s, cause)
	p.pairs.Put(string(k), &pair{broken: broken})
	return broken
}

// level is what one place of configuration says of a route.
type level struct {
	name       string
	settings   plugins.Settings
	function   string
	hasName    bool
	weights    map[string]float64
	parameters map[string]string
}

// routeLevels returns the route's metadata and its per-route configuration, the one that counts more last.
func routeLevels(parts [][]host.Entry, route *routeConfig) ([]level, error) {
	levels := []level{{
		name:       "route metadata",
		settings:   settingsOf(parts[routeSettings]),
		parameters: map[string]string{},
	}}
	for _, entry := range parts[routeParameters] {
		if entry.Value.Kind != host.Text {
			return nil, fmt.Errorf("route metadata: %s %q must be a text and not empty", parametersNamespace, entry.Key)
		}
		levels[0].parameters[entry.Key] = entry.Value.Text
	}
	if weights := parts[routeWeights]; len(weights) > 0 {
		levels[0].weights = map[string]float64{}
		for _, entry := range weights {
			if entry.Value.Kind != host.Number {
				return nil, fmt.Errorf("route metadata: %s %q must be a whole number", weightsNamespace, entry.Key)
			}
			levels[0].weights[entry.Key] = entry.Value.Number
		}
	}
	if route != nil {
		levels = append(levels, level{
			name:       "per-route configuration",
			settings:   maps.Clone(route.settings),
			weights:    route.weights,
			parameters: route.parameters,
		})
	}
	for i := range levels {
		var err error
		if levels[i].function, levels[i].hasName, err = takeText(levels[i].settings, functionKey); err != nil {
			return nil, fmt.Errorf("%s: %w", levels[i].name, err)
		}
		for _, misplaced := range []string{typeKey, defaultFunctionKey} {
			if _, there := levels[i].settings[misplaced]; there {
				return nil, fmt.Errorf("%s: %q belongs to the cluster", levels[i].name, misplaced)
			}
		}
	}
	return levels, nil
}

// takeText removes a key of ours from the settings that go to the plugin.
func takeText(settings plugins.Settings, name string) (text string, given bool, err error) {
	value, given := settings[name]
	if !given {
		return "", false, nil
	}
	delete(settings, name)
	text, ok := value.(string)
	if !ok {
		return "", true, fmt.Errorf("%q must be a text and not empty", name)
	}
	return text, true, nil
}
