package e2e

import (
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// A client that goes away while its request waits leaves nothing behind and takes nothing down.
func TestClientGoesAwayWhileCredentialsAreAwaited(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		endpoint, upstream := startCredentialEndpoint(t), StartUpstream(t)
		envoy := StartEnvoy(t, host, helloConfig(upstream.Address), endpoint.environment()...)
		address := envoy.Listener(t, "http")
		for range 8 {
			goAwayAfter(t, address, func() { untilActive(t, envoy, 1) })
			untilActive(t, envoy, 0)
		}
		endpoint.release()
		Eventually(t, "the next request", func() error { return wantStatus(address, "POST / HTTP/1.1", http.StatusOK) })
		if n := len(upstream.Received()); n != 1 {
			t.Errorf("the upstream: got %d requests, want only that of the client that stayed", n)
		}
	})
}

// So does one that goes away while its function runs.
func TestClientGoesAwayWhileTheFunctionRuns(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t, message(t, "200\nx-upstream-delay: 300ms\ncontent-type: application/json", `{"a":1}`))
		envoy := StartEnvoy(t, host, helloConfig(upstream.Address))
		address := envoy.Listener(t, "http")
		for range 4 {
			goAwayAfter(t, address, func() { untilActive(t, envoy, 1) })
			untilActive(t, envoy, 0)
		}
		if err := wantStatus(address, "POST / HTTP/1.1", http.StatusOK); err != nil {
			t.Error(err)
		}
	})
}

// goAwayAfter sends a request and closes the connection when f returns.
func goAwayAfter(t *testing.T, address string, f func()) {
	t.Helper()
	goAwayIn(t, address, message(t, "POST / HTTP/1.1", "{}"), f)
}

// goAwayFrom sends a request and closes the connection while it is in hand.
func goAwayFrom(t *testing.T, envoy *Envoy, request *plugintest.Message) {
	t.Helper()
	goAwayIn(t, envoy.Listener(t, "http"), request, func() { untilActive(t, envoy, 1) })
	untilActive(t, envoy, 0)
}

func goAwayIn(t *testing.T, address string, request *plugintest.Message, f func()) {
	t.Helper()
	connection, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if _, err := connection.Write(wire(request)); err != nil {
		t.Fatal(err)
	}
	f()
}

// untilActive waits until Envoy has that many requests in hand.
func untilActive(t *testing.T, envoy *Envoy, want int) {
	t.Helper()
	Eventually(t, "active requests", func() error {
		if got := envoy.Gauge(t, "http.http.downstream_rq_active"); got != want {
			return fmt.Errorf("got %d, want %d", got, want)
		}
		return nil
	})
}
