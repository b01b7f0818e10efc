package e2e

import (
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/e2e/harness"
)

// beside are requests for the job that plugins/rest/README.md has done by a function, by Envoy's transform filter and by Lua,
// with what arrives at the upstream of each, or the status if nothing does. The README's table says the same.
var beside = []struct{ name, head, body, funcroute, transform, lua string }{
	{
		"plain", "PUT /users/42", `{"name": "Ada"}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
	},
	{
		"a quote in the name", "PUT /users/42", `{"name": "Ada \"x\" L."}`,
		`/api/users/42 [Ada "x" L.] {"source":"edge","user":{"name":"Ada \"x\" L."}}`,
		`/api/users/42 [Ada "x" L.] {"source":"edge","user":{"name":"Ada \"x\" L."}}`,
		`/api/users/42 [Ada \] {"source":"edge","user":{"name":"Ada \"}}`,
	},
	{
		"a line break in the name", "PUT /users/42", `{"name": "Ada\r\nx-admin: 1"}`,
		"400",
		"503",
		`/api/users/42 [Ada\r\nx-admin: 1] {"source":"edge","user":{"name":"Ada\r\nx-admin: 1"}}`,
	},
	{
		"no name", "PUT /users/42", `{}`,
		`/api/users/42 [] {"source":"edge","user":{"name":null}}`,
		`/api/users/42 [] {"source":"edge","user":{"name":null}}`,
		`/api/users/42 [] {}`,
	},
	{
		"no JSON", "PUT /users/42", `{"name":`,
		"400",
		`/api/users/42 [] {"name":`,
		`/api/users/42 [] {"name":`,
	},
	{
		"another content type", "PUT /users/42 HTTP/1.1\ncontent-type: text/plain", `{"name": "Ada"}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/42 [] {"name": "Ada"}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
	},
	{
		"a query", "PUT /users/42?admin=1", `{"name": "Ada"}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/42?admin=1 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/42 [Ada] {"source":"edge","user":{"name":"Ada"}}`,
	},
	{
		"dots", "PUT /users/%2e%2e", `{"name": "Ada"}`,
		"400",
		`/api/users/%2e%2e [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/%2e%2e [Ada] {"source":"edge","user":{"name":"Ada"}}`,
	},
	{
		"another path", "PUT /users/a/b", `{"name": "Ada"}`,
		"400",
		`/users/a/b [Ada] {"source":"edge","user":{"name":"Ada"}}`,
		`/api/users/a [Ada] {"source":"edge","user":{"name":"Ada"}}`,
	},
}

func TestRESTBesideEnvoysOwnFilters(t *testing.T) {
	_, section, _ := strings.Cut(readFile(t, "plugins/rest/README.md"), "## The same job")
	blocks := yamlBlock.FindAllStringSubmatch(section, -1)
	contestants := []string{"funcroute", "transform", "lua"}
	if len(blocks) != len(contestants) {
		t.Fatalf("YAML blocks: got %d, want %d", len(blocks), len(contestants))
	}
	host := harness.Hosts()[0] // Filters of Envoy's own are the same everywhere.
	for i, name := range contestants {
		t.Run(name, func(t *testing.T) {
			upstream := harness.StartUpstream(t)
			envoy := harness.StartEnvoy(t, host, besideConfig(t, blocks[i][1], upstream))
			if name == "lua" {
				envoy.Expect("bad argument #2 to 'replace'")
			}
			for _, c := range beside {
				t.Run(c.name, func(t *testing.T) {
					head := c.head
					if !strings.Contains(head, "\n") {
						head += " HTTP/1.1\ncontent-type: application/json"
					}
					before := len(upstream.Received())
					answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, head, c.body))
					if err != nil {
						t.Fatal(err)
					}
					got := fmt.Sprint(answer.Status())
					for _, r := range upstream.Received()[before:] {
						got = fmt.Sprintf("%s %v %s", r.Headers.Get(":path"), r.Headers.Values("x-user"), strings.TrimSpace(string(r.Body)))
					}
					if want := map[string]string{"funcroute": c.funcroute, "transform": c.transform, "lua": c.lua}[name]; got != want {
						t.Errorf("got %s, want %s", got, want)
					}
				})
			}
		})
	}
}

// besideConfig is a configuration with the filters, the routes and the cluster's metadata that a block of the README shows.
func besideConfig(t *testing.T, text string, upstream *harness.Upstream) harness.Config {
	t.Helper()
	var block harness.Object
	if err := yaml.Unmarshal([]byte(text), &block); err != nil {
		t.Fatal(err)
	}
	cluster, manager := harness.Object{"name": "upstream"}, harness.Object{}
	if clusters, ok := block["clusters"].([]any); ok {
		cluster["metadata"] = clusters[0].(harness.Object)["metadata"]
	}
	if filters, ok := block["http_filters"].([]any); ok {
		manager["http_filters"] = append(filters, harness.RouterFilter())
	}
	config := harness.NewConfig()
	config.AddCluster(upstream.Address, cluster)
	config.AddListener("http", block["routes"].([]any), nil, manager)
	return config
}
