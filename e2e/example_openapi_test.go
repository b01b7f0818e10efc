package e2e

import (
	"path/filepath"
	"testing"
)

// The example runs as it is, in front of a server made of its document, and answers as its README says.
func TestExampleOpenAPI(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/openapi/README.md")
	document := filepath.Join(Root(t), "examples/openapi/books.yaml")
	prism := StartPrism(t, document, "")
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		config := LoadConfig(t, "examples/openapi/envoy.yaml").OnFreePorts().To("bookshop", prism.Address)
		for _, cluster := range config.clusters() {
			cluster["metadata"].(Object)["filter_metadata"].(Object)["funcroute"].(Object)["openapi"] = document
		}
		perform(t, StartEnvoy(t, host, config).Listener(t, "http"), exchanges)
	})
}
