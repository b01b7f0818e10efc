package lambda

import (
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheReadmesExamplesCompile compiles every function of every example's clusters.
func TestTheReadmesExamplesCompile(t *testing.T) {
	type entry struct {
		Metadata struct {
			Filter golden.Metadata `yaml:"filter_metadata"`
		} `yaml:"metadata"`
	}
	setCredentials(t)
	clusters := 0
	for i, block := range strings.Split(readme(t), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		var example struct{ Clusters, Routes []entry }
		if err := yaml.Unmarshal([]byte(text), &example); err != nil {
			t.Fatalf("example %d: %v", i+1, err)
		}
		for _, route := range example.Routes {
			name := route.Metadata.Filter.Texts("funcroute")["function"]
			compile(t, golden.Metadata{
				"funcroute":           {"type": "lambda", "region": "us-east-1", "default_function": "hello"},
				"funcroute.functions": {"hello": "hello", name: "hello"},
			}, route.Metadata.Filter)
		}
		for _, cluster := range example.Clusters {
			clusters++
			for name := range cluster.Metadata.Filter["funcroute.functions"] {
				compile(t, cluster.Metadata.Filter, golden.Metadata{"funcroute": {"function": name}})
			}
		}
	}
	if clusters != 5 {
		t.Errorf("clusters: got %d, want 5", clusters)
	}
}

// compile has the filter compile a function by a request, which may then fail for want of credentials or parameters.
func compile(t *testing.T, cluster, route golden.Metadata) {
	t.Helper()
	request, err := golden.ParseMessage("POST / HTTP/1.1\nhost: a", "{}")
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := golden.Functions("")
	if err != nil {
		t.Fatal(err)
	}
	got, err := proxy.Send(golden.Exchange{Cluster: cluster, Route: route, Request: request.Request()})
	if err != nil {
		t.Fatal(err)
	}
	switch got.Reason {
	case plugins.ConfigError, plugins.UnknownFunction, plugins.InternalError:
		t.Errorf("%v with %v: %q", cluster, route, got.Log)
	}
}
