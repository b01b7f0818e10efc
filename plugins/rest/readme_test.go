package rest

import (
	"os"
	"regexp"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// What the README shows first does what it looks like.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(readme, 2)
	type entry struct {
		Metadata struct {
			Filter plugintest.Metadata `yaml:"filter_metadata"`
		} `yaml:"metadata"`
	}
	var shown struct{ Clusters, Routes []entry }
	for _, block := range blocks {
		if err := yaml.Unmarshal(block[1], &shown); err != nil {
			t.Fatal(err)
		}
	}
	c := &plugintest.Case{
		Cluster: shown.Clusters[0].Metadata.Filter,
		Route:   shown.Routes[0].Metadata.Filter,
		Request: parsed(t, "POST /users/42 HTTP/1.1\nx-tenant-id: blue", `{"name": "Ada \"A.\""}`),
	}
	c.Upstream = &plugintest.Upstream{
		Receives: parsed(t, "POST /api/users\nx-tenant: blue\ncontent-type: application/json", `{ "id": 42, "name": "Ada \"A.\"", "tags": [] }`),
		Answer:   parsed(t, "201\ncontent-type: text/plain", `{"no": 7}`),
	}
	c.Response = parsed(t, "201\ncontent-type: application/json\nlocation: /users/42", `{ "created": true, "by": "blue", "user": {"no": 7} }`)
	for _, difference := range c.Run() {
		t.Error(difference)
	}
}

func parsed(t *testing.T, head, body string) *plugintest.Message {
	t.Helper()
	text, err := yaml.Marshal(map[string]string{"head": head, "body": body})
	if err != nil {
		t.Fatal(err)
	}
	m := &plugintest.Message{}
	if err := yaml.Unmarshal(text, m); err != nil {
		t.Fatal(err)
	}
	return m
}
