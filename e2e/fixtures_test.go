// What the tests of several subjects need.

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// lambdaMetadata is a cluster's that offers one function, hello.
func lambdaMetadata(settings harness.Object) harness.Object {
	own := harness.Object{"type": "lambda", "region": "us-east-1"}
	maps.Copy(own, settings)
	return harness.Object{"filter_metadata": harness.Object{"funcroute": own, "funcroute.functions": harness.Object{"hello": "hello"}}}
}

// payloadRoutes lead from /PAYLOAD to the function hello.
func payloadRoutes(payloads ...string) []any {
	var routes []any
	for _, payload := range payloads {
		routes = append(routes, harness.Object{
			"match": harness.Object{"prefix": "/" + payload}, "route": harness.Object{"cluster": "lambda"},
			"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "hello", "payload": payload}}},
		})
	}
	return routes
}

// addUntouchedRoute adds a route /untouched to a cluster without functions.
func addUntouchedRoute(config harness.Config, address string) {
	config.AddCluster(address, harness.Object{"name": "untouched"})
	routes := harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts")[0]
	untouched := harness.Object{"match": harness.Object{"path": "/untouched"}, "route": harness.Object{"cluster": "untouched"}}
	routes["routes"] = append([]any{untouched}, routes["routes"].([]any)...)
}

// eventIn is the event that has arrived at an upstream since it had so many.
func eventIn(t *testing.T, upstream *harness.Upstream, before int) harness.Object {
	t.Helper()
	received := upstream.Received()[before:]
	if len(received) != 1 {
		t.Fatalf("got %d calls, want 1", len(received))
	}
	event := harness.Object{}
	if err := json.Unmarshal(received[0].Body, &event); err != nil {
		t.Fatalf("%v in %q", err, received[0].Body)
	}
	return event
}

// members are an event's values as JSON, by their paths. Lists are values. Names of headers are in lower case.
func members(t *testing.T, event []byte) map[string]string {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(event, &root); err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	found := map[string]string{}
	var walk func(path string, value any)
	walk = func(path string, value any) {
		if object, ok := value.(map[string]any); ok && len(object) > 0 {
			for name, member := range object {
				walk(strings.TrimPrefix(path+"."+name, "."), member)
			}
			return
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if headerMember.MatchString(path) {
			path = headerMember.FindString(path) + strings.ToLower(headerMember.ReplaceAllString(path, ""))
		}
		found[path] = string(text)
	}
	walk("", root)
	return found
}

var headerMember = regexp.MustCompile(`^(multiValueH|h)eaders\.`)

// untilActive waits until Envoy has that many requests in hand.
func untilActive(t *testing.T, envoy *harness.Envoy, want int) {
	t.Helper()
	harness.Eventually(t, "active requests", func() error {
		if got := envoy.Gauge(t, "http.http.downstream_rq_active"); got != want {
			return fmt.Errorf("got %d, want %d", got, want)
		}
		return nil
	})
}

// untilCounter waits until a counter has come that far.
func untilCounter(t *testing.T, envoy *harness.Envoy, name string, want int) {
	t.Helper()
	harness.Eventually(t, name, func() error {
		if got := envoy.Counter(t, name); got < want {
			return fmt.Errorf("got %d, want %d", got, want)
		}
		return nil
	})
}

// readFile reads a file of this repository.
func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(harness.Root(t), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
