package e2e

import (
	"reflect"
	"regexp"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// readmeYAML returns the README's YAML blocks, in order, each a mapping.
func readmeYAML(t *testing.T) []harness.Object { return yamlIn(t, "README.md") }

func yamlIn(t *testing.T, path string) []harness.Object {
	t.Helper()
	var blocks []harness.Object
	for _, block := range yamlBlock.FindAllStringSubmatch(readFile(t, path), -1) {
		parsed := harness.Object{}
		if err := yaml.Unmarshal([]byte(block[1]), &parsed); err != nil {
			t.Fatalf("%v in\n%s", err, block[1])
		}
		blocks = append(blocks, parsed)
	}
	return blocks
}

// having returns the n-th block with that key at the top.
func having(t *testing.T, blocks []harness.Object, key string, n int) any {
	t.Helper()
	for _, block := range blocks {
		if value, ok := block[key]; ok {
			if n == 0 {
				return value
			}
			n--
		}
	}
	t.Fatalf("the README has too few YAML blocks with %s", key)
	return nil
}

// Someone who has read nothing but the README writes a configuration from its YAML, and it works.
func TestReadmeYAML(t *testing.T) {
	blocks := readmeYAML(t)
	route := having(t, blocks, "routes", 0).([]any)[0].(harness.Object)
	cluster := having(t, blocks, "clusters", 0).([]any)[0].(harness.Object)
	weighted := having(t, blocks, "weighted_clusters", 0)
	upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `"resized"`))

	listenerFilter, clusterFilter := harness.NewConfig(), harness.NewConfig()
	routes := []any{route, harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"weighted_clusters": weighted}}}
	filters := having(t, blocks, "http_filters", 0).([]any)
	listenerFilter.AddListener("http", routes, nil, harness.Object{"http_filters": append(harness.Clone(filters).([]any), harness.RouterFilter())})
	listenerFilter.AddCluster(upstream.Address, harness.Clone(cluster).(harness.Object))

	clusterFilter.AddListener("http", routes, nil, harness.Object{"http_filters": []any{harness.RouterFilter()}})
	withFilter := harness.Clone(cluster).(harness.Object)
	withFilter["typed_extension_protocol_options"] = having(t, blocks, "typed_extension_protocol_options", 0)
	clusterFilter.AddCluster(upstream.Address, withFilter)

	cases := []struct {
		name, request, wantSent, want string
	}{
		{"a route's function", "POST /images/7?width=100 HTTP/1.1\nx-tenant: a", "POST /2015-03-31/functions/image-resize/invocations?Qualifier=live", `"resized"`},
		{"a missing parameter", "POST /images/7 HTTP/1.1", "", ""},
		{"an entry of weighted clusters", "GET /images HTTP/1.1", "", ""},
	}
	for name, config := range map[string]harness.Config{"in a listener": listenerFilter, "in a cluster": clusterFilter} {
		t.Run(name, func(t *testing.T) {
			host := harness.Hosts()[0] // The README's filter blocks are used as they are.
			envoy := harness.StartEnvoy(t, host, config)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					before := len(upstream.Received())
					answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, c.request, ""))
					if err != nil {
						t.Fatal(err)
					}
					sent := upstream.Received()[before:]
					if c.wantSent == "" {
						if answer.Status() != 400 || len(sent) != 0 {
							t.Errorf("answer = %s, %d requests sent, want 400 and none", answer, len(sent))
						}
						return
					}
					harness.Report(t, golden.MatchAnswer(harness.Message(t, "200", c.want), answer.Headers, answer.Body))
					if len(sent) != 1 || sent[0].Headers.Get(":method")+" "+sent[0].Headers.Get(":path") != c.wantSent {
						t.Errorf("sent = %v, want %s", sent, c.wantSent)
					}
				})
			}
		})
	}
}

// The README's blocks for contrib Envoy say the same as those for stock Envoy.
func TestReadmeYAMLForContrib(t *testing.T) {
	blocks := readmeYAML(t)
	stock := harness.Object{"http_filters": harness.Clone(having(t, blocks, "http_filters", 0))}
	harness.ForContrib(harness.Config(stock), "/usr/local/lib/libfuncroute-contrib.so")
	if contrib := having(t, blocks, "http_filters", 1); !reflect.DeepEqual(contrib, stock["http_filters"]) {
		t.Errorf("contrib filter = %v, want %v", contrib, stock["http_filters"])
	}

	entry := harness.Objects(having(t, blocks, "weighted_clusters", 0).(harness.Object), "clusters")[0]
	stockRoute := entry["typed_per_filter_config"].(harness.Object)["functions"].(harness.Object)["filter_config"].(harness.Object)["value"]
	contribRoute := having(t, blocks, "typed_per_filter_config", 0).(harness.Object)["functions"].(harness.Object)
	if contribRoute["@type"] != harness.ContribPerRoute {
		t.Errorf("contrib route type = %v, want %s", contribRoute["@type"], harness.ContribPerRoute)
	}
	config := contribRoute["plugins_config"].(harness.Object)["functions"].(harness.Object)["config"].(harness.Object)
	if !reflect.DeepEqual(config["value"], stockRoute) {
		t.Errorf("contrib route = %v, want %v", config["value"], stockRoute)
	}
}
