package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
)

// petstore is what clients of a clean API do, and which operation of the petstore does it.
var petstore = []struct {
	name       string
	function   string
	parameters harness.Object
	settings   harness.Object
	request    string
	body       string
	status     int
	// since is a version; in the petstore of 2.0 some operations take a body of no media type, of which prism makes none at all.
	since string
}{
	{name: "a path parameter", function: "getPetById", parameters: harness.Object{"path": "/pets/{petId}"}, request: "GET /pets/7\napi_key: k", status: 200},
	{
		name: "a list in the query", function: "findPetsByStatus", parameters: harness.Object{"query.state": "{query_status*}"},
		request: "GET /pets?state=sold&state=pending\nauthorization: Bearer t", status: 200,
	},
	{
		name: "texts that need escapes", function: "findPetsByTags", parameters: harness.Object{"query.tag": "{tags*}"},
		request: "GET /tags?tag=a%26b%3D1&tag=caf%C3%A9%20%2B%231\nauthorization: Bearer t", status: 200,
	},
	{
		name: "a text in the path", function: "getUserByName", parameters: harness.Object{"path": "/people/{username}"},
		request: "GET /people/ann%2Fb%20%3F", status: 200,
	},
	{
		name: "the client's body", function: "placeOrder", settings: harness.Object{"validate": "request"},
		request: "POST /orders\ncontent-type: application/json", body: `{"petId":7,"quantity":1,"shipDate":"2026-11-21T10:00:00Z"}`, status: 200, since: "3.0",
	},
	{
		name: "a body of parameters", function: "placeOrder", parameters: harness.Object{"path": "/orders/{petId}/{quantity}", "body.done": "{complete?}"},
		request: "PUT /orders/7/2\ncontent-type: application/json", body: `{"done":true,"more":"dropped"}`, status: 200, since: "3.0",
	},
	{
		name: "a pet as the client sends it", function: "addPet", settings: harness.Object{"validate": "request"},
		request: "POST /pets\nauthorization: Bearer t\ncontent-type: application/json", body: `{"name":"Rex","photoUrls":["a"]}`, status: 405,
	},
	{
		name: "a pet of parameters", function: "addPet", parameters: harness.Object{"path": "/pets/{name}", "query.photo": "{photoUrls*}"},
		request: "PUT /pets/Rex%20%22the%22%20%5C?photo=a&photo=b\nauthorization: Bearer t", status: 405, // The only answer it describes.
	},
	{
		name: "a form of parameters", function: "updatePetWithForm", parameters: harness.Object{"path": "/pets/{petId}/name", "query.to": "{name}"},
		request: "PUT /pets/7/name?to=Rex%20%26%20Co\nauthorization: Bearer t", status: 405, // The only answer it describes.
	},
	{
		name: "a header", function: "deletePet", parameters: harness.Object{"path": "/pets/{petId}", "header.x-key": "{api_key?}"},
		request: "DELETE /pets/7\nx-key: k\nauthorization: Bearer t", status: 400, // The first answer it describes.
	},
	{
		name: "a text for a number", function: "getPetById", parameters: harness.Object{"path": "/pets/{petId}"}, request: "GET /pets/seven\napi_key: k",
		status: http.StatusBadRequest,
	},
}

// Prism finds nothing wrong with what a document makes of requests.
func TestPetstore(t *testing.T) {
	for _, version := range []string{"2.0", "3.0", "3.1"} {
		t.Run(version, func(t *testing.T) {
			document := filepath.Join(harness.Root(t), "plugins/rest/openapi/testdata/petstore/petstore-"+version+".yaml")
			prism := counterparts.StartPrism(t, document, "/v2")
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				config := harness.NewConfig()
				config.AddCluster(prism.Address, harness.Object{"name": "petstore", "metadata": harness.Object{"filter_metadata": harness.Object{
					"funcroute": harness.Object{"type": "rest", "openapi": document},
				}}})
				for i, c := range petstore {
					settings := harness.Object{"function": c.function}
					for name, value := range c.settings {
						settings[name] = value
					}
					config.AddListener(fmt.Sprint(i), []any{routeTo("petstore", settings, c.parameters)}, nil, nil)
				}
				envoy := harness.StartEnvoy(t, host, config)
				for i, c := range petstore {
					if c.since > version {
						continue
					}
					t.Run(c.name, func(t *testing.T) {
						answer, err := harness.Send(envoy.Listener(t, fmt.Sprint(i)), petstoreRequest(t, c.request, c.body))
						if err != nil {
							t.Fatal(err)
						}
						ours := strings.Contains(string(answer.Body), `"parameter \"petId\" (path) must be an integer"`)
						violations := answer.Headers.Get("sl-violations")
						if answer.Status() != c.status || violations != "" || ours != (c.name == "a text for a number") {
							t.Errorf("got %s%s\nwant status %d and no violations", answer, violations, c.status)
						}
						if strings.Contains(string(answer.Body), "stoplight.io/prism/errors") {
							t.Errorf("prism finds something wrong: %s", answer.Body)
						}
					})
				}
			})
		})
	}
}

