package e2e

import (
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// The example answers as its README says. ministack hands a function's result over in one piece; that pieces reach the
// client as they come is in TestStreamedAnswers.
func TestExampleStreaming(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/streaming/README.md")
	ministack := counterparts.StartMinistack(t, counterparts.LambdaFunction{Name: "function", Code: "examples/streaming/function"})
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/streaming/envoy.yaml").OnFreePorts().To("lambda", ministack.Address)
		address := harness.StartEnvoy(t, host, config).Listener(t, "http")
		perform(t, address, exchanges)
	})
}
