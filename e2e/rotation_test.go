package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// The token of a web identity, replaced while requests run: none of them fails, and the next time that STS is asked it gets
// the new token and never again the old one.
func TestReplacedWebIdentityToken(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		t.Parallel() // It takes some seconds, in which nothing happens.
		// STS's answers live so briefly that it is asked every two seconds.
		server, upstream := startCredentialServer(t, "", 3*time.Second), harness.StartUpstream(t)
		mount := &mountedSecret{path: t.TempDir()}
		token := func(version int) string { return fmt.Sprintf("e30.e30.t0k3n-%d", version) }
		put := func(version int) {
			harness.Secret(token(version))
			mount.write(t, map[string]string{"token": token(version) + "\n"})
		}
		put(0)
		config := identityConfig(upstream.Address, harness.Object{
			"web_identity_token_file": filepath.Join(mount.path, "token"),
			"role_arn":                "arn:aws:iam::123456789012:role/workload", "sts_endpoint": server.URL,
		})
		envoy := harness.StartEnvoy(t, host, config, "AWS_REGION=us-east-1")
		figures := &harness.Figures{}
		stop := keepSending(envoy.Listener(t, "http"), figures)
		for version := 1; version <= 3; version++ {
			put(version)
			harness.Eventually(t, "the new token", func() error {
				if got := server.lastToken(); got != token(version) {
					return fmt.Errorf("STS was last shown %q, want %q", got, token(version))
				}
				return nil
			})
		}
		stop()
		figures.Report(t)
		server.mutex.Lock()
		defer server.mutex.Unlock()
		last := ""
		for i, shown := range server.tokens {
			if shown < last {
				t.Errorf("question %d of %d: STS is shown %q after %q", i+1, len(server.tokens), shown, last)
			}
			last = shown
		}
	})
}