func petstoreRequest(t *testing.T, head, body string) *golden.Message {
	t.Helper()
	line, headers, _ := strings.Cut(head, "\n")
	return harness.Message(t, line+" HTTP/1.1\nhost: api.example.com\n"+headers, body)
}

func routeTo(cluster string, settings, parameters harness.Object) harness.Object {
	metadata := harness.Object{"funcroute": settings}
	if parameters != nil {
		metadata["funcroute.parameters"] = parameters
	}
	return harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": cluster}, "metadata": harness.Object{"filter_metadata": metadata}}
}

// api is a document in which one operation has a path of its own.
func api(path string) string {
	return `openapi: 3.0.3
info: { title: test, version: "1" }
paths:
  ` + path + `: { get: { operationId: call, responses: { "200": { description: ok } } } }
`
}

// A document is replaced while requests run; what comes next calls what the new one says. A broken one changes nothing.
func TestOpenAPIReload(t *testing.T) {
	replacements := []struct {
		name string
		// prepare makes the first version and returns the document's path, replace puts another in its place.
		prepare func(t *testing.T, folder string) (path string)
		replace func(t *testing.T, folder, content string, version int)
	}{
		{
			name: "renamed",
			prepare: func(t *testing.T, folder string) string {
				return writeFile(t, filepath.Join(folder, "api.yaml"), api("/v0"))
			},
			replace: func(t *testing.T, folder, content string, _ int) {
				rename(t, writeFile(t, filepath.Join(folder, "new"), content), filepath.Join(folder, "api.yaml"))
			},
		},
		{
			name: "as Kubernetes does it",
			prepare: func(t *testing.T, folder string) string {
				writeFile(t, filepath.Join(folder, "..0", "api.yaml"), api("/v0"))
				link(t, "..0", filepath.Join(folder, "..data"))
				link(t, "..data/api.yaml", filepath.Join(folder, "api.yaml"))
				return filepath.Join(folder, "api.yaml")
			},
			replace: func(t *testing.T, folder, content string, version int) {
				name := fmt.Sprintf("..%d", version)
				writeFile(t, filepath.Join(folder, name, "api.yaml"), content)
				link(t, name, filepath.Join(folder, "..data_tmp"))
				rename(t, filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data"))
			},
		},
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config, upstream := harness.NewConfig(), harness.StartUpstream(t)
		folders := make([]string, len(replacements))
		for i, r := range replacements {
			folders[i] = t.TempDir()
			config.AddCluster(upstream.Address, harness.Object{"name": r.name, "metadata": harness.Object{"filter_metadata": harness.Object{
				"funcroute": harness.Object{"type": "rest", "openapi": r.prepare(t, folders[i])},
			}}})
			config.AddListener(r.name, []any{routeTo(r.name, harness.Object{"function": "call"}, nil)}, nil, nil)
		}
		envoy := harness.StartEnvoy(t, host, config)
		replace := func(content string, version int) {
			for i, r := range replacements {
				r.replace(t, folders[i], content, version)
			}
		}
		each := func(f func(address string)) {
			for _, r := range replacements {
				f(envoy.Listener(t, r.name))
			}
		}
		var stops []func()
		each(func(address string) { stops = append(stops, load(t, address)) })
		each(func(address string) { untilCalled(t, upstream, address, "/v0") })
		replace(api("/v1"), 1)
		each(func(address string) { untilCalled(t, upstream, address, "/v1") })

		envoy.Expect(`openapi document .* cannot be read, api.yaml@[0-9a-f]{12} still serves`)
		replace("openapi: 3.0.3\npaths: [", 2)
		untilCounter(t, envoy, "funcroute.openapi.failed", len(replacements))
		each(func(address string) { wantCall(t, upstream, address, "/v1") })

		replace(api("/v2"), 3)
		each(func(address string) { untilCalled(t, upstream, address, "/v2") })
		for _, stop := range stops {
			stop()
		}
		if got := len(envoy.LogLines("cannot be read")); got != len(replacements) {
			t.Errorf("got %d log lines about the broken versions, want %d", got, len(replacements))
		}
		if got := envoy.Counter(t, "funcroute.openapi.loaded"); got != 3*len(replacements) {
			t.Errorf("got %d versions taken up, want %d", got, 3*len(replacements))
		}
	})
}

