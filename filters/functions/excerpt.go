package functions

import (
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// excerpts are what one type's plans and upstreams are compiled from.
type excerpts struct {
	schema schema
	// plan is all that a plan is compiled from but the per-route configuration, and the target of the function that the
	// metadata names. upstream is what an upstream is compiled from.
	plan, upstream *host.Excerpt
}

func newExcerpts(schema schema) *excerpts {
	cluster := host.Part{Source: host.Cluster, Namespace: settingsNamespace, Kinds: schema.kinds()}
	route := cluster
	route.Source = host.Route
	named := []host.Place{
		{Source: host.Route, Namespace: settingsNamespace, Key: functionKey},
		{Source: host.Cluster, Namespace: settingsNamespace, Key: defaultFunctionKey},
	}
	return &excerpts{
		schema: schema,
		plan: &host.Excerpt{Parts: []host.Part{
			cluster,
			route,
			{Source: host.Route, Namespace: weightsNamespace, Other: host.Number},
			{Source: host.Route, Namespace: parametersNamespace, Other: host.Text},
			{Source: host.Cluster, Namespace: functionsNamespace, Other: host.Text, Named: named},
			{Source: host.Cluster, Namespace: responsesNamespace, Other: host.Text, Named: named},
		}},
		upstream: &host.Excerpt{Parts: []host.Part{cluster}},
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
