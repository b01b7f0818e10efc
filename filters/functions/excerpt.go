package functions

import (
	"slices"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// allExcerpts are the excerpts of every type. A process makes them once, for a host keeps what it knows of an excerpt for as long as the
// process lives. Filter blocks, in contrast, come and go: each update of a cluster loads those in it anew.
type allExcerpts struct {
	mutex  sync.Mutex
	byType map[string]*excerpts // without the types that cannot say what their settings are
	noType *excerpts            // for clusters whose type there is not
	// setting is a text of the cluster's settings, by the setting's name.
	setting *host.Excerpt
	// byName is what the cluster's metadata has of a function, by the function's name: its target and its answer template.
	byName *host.Excerpt
}

// make makes the excerpts, unless they are made already. A type that panics is told of in the log.
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

// schemaOfType returns nil for a type that panics when it is asked for its settings. Then the clusters of that type do not work, but all
// others do.
func schemaOfType(typ plugins.Type, environment plugins.Environment) schema {
	defer plugins.Catch(environment)
	return schemaOf(typ.Settings())
}

// of returns the excerpts of a type, by the type's name.
func (a *allExcerpts) of(typeName []byte) *excerpts {
	if known := a.byType[string(typeName)]; known != nil {
		return known
	}
	return a.noType
}

// excerpts say from which metadata the pairs and upstreams of one type are compiled. Per-route configuration is no metadata; it is added to
// the keys.
type excerpts struct {
	schema schema
	// destination is all on which a destination depends: the parts of pair, and the target and the answer template of the function
	// that the metadata names.
	destination *host.Excerpt
	// pair is the metadata from which a pair is compiled. Its parts are numbered below.
	pair *host.Excerpt
	// upstream is the metadata from which an upstream is compiled.
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
