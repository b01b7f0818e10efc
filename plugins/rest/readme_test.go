package rest

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
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
			Filter golden.Metadata `yaml:"filter_metadata"`
		} `yaml:"metadata"`
	}
	var shown struct{ Clusters, Routes []entry }
	for _, block := range blocks {
		if err := yaml.Unmarshal(block[1], &shown); err != nil {
			t.Fatal(err)
		}
	}
	c := &golden.Case{
		Cluster: shown.Clusters[0].Metadata.Filter,
		Route:   shown.Routes[0].Metadata.Filter,
		Request: parsed(t, "POST /users/42 HTTP/1.1\nx-tenant-id: blue", `{"name": "Ada \"A.\""}`),
	}
	c.Upstream = &golden.Upstream{
		Receives: parsed(t, "POST /api/users\nx-tenant: blue\ncontent-type: application/json", `{ "id": 42, "name": "Ada \"A.\"", "tags": [] }`),
		Answer:   parsed(t, "201\ncontent-type: text/plain", `{"no": 7}`),
	}
	c.Response = parsed(t, "201\ncontent-type: application/json\nlocation: /users/42", `{ "created": true, "by": "blue", "user": {"no": 7} }`)
	for _, difference := range c.Run() {
		t.Error(difference)
	}
}

// The rows of the README's table of URI templates, with the body whose members are the values.
func TestReadmeURITemplates(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ template, body, want string }{
		{"/users/{id}", `{"id": "a/b c"}`, "/users/a%2Fb%20c"},
		{"/files/{+rest}", `{"rest": "a/b c"}`, "/files/a/b%20c"},
		{"/search{?q,page}", `{"q": "R&D"}`, "/search?q=R%26D"},
		{"/search?limit=10{&q}", `{"q": "x"}`, "/search?limit=10&q=x"},
		{"/search{?tag}", `{"tag": ["a", "b"]}`, "/search?tag=a,b"},
		{"/search{?tag*}", `{"tag": ["a", "b"]}`, "/search?tag=a&tag=b"},
		{"/search{?filter*}", `{"filter": {"min": 1, "max": 2}}`, "/search?min=1&max=2"},
		{"{/path_parts*}", `{"path_parts": ["a", "b"]}`, "/a/b"},
		{"/report{.format}", `{"format": "pdf"}`, "/report.pdf"},
		{"/shard/{id:2}/{id}", `{"id": "abcd"}`, "/shard/ab/abcd"},
	}
	templates := map[string]string{}
	for _, name := range []string{"id", "rest", "q", "page", "tag", "filter", "path_parts", "format"} {
		templates["body."+name] = "{" + name + "?}"
	}
	for _, c := range cases {
		t.Run(c.template, func(t *testing.T) {
			if !bytes.Contains(readme, []byte("`"+c.template+"`")) || !bytes.Contains(readme, []byte("`"+c.want+"`")) {
				t.Error("the README says something else")
			}
			call := newCall(t, "GET "+c.template, templates, "/", c.body)
			headers := plugintest.NewHeaders([2]string{":method", "GET"}, [2]string{":path", "/"})
			request := plugins.NewRequest(headers, nil, nil)
			request.Parameters = call.values
			if _, err := call.function.Request(request); err != nil {
				t.Fatal(err)
			}
			if got := headers.Get(":path"); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func parsed(t *testing.T, head, body string) *golden.Message {
	t.Helper()
	m, err := golden.ParseMessage(head, body)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
