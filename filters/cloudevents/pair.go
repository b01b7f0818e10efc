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
	// broken is the error for every request, nil if the configuration is right.
	broken *plugins.Error
	// deliver is the mode in which events go to the upstream. With NoEvent each stays in the mode in which it has come.
	deliver events.Mode
	// split says that a batch of one is delivered as a single event.
	split   bool
	wrap    *wrap   // nil if requests are not made events
	webhook consent // whether handshakes are answered
}

// maxPairs is how many pairs are kept compiled.
const maxPairs = 1 << 13

// pairs compiles pairs and keeps them.
type pairs struct {
	log host.ConfigHandle
	// answers says that the filter block can answer handshakes.
	answers bool
	cache   *cache.Cache[string, *pair]
	// compiling is held while something is compiled: if two goroutines compiled the same, they would log its error twice.
	compiling sync.Mutex
}

func newPairs(log host.ConfigHandle, answers bool) *pairs {
	return &pairs{log: log, answers: answers, cache: configuration.NewCache[*pair](maxPairs)}
}

// nothing is the pair where neither cluster nor route says anything of events.
var nothing pair

// excerpt is the metadata from which a pair is compiled. Its parts are numbered below.
var excerpt = host.NewExcerpt(
	host.Part{Source: host.Cluster, Namespace: namespace, Other: host.Text},
	host.Part{Source: host.Route, Namespace: namespace, Kinds: map[string]host.Kind{webhookKey: host.Bool, wrapExtensionsKey: host.List}, Other: host.Text},
	host.Part{Source: host.Route, Namespace: parametersNamespace, Other: host.Text},
)

// The parts of the excerpt. The parts before ourParts are the filter's own; parameters are not.
const (
	ofCluster = iota
	ofRoute
	ourParts
	ofParameters = ourParts
)

// find returns the pair of the cluster and the route that the stream has now. The key is written to the scratch memory, which is returned,
// for it may have grown.
func (p *pairs) find(s host.Stream, scratch []byte) (*pair, []byte) {
	k := s.AppendExcerpt(scratch[:0], excerpt, "")
	if host.Empty(k, ourParts) {
		return &nothing, k
	}
	return p.compiled(k, func() (*pair, error) { return compile(k, p.answers) }, s), k
}

// refused returns a pair that refuses every request, because the filter stands in the wrong place or its per-route configuration is wrong.
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
