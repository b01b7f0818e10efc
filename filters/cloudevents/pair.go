package cloudevents

import (
	"errors"
	"fmt"
	"sync"

	"github.com/funcroute/funcroute/cache"
	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/configuration"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// pair is what a cluster's and a route's metadata together say of events, compiled.
type pair struct {
	// broken is why no event can be served, or nil.
	broken *plugins.Error
	// deliver is the mode that events go to the upstream in, NoEvent to leave them in theirs.
	deliver events.Mode
	// split says that a batch of one is delivered as a single event.
	split   bool
	wrap    *wrap   // nil if requests are not made events
	webhook consent // whether handshakes are answered
}

// maxPairs bounds what is kept compiled.
const maxPairs = 1 << 13

// pairs compiles pairs and keeps them.
type pairs struct {
	log host.ConfigHandle
	// answers says that the filter block can answer handshakes.
	answers bool
	cache   *cache.Cache[string, *pair]
	// compiling lets one goroutine at a time compile, so that a configuration error is logged once.
	compiling sync.Mutex
}

func newPairs(log host.ConfigHandle, answers bool) *pairs {
	return &pairs{log: log, answers: answers, cache: configuration.NewCache[*pair](maxPairs)}
}

var nothing pair

// excerpt is what a pair is compiled from. Its parts are numbered below.
var excerpt = host.NewExcerpt(
	host.Part{Source: host.Cluster, Namespace: namespace, Other: host.Text},
	host.Part{Source: host.Route, Namespace: namespace, Kinds: map[string]host.Kind{webhookKey: host.Bool, wrapExtensionsKey: host.List}, Other: host.Text},
	host.Part{Source: host.Route, Namespace: parametersNamespace, Other: host.Text},
)

// The parts of the excerpt. The first of them, ourParts, are our own.
const (
	ofCluster = iota
	ofRoute
	ourParts
	ofParameters = ourParts
)

// find returns the pair for the stream's cluster and route as they are chosen now. The scratch bytes are used for the key
// and returned grown.
func (p *pairs) find(s host.Stream, scratch []byte) (*pair, []byte) {
	k := s.AppendExcerpt(scratch[:0], excerpt, "")
	if host.Empty(k, ourParts) {
		return &nothing, k
	}
	return p.compiled(k, func() (*pair, error) { return compile(k, p.answers) }, s), k
}

// refused is the pair of a request for which the filter's own place or its per-route configuration is wrong.
func (p *pairs) refused(s host.Stream, cause error) *pair {
	k := configuration.Key("refused").Text(cause.Error())
	return p.compiled(k, func() (*pair, error) { return nil, cause }, s)
}

func (p *pairs) compiled(k []byte, compile func() (*pair, error), s host.Stream) *pair {
	if found, ok := cache.GetBytes(p.cache, k); ok {
		return found
	}
	p.compiling.Lock()
	defer p.compiling.Unlock()
	if found, ok := cache.GetBytes(p.cache, k); ok {
		return found
	}
	made, err := compile()
	if err != nil {
		p.log.Log(host.Warn, fmt.Sprintf("funcroute: config_error: %s: %v", configuration.Whereabouts(s), err))
		made = &pair{broken: plugins.Errorf(plugins.ConfigError, "The configuration of events is wrong here; the proxy's log says how.")}
	}
	p.cache.Put(string(k), made)
	return made
}

var errMisplaced = errors.New("the cloudevents filter belongs into a listener: in a cluster the route has been chosen already")
