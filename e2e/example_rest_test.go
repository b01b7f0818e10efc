package e2e

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// The example runs as it is, in front of its own legacy service, and answers as its README says.
func TestExampleREST(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/rest/README.md")
	address := startLegacy(t)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/rest/envoy.yaml").OnFreePorts().To("legacy", address)
		perform(t, harness.StartEnvoy(t, host, config).Listener(t, "http"), exchanges)
	})
}

func startLegacy(t *testing.T) (address string) {
	t.Helper()
	service := harness.StartProcess(t, "legacy service", nil, harness.Tool(t, "python"), filepath.Join(harness.Root(t), "examples/rest/legacy/app.py"), "0")
	harness.Eventually(t, "legacy service", func() error {
		var port string
		if _, err := fmt.Sscanf(service.Output.String(), "listening on %s", &port); err != nil {
			return errors.Join(err, service.Running())
		}
		address = net.JoinHostPort("127.0.0.1", port)
		return nil
	})
	return address
}
