package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// tasksConfig has a route /NAME for each cluster of the type that answers by itself, and /, which is no function's.
func tasksConfig(upstream string, clusters map[string]harness.Object) harness.Config {
	config := harness.NewConfig()
	config.AddCluster(upstream, harness.Object{"name": "plain"})
	routes := []any{harness.Object{"match": harness.Object{"path": "/"}, "route": harness.Object{"cluster": "plain"}}}
	for name, settings := range clusters {
		metadata := harness.Object{"type": "worker"}
		for key, value := range settings {
			metadata[key] = value
		}
		config.AddCluster(upstream, harness.Object{"name": name, "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute": metadata, "funcroute.functions": harness.Object{"f": "orders"},
		}}})
		routes = append(routes, harness.Object{
			"match": harness.Object{"path": "/" + name}, "route": harness.Object{"cluster": name},
			"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "f"}}},
		})
	}
	config.AddListener("http", routes, nil, nil)
	return config
}

// A function that answers by itself does so however the request comes, whether or not it had to wait before, and nothing of the
// request goes upstream.
func TestTasks(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		envoy := harness.StartEnvoy(t, host.Faulty(t), tasksConfig(upstream.Address, map[string]harness.Object{
			"at-once": nil, "later": {"takes": "20ms"}, "waits": {"wait": true}, "waits-and-takes": {"wait": true, "takes": "20ms"},
		}))
		heads := map[string]string{
			"HTTP/1.1":                     "POST /%s HTTP/1.1\nx-part: a",
			"HTTP/1.1 in chunks, trailers": "POST /%s HTTP/1.1\nx-part: a\ntrailer: x-checksum\nx-checksum: 7",
			"HTTP/2":                       "POST /%s HTTP/2\nx-part: a",
			"HTTP/2 with trailers":         "POST /%s HTTP/2\nx-part: a\ntrailer: x-checksum\nx-checksum: 7",
		}
		for how, head := range heads {
			for _, name := range []string{"at-once", "later", "waits", "waits-and-takes"} {
				for _, size := range []int{0, 20_000} {
					t.Run(fmt.Sprintf("%s, %s, %d bytes", how, name, size), func(t *testing.T) {
						answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, fmt.Sprintf(head, name), strings.Repeat("a", size)))
						if err != nil {
							t.Fatal(err)
						}
						want := fmt.Sprintf("orders POST /%s, %d bytes", name, size)
						if answer.Status() != http.StatusAccepted || string(answer.Body) != want || answer.Headers.Get("x-part") != "a" {
							t.Errorf("got %s, want status 202 and %q", answer, want)
						}
					})
				}
			}
		}
		t.Run("HEAD", func(t *testing.T) {
			answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "HEAD /later HTTP/1.1\nx-part: a", ""))
			if err != nil || answer.Status() != http.StatusAccepted || len(answer.Body) != 0 {
				t.Errorf("got %s, %v, want status 202 without a body", answer, err)
			}
		})
		t.Run("a task that takes too long", func(t *testing.T) {
			envoy := harness.StartEnvoy(t, host.Faulty(t), tasksConfig(upstream.Address, map[string]harness.Object{"slow": {"until_gone": true, "timeout": "50ms"}}))
			wantProblem(t, envoy, harness.Message(t, "POST /slow HTTP/1.1", "{}"), http.StatusGatewayTimeout)
		})
		if n := len(upstream.Received()); n != 0 {
			t.Errorf("the upstream: got %d requests, want none", n)
		}
	})
}

// A client that goes away ends what was done for it.
func TestClientGoesAwayFromATask(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		envoy := harness.StartEnvoy(t, host.Faulty(t), tasksConfig(upstream.Address, map[string]harness.Object{
			"long": {"until_gone": true}, "waits-long": {"until_gone": true, "wait": true}, "at-once": nil,
		}))
		for range 4 {
			goAwayFrom(t, envoy, harness.Message(t, "POST /long HTTP/1.1", "{}"))
		}
		harness.Eventually(t, "the tasks' end", func() error {
			// What is counted outside of a request is written down by the next one.
			if err := harness.WantStatus(envoy.Listener(t, "http"), "POST /at-once HTTP/1.1", http.StatusAccepted); err != nil {
				return err
			}
			if got := envoy.Counter(t, "funcroute.worker.abandoned"); got != 4 {
				return fmt.Errorf("got %d tasks that ended with their clients, want 4", got)
			}
			return nil
		})
		for range 8 { // It goes away in the wait, or in the task.
			goAwayFrom(t, envoy, harness.Message(t, "POST /waits-long HTTP/1.1", "{}"))
		}
		if err := harness.WantStatus(envoy.Listener(t, "http"), "POST /at-once HTTP/1.1", http.StatusAccepted); err != nil {
			t.Error(err)
		}
	})
}
