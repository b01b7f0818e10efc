package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
)

// credentialEndpoint is what ECS and EKS have beside a container. It answers when it is released.
type credentialEndpoint struct {
	*httptest.Server
	// asked counts the questions.
	asked atomic.Int64
	// refuse has it answer 500.
	refuse   atomic.Bool
	released chan struct{}
}

func startCredentialEndpoint(t *testing.T) *credentialEndpoint {
	t.Helper()
	harness.Secret("container-secret", "container-token")
	e := &credentialEndpoint{released: make(chan struct{})}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked.Add(1)
		select {
		case <-e.released:
		case <-r.Context().Done():
			return
		}
		if e.refuse.Load() {
			http.Error(w, `{"message": "no role for you"}`, http.StatusForbidden)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{
			"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "container-secret", "Token": "container-token",
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		})
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *credentialEndpoint) environment() []string {
	return []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + e.URL + "/credentials"}
}

func (e *credentialEndpoint) release() { close(e.released) }

// untilAsked waits until a request is waiting for credentials.
func (e *credentialEndpoint) untilAsked(t *testing.T) {
	t.Helper()
	harness.Eventually(t, "the credential endpoint being asked", func() error {
		if e.asked.Load() == 0 {
			return errors.New("nobody has asked")
		}
		return nil
	})
}

// While credentials are awaited the worker serves other requests; when they are there, all that waited go out, signed.
func TestSlowCredentials(t *testing.T) {
	oracle := counterparts.StartOracle(t)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		endpoint, upstream := startCredentialEndpoint(t), harness.StartUpstream(t)
		config := harness.HelloConfig(upstream.Address)
		addUntouchedRoute(config, upstream.Address)
		envoy := harness.StartEnvoy(t, host, config, endpoint.environment()...)
		address := envoy.Listener(t, "http")

		const waiting = 4
		answers := make(chan error, waiting)
		for range waiting {
			go func() { answers <- harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK) }()
		}
		endpoint.untilAsked(t)
		for range 4 { // More than Envoy has workers: none of them is blocked.
			if err := harness.WantStatus(address, "GET /untouched HTTP/1.1", http.StatusOK); err != nil {
				t.Error(err)
			}
		}
		if n := len(upstream.Received()); n != 4 {
			t.Errorf("the upstream before there are credentials: got %d requests, want the 4 that need none", n)
		}
		endpoint.release()
		for range waiting {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		signer := counterparts.Signer{
			AccessKeyID: "ASIACONTAINER", SecretAccessKey: "container-secret", SessionToken: "container-token",
			Region: "us-east-1", Service: "lambda",
		}
		for _, received := range upstream.Received()[4:] {
			harness.Report(t, oracle.Problems(t, received, signer))
		}
		if n := endpoint.asked.Load(); n != 1 {
			t.Errorf("the credential endpoint: asked %d times, want once for all that wait", n)
		}
	})
}

// Without credentials the client gets a 503 and nothing leaves unsigned; once there are some, all is well.
func TestRefusedCredentials(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		endpoint, upstream := startCredentialEndpoint(t), harness.StartUpstream(t)
		endpoint.refuse.Store(true)
		endpoint.release()
		envoy := harness.StartEnvoy(t, host, harness.HelloConfig(upstream.Address), endpoint.environment()...)
		envoy.Expect(`credentials`)
		stage := &scenarios.Stage{Host: host, Envoy: envoy, Listener: "http", Upstream: upstream}
		t.Run("refused", func(t *testing.T) {
			stage.Perform(t, &scenarios.Step{
				Request: harness.Message(t, "POST / HTTP/1.1", ""), Times: 3, Receives: &[]*golden.Message{},
				Error: &golden.Error{Reason: plugins.CredentialsUnavailable, Status: http.StatusServiceUnavailable},
			})
		})
		endpoint.refuse.Store(false)
		harness.Eventually(t, "recovery", func() error {
			return harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK)
		})
	})
}

// No credentials within credentials_wait is a 503 as well.
func TestCredentialsThatDoNotCome(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		endpoint, upstream := startCredentialEndpoint(t), harness.StartUpstream(t)
		config := harness.HelloConfig(upstream.Address)
		config.ConfigureFilter(harness.Object{"credentials_wait": "200ms"})
		envoy := harness.StartEnvoy(t, host, config, endpoint.environment()...)
		envoy.Expect(`credentials`)
		stage := &scenarios.Stage{Host: host, Envoy: envoy, Listener: "http", Upstream: upstream}
		stage.Perform(t, &scenarios.Step{
			Request: harness.Message(t, "POST / HTTP/1.1", ""), Times: 2, Receives: &[]*golden.Message{},
			Error: &golden.Error{Reason: plugins.CredentialsUnavailable, Status: http.StatusServiceUnavailable},
		})
	})
}
