package soak

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// files are the clusters and routes of one Envoy, which takes them from a folder and follows what changes there.
type files struct {
	t        testing.TB
	dir      string
	host     harness.Host
	upstream string
	updates  int
}

// update writes all anew: the functions' targets get another number.
func (f *files) update() {
	f.updates++
	f.replace("clusters.yaml", f.clusters())
	f.replace("routes.yaml", f.routes())
}

// change updates until the context ends.
func (f *files) change(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, time.Second+rand.N(4*time.Second))
		f.update()
	}
}

func (f *files) clusters() []any {
	config := harness.NewConfig()
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		metadata := maps.Clone(clusters[name])
		functions, answerTemplates := harness.Object{}, harness.Object{}
		for _, k := range kinds {
			if k.cluster != name || k.target == "" {
				continue
			}
			functions[k.name] = fmt.Sprintf(k.target, f.updates)
			if k.answerTemplate != "" {
				answerTemplates[k.name] = k.answerTemplate
			}
		}
		if len(functions) > 0 {
			metadata["funcroute.functions"], metadata["funcroute.responses"] = functions, answerTemplates
		}
		config.AddCluster(f.upstream, harness.Object{
			"@type":    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
			"name":     name,
			"metadata": harness.Object{"filter_metadata": metadata},
		})
	}
	// The listener is there for its filter, which some hosts move into the clusters.
	config.AddListener("http", nil, nil, nil)
	return f.host.Adapted(f.t, config)["static_resources"].(harness.Object)["clusters"].([]any)
}

func (f *files) routes() []any {
	var routes []any
	for _, k := range kinds {
		metadata := harness.Object{}
		if k.target != "" {
			settings := harness.Object{"function": k.name}
			maps.Copy(settings, k.settings)
			metadata["funcroute"] = settings
		}
		if k.parameters != nil {
			metadata["funcroute.parameters"] = k.parameters
		}
		match := k.match
		if match == nil {
			match = harness.Object{"path_separated_prefix": "/" + k.name}
		}
		action := harness.Object{"cluster": k.cluster, "timeout": timeout.String()}
		maps.Copy(action, k.action)
		routes = append(routes, harness.Object{
			"match": match, "route": action, "metadata": harness.Object{"filter_metadata": metadata},
		})
	}
	return []any{harness.Object{
		"@type":         "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
		"name":          "routes",
		"virtual_hosts": []any{harness.Object{"name": fmt.Sprintf("all-%d", f.updates), "domains": []any{"*"}, "routes": routes}},
	}}
}

// replace replaces a file at one stroke, as Envoy wants it.
func (f *files) replace(name string, resources []any) {
	path := filepath.Join(f.dir, name)
	err := os.WriteFile(path+".new", []byte(harness.Config{"resources": resources}.YAML()), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		f.t.Error(err)
	}
}

// config is what Envoy is started with.
func (f *files) config() harness.Config {
	config := harness.NewConfig()
	config["node"] = harness.Object{"id": "soak", "cluster": "soak"}
	config["dynamic_resources"] = harness.Object{"cds_config": f.source("clusters.yaml")}
	config.AddVitals()
	config.AddListener("http", nil, nil, harness.Object{
		"http_filters": harness.EventsFilters(harness.Object{"matches": harness.Object{"big": "INT(amount) > 100"}}),
		"access_log":   []any{}, // Nobody reads it, and it would grow.
		"rds":          harness.Object{"route_config_name": "routes", "config_source": f.source("routes.yaml")},
	})
	return config
}

func (f *files) source(name string) harness.Object {
	return harness.Object{"resource_api_version": "V3", "path_config_source": harness.Object{"path": filepath.Join(f.dir, name)}}
}
