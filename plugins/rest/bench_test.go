package rest

import (
	"math"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// steady are the calls whose cost counts. Allocations are exact, so they have a ceiling: what Request itself allocates,
// without the header map, whose growth is the test's.
var steady = []struct {
	name, target string
	templates    map[string]string
	path, body   string
	allocations  int
}{
	{
		"two captures in the path", "GET /api/v2/users/{user}/images/{id}",
		map[string]string{"path": "/users/{user}/images/{id}"},
		"/users/ada/images/42", "", 1,
	},
	{"a constant path", "GET /api/v2/users", nil, "/users?page=1", "", 0},
	{
		"a header", "GET /api/v2/users\nX-User: {{ user }}\nX-Static: 1",
		map[string]string{"path": "/users/{user}"},
		"/users/ada", "", 1,
	},
	{
		"a JSON body of three fields", "POST /api\nContent-Type: application/json\n\n{\"id\":\"{{ id }}\",\"name\":{{ body.name }},\"tags\":{{ body.tags ?? [] }}}",
		map[string]string{"path": "/users/{id}"},
		"/users/42", `{"name":"Ada","more":{"a":[1,2,3]},"tags":["x"]}`, 0,
	},
	{
		"an expression that is computed", "GET /api\nX-Id: {{ int(id) + 1 }}",
		map[string]string{"path": "/users/{id}"},
		"/users/42", "", 5,
	},
}

type call struct {
	function plugins.Function
	headers  settled
	values   parameters.Values
	body     []byte
}

// settled is a header map that forgets what is set, so that each round begins alike.
type settled struct{ *plugintest.Headers }

func (settled) Set(string, string) {}
func (settled) Remove(string)      {}

func newCall(t testing.TB, target string, templates map[string]string, path, body string) *call {
	t.Helper()
	set, err := parameters.Compile(templates)
	if err != nil {
		t.Fatal(err)
	}
	c := &call{body: []byte(body)}
	c.function, err = (&upstream{}).NewFunction(plugins.FunctionSpec{Target: target, Parameters: set})
	if err != nil {
		t.Fatal(err)
	}
	c.headers = settled{plugintest.NewHeaders([2]string{":method", "GET"}, [2]string{":path", path})}
	if c.values, err = set.Extract(source{c.headers, c.body}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *call) run(t testing.TB) {
	request := plugins.NewRequest(c.headers, nil, c.body)
	request.Parameters = c.values
	if _, err := c.function.Request(request); err != nil {
		t.Fatal(err)
	}
	request.Release()
}

func TestAllocations(t *testing.T) {
	for _, s := range steady {
		t.Run(s.name, func(t *testing.T) {
			c := newCall(t, s.target, s.templates, s.path, s.body)
			request := 1.0 // plugins.NewRequest.
			// The least of many runs counts, as the race detector has pools lose things at random.
			got := math.Inf(1)
			for range 100 {
				got = min(got, testing.AllocsPerRun(1, func() { c.run(t) })-request)
			}
			if got > float64(s.allocations) {
				t.Errorf("allocations: got %v, want at most %d", got, s.allocations)
			}
		})
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, s := range steady {
		b.Run(s.name, func(b *testing.B) {
			c := newCall(b, s.target, s.templates, s.path, s.body)
			b.ReportAllocs()
			for b.Loop() {
				c.run(b)
			}
		})
	}
}

// source is a request as the parameters engine reads it.
type source struct {
	plugins.Headers
	body []byte
}

func (s source) Path() string                { return s.Get(":path") }
func (s source) Method() string              { return s.Get(":method") }
func (s source) Authority() string           { return s.Get(":authority") }
func (s source) Header(name string) []string { return s.Values(name) }
func (s source) Body() []byte                { return s.body }
