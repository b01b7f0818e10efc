package e2e

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// The example runs as it is, with its own services and a local AWS, and answers as its README says.
func TestExampleCloudEvents(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/cloudevents/README.md")
	ministack := counterparts.StartMinistack(t, counterparts.LambdaFunction{Name: "function", Code: "examples/cloudevents/function"})
	orders, everything := startService(t, "orders"), startService(t, "everything")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/cloudevents/envoy.yaml").OnFreePorts()
		config.To("lambda", ministack.Address).To("orders", orders).To("everything", everything)
		envoy := harness.StartEnvoy(t, host, config)
		perform(t, envoy.Listener(t, "http"), exchanges)
		t.Run("access log", func(t *testing.T) {
			harness.Eventually(t, "the events in the access log", func() error {
				log := envoy.Output.String()
				for _, want := range []string{`"type":"com.example.payment.made"`, `"route":"big orders"`, `"id":"72d3162e"`} {
					if !strings.Contains(log, want) {
						return errors.New("the access log has no " + want)
					}
				}
				return nil
			})
		})
	})
}

func startService(t *testing.T, name string) (address string) {
	t.Helper()
	p := harness.StartProcess(t, name, nil, harness.Tool(t, "python"), filepath.Join(harness.Root(t), "examples", "cloudevents", "service.py"), name, "0")
	harness.Eventually(t, name+" ready", func() error {
		if lines := p.Output.Lines(); len(lines) > 0 {
			address = lines[0]
			return nil
		}
		return errors.New("it has not printed its address")
	})
	return address
}
