package e2e

import (
	"net"
	"net/http"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// A client that goes away while its request waits leaves nothing behind and takes nothing down.
func TestClientGoesAwayWhileCredentialsAreAwaited(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		endpoint, upstream := startCredentialEndpoint(t), harness.StartUpstream(t)
		envoy := harness.StartEnvoy(t, host, harness.HelloConfig(upstream.Address), endpoint.environment()...)
		address := envoy.Listener(t, "http")
		for range 8 {
			goAwayAfter(t, address, func() { untilActive(t, envoy, 1) })
			untilActive(t, envoy, 0)
		}
		endpoint.release()
		harness.Eventually(t, "the next request", func() error { return harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK) })
		if n := len(upstream.Received()); n != 1 {
			t.Errorf("the upstream: got %d requests, want only that of the client that stayed", n)
		}
	})
}

// So does one that goes away while its function runs.
func TestClientGoesAwayWhileTheFunctionRuns(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t, harness.Message(t, "200\nx-upstream-delay: 300ms\ncontent-type: application/json", `{"a":1}`))
		envoy := harness.StartEnvoy(t, host, harness.HelloConfig(upstream.Address))
		address := envoy.Listener(t, "http")
		for range 4 {
			goAwayAfter(t, address, func() { untilActive(t, envoy, 1) })
			untilActive(t, envoy, 0)
		}
		if err := harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK); err != nil {
			t.Error(err)
		}
	})
}

// goAwayAfter sends a request and closes the connection when f returns.
func goAwayAfter(t *testing.T, address string, f func()) {
	t.Helper()
	goAwayIn(t, address, harness.Message(t, "POST / HTTP/1.1", "{}"), f)
}

// goAwayFrom sends a request and closes the connection while it is in hand.
func goAwayFrom(t *testing.T, envoy *harness.Envoy, request *golden.Message) {
	t.Helper()
	goAwayIn(t, envoy.Listener(t, "http"), request, func() { untilActive(t, envoy, 1) })
	untilActive(t, envoy, 0)
}

func goAwayIn(t *testing.T, address string, request *golden.Message, f func()) {
	t.Helper()
	connection, err := net.DialTimeout("tcp", address, harness.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if _, err := connection.Write(harness.Wire(request)); err != nil {
		t.Fatal(err)
	}
	f()
}
