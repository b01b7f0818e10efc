package lambda

import (
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
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
			Filter plugintest.Metadata `yaml:"filter_metadata"`
		} `yaml:"metadata"`
	}
	clusters := 0
	for i, block := range strings.Split(readme(t), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		var example struct{ Clusters, Routes []entry }
		if err := yaml.Unmarshal([]byte(text), &example); err != nil {
			t.Fatalf("example %d: %v", i+1, err)
		}
		for _, route := range example.Routes {
			set, err := parameters.Compile(route.Metadata.Filter.Texts("funcroute.parameters"))
			if err != nil {
				t.Errorf("example %d: %v", i+1, err)
			}
			settings := plugintest.SettingsFrom(newType(), route.Metadata.Filter["funcroute"])
			settings["region"] = "us-east-1"
			compile(t, settings, "hello", set)
		}
		for _, cluster := range example.Clusters {
			clusters++
			settings := plugintest.SettingsFrom(newType(), cluster.Metadata.Filter["funcroute"])
			for _, target := range cluster.Metadata.Filter.Texts("funcroute.functions") {
				compile(t, settings, target, &parameters.Set{})
			}
		}
	}
	if clusters != 5 {
		t.Errorf("clusters: got %d, want 5", clusters)
	}
}

func compile(t *testing.T, settings plugins.Settings, target string, set *parameters.Set) {
	t.Helper()
	upstream, err := newType().NewUpstream(&plugintest.Environment{}, settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := upstream.NewFunction(plugins.FunctionSpec{Target: target, Settings: settings, Parameters: set}); err != nil {
		t.Error(err)
	}
}
