package cloudevents

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/filters/host/memory"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// What the README shows of the filter's configuration and of metadata is accepted, and nothing it names is made up.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	configurations, metadata := 0, 0
	for _, block := range yamlBlock.FindAllSubmatch(readme, -1) {
		var shown map[string]any
		if err := yaml.Unmarshal(block[1], &shown); err != nil {
			t.Fatalf("%s: %v", block[1], err)
		}
		switch {
		case shown["matches"] != nil || shown["webhook"] != nil:
			configurations++
			options, err := json.Marshal(shown)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parseOptions(options); err != nil {
				t.Errorf("%s: %v", block[1], err)
			}
		case shown["metadata"] != nil:
			metadata++
			route := map[string]map[string]any{}
			for namespace, values := range shown["metadata"].(map[string]any)["filter_metadata"].(map[string]any) {
				route[namespace] = values.(map[string]any)
			}
			got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{Route: memory.MetadataOf(route), Request: hosttest.Message{Headers: slices.Concat(eventHeaders)}})
			if got.Sent == nil {
				t.Errorf("%s: %v", block[1], got.Logs)
			}
		}
	}
	if configurations < 2 || metadata < 2 {
		t.Errorf("configurations = %d, metadata = %d, want two of each at least", configurations, metadata)
	}
	keys := append(slices.Clone(wrapKeys), deliverKey, batchKey, webhookKey, "allowed_origins", "allowed_rate", "paths", "matches")
	for _, key := range keys {
		if !strings.Contains(string(readme), "`"+key) {
			t.Errorf("the README does not tell of %s", key)
		}
	}
}
