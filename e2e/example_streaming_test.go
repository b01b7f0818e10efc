package e2e

import "testing"

// The example answers as its README says. ministack hands a function's result over in one piece; that pieces reach the
// client as they come is in TestStreamedAnswers.
func TestExampleStreaming(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/streaming/README.md")
	ministack := StartMinistack(t, LambdaFunction{Name: "function", Code: "examples/streaming/function"})
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		config := LoadConfig(t, "examples/streaming/envoy.yaml").OnFreePorts().To("lambda", ministack.Address)
		address := StartEnvoy(t, host, config).Listener(t, "http")
		perform(t, address, exchanges)
	})
}
