package cloudevents

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/configuration"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// Keys of the metadata namespace.
const (
	deliverKey     = "deliver"
	wrapTypeKey    = "wrap_type"
	wrapSourceKey  = "wrap_source"
	wrapSubjectKey = "wrap_subject"
	wrapIDKey      = "wrap_id"
)

const parametersNamespace = "funcroute.parameters"

// plan is what a cluster's and a route's metadata together say of events, compiled.
type plan struct {
	// broken is why no event can be served, or nil.
	broken *plugins.Error
	// deliver is the mode that events go to the upstream in, NoEvent to leave them in theirs.
	deliver events.Mode
	wrap    *wrap // nil if requests are not made events
}

// maxPlans bounds what is kept compiled.
const maxPlans = 1 << 13

// plans compiles and keeps plans.
type plans struct {
	log   host.ConfigHandle
	cache *configuration.Cache[*plan]
	// compiling lets one goroutine at a time compile, so that a configuration error is logged once.
	compiling sync.Mutex
}

func newPlans(log host.ConfigHandle) *plans {
	return &plans{log: log, cache: configuration.NewCache[*plan](maxPlans)}
}

var nothing plan

// excerpt is what a plan is compiled from.
var excerpt = &host.Excerpt{Parts: []host.Part{
	{Source: host.Cluster, Namespace: namespace, Other: host.Text},
	{Source: host.Route, Namespace: namespace, Other: host.Text},
	{Source: host.Route, Namespace: parametersNamespace, Other: host.Text},
}}

// find returns the plan for the stream's cluster and route as they are chosen now. The scratch bytes are used for the key
// and returned grown.
func (p *plans) find(s host.Stream, scratch []byte) (*plan, []byte) {
	if len(s.MetadataKeys(host.Route, namespace)) == 0 && len(s.MetadataKeys(host.Cluster, namespace)) == 0 {
		return &nothing, scratch
	}
	k := s.AppendExcerpt(scratch[:0], excerpt)
	return p.compiled(k, func() (*plan, error) { return compile(s) }, s), k
}

// refused is the plan of a request for which the filter's own place or its per-route configuration is wrong.
func (p *plans) refused(s host.Stream, cause error) *plan {
	k := configuration.Key("refused").Text(cause.Error())
	return p.compiled(k, func() (*plan, error) { return nil, cause }, s)
}

func (p *plans) compiled(k []byte, compile func() (*plan, error), s host.Stream) *plan {
	if found, ok := p.cache.Get(k); ok {
		return found
	}
	p.compiling.Lock()
	defer p.compiling.Unlock()
	if found, ok := p.cache.Get(k); ok {
		return found
	}
	made, err := compile()
	if err != nil {
		p.log.Log(host.Warn, fmt.Sprintf("funcroute: config_error: %s: %v", configuration.Whereabouts(s), err))
		made = &plan{broken: plugins.Errorf(plugins.ConfigError, "The configuration of events is wrong here; the proxy's log says how.")}
	}
	p.cache.Put(k, made)
	return made
}

func compile(s host.Stream) (*plan, error) {
	cluster, err := readTexts(s, host.Cluster, namespace, deliverKey)
	if err != nil {
		return nil, fmt.Errorf("cluster metadata: %w", err)
	}
	route, err := readTexts(s, host.Route, namespace, deliverKey, wrapTypeKey, wrapSourceKey, wrapSubjectKey, wrapIDKey)
	if err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	made := &plan{}
	for _, at := range []struct {
		where string
		texts map[string]string
	}{{"cluster", cluster}, {"route", route}} {
		switch text, given := at.texts[deliverKey]; {
		case text == "binary":
			made.deliver = events.Binary
		case text == "structured":
			made.deliver = events.Structured
		case given:
			return nil, fmt.Errorf("%s metadata: %s: %q must be binary or structured, not %q", at.where, namespace, deliverKey, text)
		}
	}
	delete(route, deliverKey)
	if len(route) == 0 {
		return made, nil
	}
	templates, err := readTexts(s, host.Route, parametersNamespace)
	if err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	set, err := parameters.Compile(templates)
	if err == nil {
		made.wrap, err = compileWrap(route, set)
	}
	if err != nil {
		return nil, fmt.Errorf("route metadata: %w", err)
	}
	return made, nil
}

// readTexts copies a namespace, all of whose values must be texts, out of Envoy's memory. Without names, any may be there.
func readTexts(s host.Stream, source host.Source, namespace string, names ...string) (map[string]string, error) {
	texts := map[string]string{}
	for _, key := range s.MetadataKeys(source, namespace) {
		if names != nil && !slices.Contains(names, key) {
			return nil, fmt.Errorf("%s: %q is unknown; there are %s", namespace, key, strings.Join(names, ", "))
		}
		text, ok := s.MetadataText(source, namespace, key)
		if !ok {
			return nil, fmt.Errorf("%s: %q must be a text and not empty", namespace, key)
		}
		texts[strings.Clone(key)] = strings.Clone(text)
	}
	return texts, nil
}

var errMisplaced = errors.New("the cloudevents filter belongs into a listener: in a cluster the route has been chosen already")
