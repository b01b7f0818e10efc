package functions

import (
	"slices"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// excerpts are what one type's plans and upstreams are compiled from.
type excerpts struct {
	schema schema
	// destination is what a destination depends on, but for the per-route configuration: the plan's, and the target of the
	// function that the metadata names.
	destination *host.Excerpt
	// plan is what a plan is compiled from, again but for the per-route configuration.
	plan *host.Excerpt
	// upstream is what an upstream is compiled from.
	upstream *host.Excerpt
}

func newExcerpts(schema schema) *excerpts {
	cluster := host.Part{Source: host.Cluster, Namespace: settingsNamespace, Kinds: schema.kinds()}
	route := cluster
	route.Source = host.Route
	named := []host.Place{
		{Source: host.Route, Namespace: settingsNamespace, Key: functionKey},
		{Source: host.Cluster, Namespace: settingsNamespace, Key: defaultFunctionKey},
	}
	plan := []host.Part{
		cluster,
		route,
		{Source: host.Route, Namespace: weightsNamespace, Other: host.Number},
		{Source: host.Route, Namespace: parametersNamespace, Other: host.Text},
	}
	return &excerpts{
		schema: schema,
		destination: &host.Excerpt{Parts: append(slices.Clone(plan),
			host.Part{Source: host.Cluster, Namespace: functionsNamespace, Other: host.Text, Named: named},
			host.Part{Source: host.Cluster, Namespace: responsesNamespace, Other: host.Text, Named: named},
		)},
		plan:     &host.Excerpt{Parts: plan},
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
