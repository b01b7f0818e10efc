// Package counterparts has what calls end at in tests: real programs where there are any, each in one file.
//
//   - [Ministack] is a local AWS: Lambda functions in Python, IAM, STS, API Gateway, load balancers;
//   - [STS] stands before it and notes what is asked;
//   - [Oracle] is botocore, which judges signatures;
//   - [Prism] is a service made of an OpenAPI document.
//
// The scripted upstream is [harness.Upstream], for what has to be exact.
//
// Another counterpart is another file here, and a line in tools/install for its program:
//
//	// NATS is a nats-server.
//	type NATS struct {
//		*harness.Process
//		// Address is where clients connect to.
//		Address string
//	}
//
//	// StartNATS starts one.
//	func StartNATS(t testing.TB) *NATS {
//		t.Helper()
//		process, address := start(t, "nats-server", func(host, port string) *harness.Process {
//			return harness.StartProcess(t, "nats-server", nil, harness.Tool(t, "nats-server"), "-a", host, "-p", port)
//		}, listens)
//		return &NATS{process, address}
//	}
//
// It ends with its test, and what it wrote is shown if the test fails. What a test wants to ask or tell it becomes a method. Helper
// programs go into a folder of the counterpart's name, as ministack's scripts do. Secrets that it gives out are told to
// [harness.Secret], so that no Envoy may show them. For scenarios to lead a cluster `to` it, TestScenarios names it among the places.
package counterparts
