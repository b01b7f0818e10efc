package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// mirrorOf is a route's mirror without what gives a call its authority, as README has it.
func mirrorOf(cluster string) harness.Object {
	return harness.Object{"cluster": cluster, "request_headers_mutations": []any{
		harness.Object{"remove": "authorization"}, harness.Object{"remove": "x-amz-security-token"},
	}}
}

// A mirror of a call gets no signature and no session token, where the route says what README tells. Where the filter stands in
// the cluster, a mirror has the client's request anyway, for Envoy's router makes it before the cluster's filters run.
func TestMirrorsHaveNoAuthority(t *testing.T) {
	cases := map[string]struct {
		needs  []harness.Capability
		mirror harness.Object
	}{
		"the headers are removed":          {nil, mirrorOf("shadow")},
		"the filter stands in the cluster": {[]harness.Capability{harness.UpstreamFilter}, harness.Object{"cluster": "shadow"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, c.needs, func(t *testing.T, host harness.Host) {
				upstream, shadow := harness.StartUpstream(t), harness.StartUpstream(t)
				config := harness.HelloConfig(upstream.Address)
				config.AddCluster(shadow.Address, harness.Object{"name": "shadow"})
				route := harness.Objects(harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts")[0], "routes")[0]
				route["route"].(harness.Object)["request_mirror_policies"] = []any{c.mirror}
				envoy := harness.StartEnvoy(t, host, config)
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST /asked HTTP/1.1\ncontent-type: application/json", `{"a":1}`))
				if err != nil || answer.Status() != 200 {
					t.Fatalf("got %v, %v, want 200", answer.Status(), err)
				}
				harness.Eventually(t, "a mirrored request", func() error {
					if len(shadow.Received()) == 0 {
						return errors.New("the shadow has got none")
					}
					return nil
				})
				if call := upstream.Received()[0].Headers; !strings.HasPrefix(call.Get("authorization"), "AWS4-HMAC-SHA256 ") {
					t.Errorf("authorization of the call: got %q", call.Get("authorization"))
				}
				mirrored := shadow.Received()[0].Headers
				for _, name := range []string{"authorization", "x-amz-security-token"} {
					if got := mirrored.Get(name); got != "" {
						t.Errorf("the mirror has %s: %q", name, got)
					}
				}
			})
		})
	}
}
