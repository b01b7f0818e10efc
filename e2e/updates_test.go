package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// While requests run, a cluster's functions and a route's choice change by CDS and RDS files. A request that begins after
// Envoy has taken the change calls the new function, and none fails.
func TestUpdatesWhileRequestsRun(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		files := discoveryFiles{dir: t.TempDir(), host: host, upstream: upstream.Address}
		files.writeCluster(t, "target-0")
		files.writeRoute(t, "hello")
		envoy := harness.StartEnvoy(t, host, files.config())
		address := envoy.Listener(t, "http")
		stop := load(t, address)
		for i := 1; i <= 20; i++ {
			files.writeCluster(t, fmt.Sprintf("target-%d", i))
			untilCounter(t, envoy, "cluster_manager.cds.update_success", i+1)
			wantNextCall(t, upstream, address, fmt.Sprintf("/2015-03-31/functions/target-%d/invocations", i))
		}
		files.writeRoute(t, "other")
		untilCounter(t, envoy, "http.http.rds.routes.update_success", 2)
		wantNextCall(t, upstream, address, "/2015-03-31/functions/other/invocations")
		stop()
	})
}

// load sends requests, one after the other, until it is told to stop; each must be answered with 200.
func load(t *testing.T, address string) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var senders sync.WaitGroup
	for range 2 {
		senders.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					t.Logf("%d requests beside the updates", n)
					return
				default:
				}
				if err := harness.WantStatus(address, "POST /background HTTP/1.1", http.StatusOK); err != nil {
					t.Errorf("request %d beside the updates: %v", n, err)
					return
				}
			}
		})
	}
	return func() {
		close(done)
		senders.Wait()
	}
}

// wantNextCall sends a request that can be told from others and looks at what it became.
func wantNextCall(t *testing.T, upstream *harness.Upstream, address, want string) {
	t.Helper()
	before := len(upstream.Received())
	if _, err := harness.Send(address, harness.Message(t, "POST / HTTP/1.1\nx-probe: yes", `"probe"`)); err != nil {
		t.Fatal(err)
	}
	for _, received := range upstream.Received()[before:] {
		if string(received.Body) == `"probe"` {
			if got := received.Headers.Get(":path"); got != want {
				t.Errorf("the next request: got a call of %s, want %s", got, want)
			}
			return
		}
	}
	t.Error("the probe has not arrived")
}

// discoveryFiles are a CDS and an RDS file, replaced at one stroke as Envoy wants it.
type discoveryFiles struct {
	dir      string
	host     harness.Host
	upstream string
}

func (d discoveryFiles) writeCluster(t *testing.T, target string) {
	t.Helper()
	d.replace(t, "clusters.yaml", harness.Config{"resources": []any{d.cluster(t, harness.Object{
		"funcroute":           harness.Object{"type": "lambda", "region": "us-east-1", "payload": "body"},
		"funcroute.functions": harness.Object{"hello": target, "other": "other"},
	})}})
}

func (d discoveryFiles) cluster(t *testing.T, metadata harness.Object) harness.Object {
	t.Helper()
	config := harness.NewConfig()
	config.AddCluster(d.upstream, harness.Object{
		"@type":    "type.googleapis.com/envoy.config.cluster.v3.Cluster",
		"name":     "lambda",
		"metadata": harness.Object{"filter_metadata": metadata},
	})
	// The listener is there for its filter, which some hosts move into the cluster.
	config.AddListener("http", nil, nil, nil)
	return d.host.Adapted(t, config).Clusters()[0]
}

func (d discoveryFiles) writeRoute(t *testing.T, function string) {
	t.Helper()
	d.writeRouteMetadata(t, harness.Object{"funcroute": harness.Object{"function": function}})
}

func (d discoveryFiles) writeRouteMetadata(t *testing.T, metadata harness.Object) {
	t.Helper()
	d.writeRouteWith(t, metadata, nil)
}

// writeRouteWith writes a route with metadata and, unless it is nil, a per-route configuration.
func (d discoveryFiles) writeRouteWith(t *testing.T, metadata, perRoute harness.Object) {
	t.Helper()
	route := harness.Object{
		"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "lambda"},
		"metadata": harness.Object{"filter_metadata": metadata},
	}
	if perRoute != nil {
		route["typed_per_filter_config"] = harness.Object{"functions": harness.Object{
			"@type":                 harness.DynamicModulePerRoute,
			"dynamic_module_config": harness.Object{"name": "funcroute", "do_not_close": true},
			"filter_name":           "functions", "filter_config": harness.AsStruct(perRoute),
		}}
	}
	d.replace(t, "routes.yaml", d.host.Adapted(t, harness.Config{"resources": []any{harness.Object{
		"@type":         "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
		"name":          "routes",
		"virtual_hosts": []any{harness.Object{"name": "all", "domains": []any{"*"}, "routes": []any{route}}},
	}}}))
}

func (d discoveryFiles) replace(t *testing.T, name string, content harness.Config) {
	t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path+".new", []byte(content.YAML()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func (d discoveryFiles) config() harness.Config {
	config := harness.NewConfig()
	config["node"] = harness.Object{"id": "e2e", "cluster": "e2e"}
	config["dynamic_resources"] = harness.Object{"cds_config": d.source("clusters.yaml")}
	config.AddListener("http", nil, nil, harness.Object{
		"rds": harness.Object{"route_config_name": "routes", "config_source": d.source("routes.yaml")},
	})
	return config
}

func (d discoveryFiles) source(name string) harness.Object {
	return harness.Object{
		"resource_api_version": "V3",
		"path_config_source":   harness.Object{"path": filepath.Join(d.dir, name)},
	}
}
