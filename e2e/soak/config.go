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

	"github.com/funcroute/funcroute/e2e"
)

// files are the clusters and routes of one Envoy, which takes them from a folder and follows what changes there.
type files struct {
	t        testing.TB
	dir      string
	host     e2e.Host
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
	config := e2e.NewConfig()
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		metadata := maps.Clone(clusters[name])
		functions, responses := e2e.Object{}, e2e.Object{}
		for _, k := range kinds {
			if k.cluster != name || k.target == "" {
				continue
			}
			functions[k.name] = fmt.Sprintf(k.target, f.updates)
			if k.response != "" {
				responses[k.name] = k.response
			}
		}
		if len(functions) > 0 {
			metadata["funcroute.functions"], metadata["funcroute.responses"] = functions, responses
		}
		config.AddCluster(f.upstream, e2e.Object{
			"@type":    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
			"name":     name,
			"metadata": e2e.Object{"filter_metadata": metadata},
		})
	}
	// The listener is there for its filter, which some hosts move into the clusters.
	config.AddListener("http", nil, nil, nil)
	return f.host.Adapted(f.t, config)["static_resources"].(e2e.Object)["clusters"].([]any)
}

func (f *files) routes() []any {
	var routes []any
	for _, k := range kinds {
		metadata := e2e.Object{}
		if k.target != "" {
			settings := e2e.Object{"function": k.name}
			maps.Copy(settings, k.settings)
			metadata["funcroute"] = settings
		}
		if k.parameters != nil {
			metadata["funcroute.parameters"] = k.parameters
		}
		match := k.match
		if match == nil {
			match = e2e.Object{"path_separated_prefix": "/" + k.name}
		}
		action := e2e.Object{"cluster": k.cluster, "timeout": timeout.String()}
		maps.Copy(action, k.action)
		routes = append(routes, e2e.Object{
			"match": match, "route": action, "metadata": e2e.Object{"filter_metadata": metadata},
		})
	}
	return []any{e2e.Object{
		"@type":         "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
		"name":          "routes",
		"virtual_hosts": []any{e2e.Object{"name": fmt.Sprintf("all-%d", f.updates), "domains": []any{"*"}, "routes": routes}},
	}}
}

// replace replaces a file at one stroke, as Envoy wants it.
func (f *files) replace(name string, resources []any) {
	path := filepath.Join(f.dir, name)
	err := os.WriteFile(path+".new", []byte(e2e.Config{"resources": resources}.YAML()), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		f.t.Error(err)
	}
}

// config is what Envoy is started with.
func (f *files) config() e2e.Config {
	config := e2e.NewConfig()
	config["node"] = e2e.Object{"id": "soak", "cluster": "soak"}
	config["dynamic_resources"] = e2e.Object{"cds_config": f.source("clusters.yaml")}
	config.AddVitals()
	config.AddListener("http", nil, nil, e2e.Object{
		"http_filters": e2e.EventsFilters(e2e.Object{"matches": e2e.Object{"big": "INT(amount) > 100"}}),
		"access_log":   []any{}, // Nobody reads it, and it would grow.
		"rds":          e2e.Object{"route_config_name": "routes", "config_source": f.source("routes.yaml")},
	})
	return config
}

func (f *files) source(name string) e2e.Object {
	return e2e.Object{"resource_api_version": "V3", "path_config_source": e2e.Object{"path": filepath.Join(f.dir, name)}}
}