// A document that is not there is a configuration error until it is there.
func TestOpenAPIThatIsNotThereYet(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		folder, upstream := t.TempDir(), harness.StartUpstream(t)
		path := filepath.Join(folder, "api.yaml")
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "api", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute":           harness.Object{"type": "rest", "openapi": path},
			"funcroute.functions": harness.Object{"by_hand": "GET /by-hand"},
		}}})
		config.AddListener("http", []any{
			func() any {
				byHand := routeTo("api", harness.Object{"function": "by_hand"}, nil)
				byHand["match"] = harness.Object{"path": "/by-hand"}
				return byHand
			}(),
			routeTo("api", harness.Object{"function": "{name}"}, harness.Object{"path": "/{name}"}),
		}, nil, nil)
		envoy := harness.StartEnvoy(t, host, config)
		envoy.Expect(`openapi document .* cannot be read, no function of it can be called`)
		address := envoy.Listener(t, "http")
		stage := &scenarios.Stage{Host: host, Envoy: envoy, Listener: "http", Upstream: upstream}
		stage.Perform(t, &scenarios.Step{
			Request: harness.Message(t, "POST /call HTTP/1.1\nhost: x", "text"), Times: 3, Receives: &[]*golden.Message{},
			Error: &golden.Error{Reason: plugins.ConfigError, Status: http.StatusInternalServerError},
		})
		if err := harness.WantStatus(address, "GET /by-hand HTTP/1.1", http.StatusOK); err != nil {
			t.Error(err)
		}
		writeFile(t, path, api("/v0"))
		harness.Eventually(t, "the document", func() error { return harness.WantStatus(address, "GET /call HTTP/1.1", http.StatusOK) })
		stage.Perform(t, &scenarios.Step{
			Request: harness.Message(t, "GET /other HTTP/1.1\nhost: x", ""), Times: 1, Receives: &[]*golden.Message{},
			Error: &golden.Error{Reason: plugins.UnknownFunction, Status: http.StatusNotFound},
		})
	})
}

// untilCalled sends requests until one becomes a call of that path.
func untilCalled(t *testing.T, upstream *harness.Upstream, address, path string) {
	t.Helper()
	harness.Eventually(t, path+" being called", func() error {
		<-time.After(50 * time.Millisecond)
		return called(t, upstream, address, path)
	})
}

func wantCall(t *testing.T, upstream *harness.Upstream, address, path string) {
	t.Helper()
	if err := called(t, upstream, address, path); err != nil {
		t.Error(err)
	}
}

func called(t *testing.T, upstream *harness.Upstream, address, path string) error {
	t.Helper()
	probe := fmt.Sprint(time.Now().UnixNano())
	before := len(upstream.Received())
	answer, err := harness.Send(address, harness.Message(t, "GET / HTTP/1.1\nhost: x\nx-probe: "+probe, ""))
	if err != nil {
		return fmt.Errorf("the request fails: %w", err)
	}
	if answer.Status() != http.StatusOK {
		return fmt.Errorf("the request fails: %s", answer)
	}
	for _, received := range upstream.Received()[before:] {
		if received.Headers.Get("x-probe") == probe {
			if got := received.Headers.Get(":path"); got != path {
				return fmt.Errorf("a call of %s", got)
			}
			return nil
		}
	}
	return fmt.Errorf("the request has not arrived")
}

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
