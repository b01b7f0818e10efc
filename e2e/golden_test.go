package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	_ "github.com/funcroute/funcroute/plugins/all" // Golden files name their reasons.
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// TestGoldenFiles replays the golden files of all function types and of filters through Envoy. Each case has a listener and an upstream
// of its own, so that nothing in a request needs to say which case it belongs to.
func TestGoldenFiles(t *testing.T) {
	var folders []string
	for _, of := range []string{"plugins", "filters"} {
		paths, err := filepath.Glob(filepath.Join(harness.Root(t), of, "*", "testdata", "*.yaml"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("none of the %s has golden files: %v", of, err)
		}
		for _, path := range paths {
			folders = append(folders, filepath.Dir(path))
		}
	}
	folders = slices.Compact(folders)
	oracle := counterparts.StartOracle(t)
	for _, folder := range folders {
		t.Run(filepath.Base(filepath.Dir(folder)), func(t *testing.T) {
			files, err := plugintest.Load(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file.Path), ".yaml"), func(t *testing.T) {
					harness.OnEveryEnvoy(t, nil, func(t *testing.T, host harness.Host) { replay(t, host, file, oracle) })
				})
			}
		})
	}
}

func replay(t *testing.T, host harness.Host, file *plugintest.File, oracle *counterparts.Oracle) {
	t.Helper()
	config, upstreams := harness.NewConfig(), map[string]*harness.Upstream{}
	annotation := ""
	if file.Filter != nil {
		annotation = "event."
	}
	for i, c := range file.Cases {
		if c.Only == plugintest.Direct {
			continue
		}
		name := fmt.Sprintf("case %d", i+1)
		upstreams[c.Name] = harness.StartUpstream(t)
		config.AddCluster(upstreams[c.Name].Address, harness.Object{"name": name, "metadata": filterMetadata(c.Cluster)})
		config.AddListener(name, []any{harness.Object{
			"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": name}, "metadata": filterMetadata(c.Route),
		}}, nil, managerOf(file, c))
	}
	if len(upstreams) == 0 {
		return
	}
	envoy := harness.StartEnvoy(t, host, config)
	for i, c := range file.Cases {
		upstream, ok := upstreams[c.Name]
		if !ok {
			t.Run(c.Name+": runs without Envoy only", func(*testing.T) {})
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			signer := counterparts.DefaultSigner()
			signer.Region = "" // What a case expects of it stands in its authorization header.
			stage := &scenarios.Stage{
				Host: host, Envoy: envoy, Listener: fmt.Sprintf("case %d", i+1), Upstream: upstream, Oracle: oracle, Signer: signer,
			}
			stage.Perform(t, stepOf(c, annotation))
		})
	}
}

// managerOf returns the filters of a case: those of its file, or the functions filter behind one that leaves metadata.
func managerOf(file *plugintest.File, c *plugintest.Case) harness.Object {
	metadata := c.DynamicMetadata
	switch {
	case file.Filter != nil:
		return harness.Object{"http_filters": harness.EventsFilters(file.Filter)}
	case metadata == nil:
		return nil
	}
	var entries []any
	for _, namespace := range slices.Sorted(maps.Keys(metadata)) {
		entries = append(entries, harness.Object{"metadata_namespace": namespace, "value": harness.Clone(metadata[namespace])})
	}
	return harness.Object{"http_filters": []any{
		harness.Object{"name": "envoy.filters.http.set_metadata", "typed_config": harness.Object{
			"@type": "type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config", "metadata": entries,
		}},
		harness.FunctionsFilter(), harness.RouterFilter(),
	}}
}

// stepOf turns a golden case into a step. Its annotations have that prefix in the access log.
func stepOf(c *plugintest.Case, annotation string) *scenarios.Step {
	step := &scenarios.Step{
		Name: c.Name, Request: c.Request, Times: 1, Response: c.Response, Error: c.Error,
		AccessLog: map[string]string{}, Log: c.Log, Receives: &[]*plugintest.Message{},
	}
	for name, value := range c.Annotations {
		step.AccessLog[annotation+name] = value
	}
	if c.Upstream.Answer != nil {
		step.Answers = []*plugintest.Message{c.Upstream.Answer}
	}
	if c.Upstream.Receives != nil {
		step.Receives = &[]*plugintest.Message{c.Upstream.Receives}
		step.Signed = c.Cluster["funcroute"]["type"] == "lambda"
	}
	return step
}

func filterMetadata(metadata plugintest.Metadata) harness.Object {
	namespaces := harness.Object{}
	for namespace, values := range metadata {
		namespaces[namespace] = harness.Clone(values)
	}
	return harness.Object{"filter_metadata": namespaces}
}
