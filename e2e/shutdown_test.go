package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// Draining lets requests in flight end: those that wait for their function and those that wait for credentials.
func TestDraining(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		slow := message(t, "200\nx-upstream-delay: 1s\ncontent-type: application/json", `"slow"`)
		upstream := StartUpstream(t, slow)
		envoy := StartEnvoy(t, host, helloConfig(upstream.Address))
		const inFlight = 20
		answers := make(chan error, inFlight)
		address := envoy.Listener(t, "http")
		for range inFlight {
			go func() { answers <- wantStatus(address, "POST / HTTP/1.1", http.StatusOK) }()
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
	waits := map[string]func(*testing.T) (env []string, answer *plugintest.Message){
		"while credentials are awaited": func(t *testing.T) ([]string, *plugintest.Message) {
			return startCredentialEndpoint(t).environment(), message(t, "200", "")
		},
		"while the function is awaited": func(t *testing.T) ([]string, *plugintest.Message) {
			return nil, message(t, "200\nx-upstream-delay: 5s", "")
		},
	}
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			OnEveryHost(t, nil, func(t *testing.T, host Host) {
				env, answer := wait(t)
				envoy := StartEnvoy(t, host, helloConfig(StartUpstream(t, answer).Address), env...)
				goAwayAfter(t, envoy.Listener(t, "http"), func() {
					untilActive(t, envoy, 1)
					wantQuickEnd(t, envoy)
				})
			})
		})
	}
}

func wantQuickEnd(t *testing.T, envoy *Envoy) {
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
