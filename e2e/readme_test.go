package e2e

import (
	"reflect"
	"regexp"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// readmeYAML returns the README's YAML blocks, in order, each a mapping.
func readmeYAML(t *testing.T) []Object { return yamlIn(t, "README.md") }

func yamlIn(t *testing.T, path string) []Object {
	t.Helper()
	var blocks []Object
	for _, block := range yamlBlock.FindAllStringSubmatch(readFile(t, path), -1) {
		parsed := Object{}
		if err := yaml.Unmarshal([]byte(block[1]), &parsed); err != nil {
			t.Fatalf("%v in\n%s", err, block[1])
		}
		blocks = append(blocks, parsed)
	}
	return blocks
}

// having returns the n-th block with that key at the top.
func having(t *testing.T, blocks []Object, key string, n int) any {
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
	route := having(t, blocks, "routes", 0).([]any)[0].(Object)
	cluster := having(t, blocks, "clusters", 0).([]any)[0].(Object)
	weighted := having(t, blocks, "weighted_clusters", 0)
	upstream := StartUpstream(t, message(t, "200\ncontent-type: application/json", `"resized"`))

	listenerFilter, clusterFilter := NewConfig(), NewConfig()
	routes := []any{route, Object{"match": Object{"prefix": "/"}, "route": Object{"weighted_clusters": weighted}}}
	filters := having(t, blocks, "http_filters", 0).([]any)
	listenerFilter.AddListener("http", routes, nil, Object{"http_filters": append(clone(filters).([]any), routerFilter())})
	listenerFilter.AddCluster(upstream.Address, clone(cluster).(Object))

	clusterFilter.AddListener("http", routes, nil, Object{"http_filters": []any{routerFilter()}})
	withFilter := clone(cluster).(Object)
	withFilter["typed_extension_protocol_options"] = having(t, blocks, "typed_extension_protocol_options", 0)
	clusterFilter.AddCluster(upstream.Address, withFilter)

	cases := []struct {
		name, request, wantSent, want string
	}{
		{"a route's function", "POST /images/7?width=100 HTTP/1.1\nx-tenant: a", "POST /2015-03-31/functions/image-resize/invocations?Qualifier=live", `"resized"`},
		{"a missing parameter", "POST /images/7 HTTP/1.1", "", ""},
		{"an entry of weighted clusters", "GET /images HTTP/1.1", "", ""},
	}
	for name, config := range map[string]Config{"in a listener": listenerFilter, "in a cluster": clusterFilter} {
		t.Run(name, func(t *testing.T) {
			host := Hosts()[0] // The README's filter blocks are used as they are.
			envoy := StartEnvoy(t, host, config)
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					before := len(upstream.Received())
					answer, err := Send(envoy.Listener(t, "http"), message(t, c.request, ""))
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
					report(t, plugintest.MatchAnswer(message(t, "200", c.want), answer.Headers, answer.Body))
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
	stock := Object{"http_filters": clone(having(t, blocks, "http_filters", 0))}
	intoContribFrom(Config(stock), "/usr/local/lib/libfuncroute-contrib.so")
	if contrib := having(t, blocks, "http_filters", 1); !reflect.DeepEqual(contrib, stock["http_filters"]) {
		t.Errorf("contrib filter = %v, want %v", contrib, stock["http_filters"])
	}

	entry := objects(having(t, blocks, "weighted_clusters", 0).(Object), "clusters")[0]
	stockRoute := entry["typed_per_filter_config"].(Object)["functions"].(Object)["filter_config"].(Object)["value"]
	contribRoute := having(t, blocks, "typed_per_filter_config", 0).(Object)["functions"].(Object)
	if contribRoute["@type"] != contribPerRoute {
		t.Errorf("contrib route type = %v, want %s", contribRoute["@type"], contribPerRoute)
	}
	config := contribRoute["plugins_config"].(Object)["functions"].(Object)["config"].(Object)
	if !reflect.DeepEqual(config["value"], stockRoute) {
		t.Errorf("contrib route = %v, want %v", config["value"], stockRoute)
	}
}
