package functions

import (
	"slices"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// allExcerpts are those of every type. A host keeps what it knows of an excerpt for as long as the process lives, whereas
// filter blocks come and go: each update of a cluster loads those in it anew. So a process makes its excerpts once.
type allExcerpts struct {
	mutex  sync.Mutex
	byType map[string]*excerpts // without the types that cannot say what their settings are
	noType *excerpts            // of the types that there are not
	// setting is a text of the cluster's settings, byName what the cluster has of a function: its target and its template for
	// answers. The name of either is given.
	setting, byName *host.Excerpt
}

// make makes them unless that has been done. The environment is told of types that panic.
func (a *allExcerpts) make(environment plugins.Environment) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.noType != nil {
		return
	}
	byType := map[string]*excerpts{}
	for _, name := range plugins.Names() {
		if schema := schemaOfType(plugins.Lookup(name), environment); schema != nil {
			byType[name] = newExcerpts(schema)
		}
	}
	a.byType, a.noType = byType, newExcerpts(schemaOf(nil))
	a.setting = host.NewExcerpt(host.Part{Source: host.Cluster, Namespace: settingsNamespace, Other: host.Text, Given: true})
	a.byName = host.NewExcerpt(
		host.Part{Source: host.Cluster, Namespace: functionsNamespace, Other: host.Text, Given: true},
		host.Part{Source: host.Cluster, Namespace: responsesNamespace, Other: host.Text, Given: true},
	)
}

// schemaOfType is nil for a type that cannot say what its settings are. Only its own clusters are the worse for it.
func schemaOfType(typ plugins.Type, environment plugins.Environment) schema {
	defer plugins.Catch(environment)
	return schemaOf(typ.Settings())
}

// of returns those of a type, by its name.
func (a *allExcerpts) of(typeName []byte) *excerpts {
	if known := a.byType[string(typeName)]; known != nil {
		return known
	}
	return a.noType
}

// excerpts are what one type's pairs and upstreams are compiled from.
type excerpts struct {
	schema schema
	// destination is what a destination depends on, but for the per-route configuration: the pair's, and the target of the
	// function that the metadata names.
	destination *host.Excerpt
	// pair is what a pair is compiled from, again but for the per-route configuration. Its parts are numbered below.
	pair *host.Excerpt
	// upstream is what an upstream is compiled from.
	upstream *host.Excerpt
}

// The parts of a pair's excerpt.
const (
	clusterSettings = iota
	routeSettings
	routeWeights
	routeParameters
)

func newExcerpts(schema schema) *excerpts {
	cluster := host.Part{Source: host.Cluster, Namespace: settingsNamespace, Kinds: schema.kinds()}
	route := cluster
	route.Source = host.Route
	named := []host.Place{
		{Source: host.Route, Namespace: settingsNamespace, Key: functionKey},
		{Source: host.Cluster, Namespace: settingsNamespace, Key: defaultFunctionKey},
	}
	pair := []host.Part{
		clusterSettings: cluster,
		routeSettings:   route,
		routeWeights:    {Source: host.Route, Namespace: weightsNamespace, Other: host.Number},
		routeParameters: {Source: host.Route, Namespace: parametersNamespace, Other: host.Text},
	}
	return &excerpts{
		schema: schema,
		destination: host.NewExcerpt(append(slices.Clone(pair),
			host.Part{Source: host.Cluster, Namespace: functionsNamespace, Other: host.Text, Named: named},
			host.Part{Source: host.Cluster, Namespace: responsesNamespace, Other: host.Text, Named: named},
		)...),
		pair:     host.NewExcerpt(pair...),
		upstream: host.NewExcerpt(cluster),
	}
}

func (s schema) kinds() map[string]host.Kind {
	hostKinds := map[plugins.Kind]host.Kind{
		plugins.Text: host.Text, plugins.Number: host.Number, plugins.Bool: host.Bool, plugins.List: host.List,
	}
	kinds := make(map[string]host.Kind, len(s))
	for key, kind := range s {
		kinds[key] = hostKinds[kind]
	}
	return kinds
}
