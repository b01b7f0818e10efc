// Package counterparts has what calls end at in tests: real programs where there are any, each in one file.
//
//   - [Ministack] is a local AWS: Lambda functions in Python, IAM, STS, API Gateway, load balancers, Secrets Manager, parameters of SSM;
//   - [OpenBao] is the free Vault;
//   - [STS] stands before it and notes what is asked;
//   - [Oracle] is botocore, which judges signatures;
//   - [OAuth2] is an oauth2-mock-server, whose tokens are signed and can be verified;
//   - [Prism] is a service made of an OpenAPI document;
//   - [NATS] is a message broker with streams;
//   - [RabbitMQ] is a message broker for AMQP;
//   - [Mosquitto] is a broker for MQTT.
//
// The scripted upstream is [harness.Upstream], for what has to be exact.
//
// Another counterpart is another file here, and a line in tools/install for its program:
//
//	// Redis is a store of streams.
//	type Redis struct {
//		*harness.Process
//		// Address is where clients connect to.
//		Address string
//	}
//
//	// StartRedis starts one.
//	func StartRedis(t testing.TB) *Redis {
//		t.Helper()
//		process, address := start(t, "redis-server", func(_, port string) *harness.Process {
//			return harness.StartProcess(t, "redis-server", nil, harness.Tool(t, "redis-server"), "-p", port)
//		}, listens)
//		return &Redis{process, address}
//	}
//
// It ends with its test, and what it wrote is shown if the test fails. What a test wants to ask or tell it becomes a method. Helper
// programs go into a folder of the counterpart's name, as ministack's scripts do. Secrets that it gives out are told to
// [harness.Secret], so that no Envoy may show them. For scenarios to lead a cluster `to` it, TestScenarios names it among the places.
package counterparts
