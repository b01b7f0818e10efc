package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// At the debug level, Envoy's own lines list the headers of all requests, the session token with them (x-amz-security-token);
// README.md says so. Ours hold no secret at any level, and no line holds any other secret.
func TestSecretsInDebugLogs(t *testing.T) {
	ministack := StartMinistack(t)
	arns := roles(t, ministack)
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		sts, upstream := StartSTS(t, ministack), StartUpstream(t)
		config := identityConfig(upstream.Address, Object{
			"role_chain": []any{arns["hub"]}, "role_arn": arns["last"], "sts_endpoint": sts.URL,
		})
		envoy := StartEnvoyWith(t, host, config, Options{LogLevel: "debug"})
		envoy.Expect("") // Whatever Envoy says at this level.
		for range 3 {
			if err := wantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK); err != nil {
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
