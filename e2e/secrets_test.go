package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// At the debug level, Envoy's own lines list the headers of all requests, the session token with them (x-amz-security-token);
// README.md says so. Ours hold no secret at any level, and no line holds any other secret.
func TestSecretsInDebugLogs(t *testing.T) {
	ministack := counterparts.StartMinistack(t)
	arns := roles(t, ministack)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		sts, upstream := counterparts.StartSTS(t, ministack), harness.StartUpstream(t)
		config := identityConfig(upstream.Address, harness.Object{
			"role_chain": []any{arns["hub"]}, "role_arn": arns["last"], "sts_endpoint": sts.URL,
		})
		envoy := harness.StartEnvoyWith(t, host, config, harness.Options{LogLevel: "debug"})
		envoy.Expect("") // Whatever Envoy says at this level.
		for range 3 {
			if err := harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK); err != nil {
				t.Error(err)
			}
		}
		if given := sts.Given(); len(given) != 2 || given[1].SessionToken == "" {
			t.Fatalf("STS gave %d credentials, want 2 with session tokens", len(given))
		}
		if !strings.Contains(envoy.Errors.String(), "':path', '/'") {
			t.Error("the log does not list headers: is this the debug level?")
		}
	})
}
