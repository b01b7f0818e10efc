package e2e

import (
	"path/filepath"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// The example runs as it is, in front of a server made of its document, and answers as its README says.
func TestExampleOpenAPI(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/openapi/README.md")
	document := filepath.Join(harness.Root(t), "examples/openapi/books.yaml")
	prism := counterparts.StartPrism(t, document, "")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/openapi/envoy.yaml").OnFreePorts().To("bookshop", prism.Address)
		for _, cluster := range config.Clusters() {
			cluster["metadata"].(harness.Object)["filter_metadata"].(harness.Object)["funcroute"].(harness.Object)["openapi"] = document
		}
		perform(t, harness.StartEnvoy(t, host, config).Listener(t, "http"), exchanges)
	})
}
