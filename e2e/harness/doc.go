// Package harness starts Envoys with our libraries, sends requests to them and looks at what they do. A test in e2e reads:
//
//	func TestGreeting(t *testing.T) {
//		harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
//			upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: text/plain", "hello"))
//			envoy := harness.StartEnvoy(t, host, harness.HelloConfig(upstream.Address))
//			answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST /greet HTTP/1.1", "{}"))
//			if err != nil || answer.Status() != 200 || string(answer.Body) != "hello" {
//				t.Errorf("got %s, %v, want hello", answer, err)
//			}
//		})
//	}
//
// [OnEveryHost] runs it with both libraries, wherever they can stand. [Config] is Envoy's configuration for stock Envoy; the host
// turns it into its own. [NewConfig], [Config.AddCluster] and [Config.AddListener] build another one than [HelloConfig], [LoadConfig]
// takes that of an example. What arrived at the upstream is [Upstream.Received]; metrics and logs are asked of the [Envoy].
//
// Nothing is left to be cleaned up: whatever is started ends with its test, and each Envoy is looked at in its end. A warning in its
// log that no [Envoy.Expect] has announced, a secret that it shows (see [Secret]) and a crash fail the test. Everything listens on free
// ports, and what takes its time is waited for with [Eventually].
//
// Below this package, counterparts has the other programs that tests need, and scenarios has cases that are files. Most cases
// need no Go at all: see e2e/testdata/README.md.
package harness
