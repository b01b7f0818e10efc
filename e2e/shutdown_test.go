package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// Draining lets requests in flight end: those that wait for their function and those that wait for credentials.
func TestDraining(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		slow := harness.Message(t, "200\nx-upstream-delay: 1s\ncontent-type: application/json", `"slow"`)
		upstream := harness.StartUpstream(t, slow)
		envoy := harness.StartEnvoy(t, host, harness.HelloConfig(upstream.Address))
		const inFlight = 20
		answers := make(chan error, inFlight)
		address := envoy.Listener(t, "http")
		for range inFlight {
			go func() { answers <- harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK) }()
		}
		untilActive(t, envoy, inFlight)
		envoy.Post(t, "/drain_listeners?graceful")
		for range inFlight {
			if err := <-answers; err != nil {
				t.Errorf("a request in flight: %v", err)
			}
		}
		wantQuickEnd(t, envoy)
	})
}

// SIGTERM ends Envoy soon and cleanly, whatever its requests are waiting for.
func TestTermination(t *testing.T) {
	waits := map[string]func(*testing.T) (env []string, answer *golden.Message){
		"while credentials are awaited": func(t *testing.T) ([]string, *golden.Message) {
			return startCredentialEndpoint(t).environment(), harness.Message(t, "200", "")
		},
		"while the function is awaited": func(t *testing.T) ([]string, *golden.Message) {
			return nil, harness.Message(t, "200\nx-upstream-delay: 5s", "")
		},
	}
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				env, answer := wait(t)
				envoy := harness.StartEnvoy(t, host, harness.HelloConfig(harness.StartUpstream(t, answer).Address), env...)
				goAwayAfter(t, envoy.Listener(t, "http"), func() {
					untilActive(t, envoy, 1)
					wantQuickEnd(t, envoy)
				})
			})
		})
	}
}

func wantQuickEnd(t *testing.T, envoy *harness.Envoy) {
	t.Helper()
	envoy.Signal(syscall.SIGTERM)
	select {
	case <-envoy.Exited():
		if code := envoy.ExitCode(); code != 0 {
			t.Errorf("after SIGTERM: got exit code %d, want 0", code)
		}
	case <-time.After(5 * time.Second):
		t.Error("Envoy still runs 5 seconds after SIGTERM")
	}
}
