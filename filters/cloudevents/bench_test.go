package cloudevents

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/memory"
)

// bare is a host that does next to nothing, so that what is measured is ours.
type bare struct {
	host.Stream
	headers bareHeaders
	body    []byte
}

func (b *bare) Request() host.Message                     { return (*bareRequest)(b) }
func (b *bare) RouteConfig() (any, error)                 { return nil, nil }
func (b *bare) InCluster() bool                           { return false }
func (b *bare) ChooseRouteAgain()                         {}
func (b *bare) Record(host.Metric, uint64)                {}
func (b *bare) SetDynamicMetadata(string, string, string) {}
func (b *bare) AppendExcerpt(to []byte, _ *host.Excerpt, _ string) []byte {
	return append(to, make([]byte, 12)...) // Three parts without a key.
}

type bareRequest bare

func (b *bareRequest) Headers() host.Headers  { return &b.headers }
func (b *bareRequest) Body() []byte           { return b.body }
func (b *bareRequest) SetBody([]byte)         {}
func (b *bareRequest) Trailers() host.Headers { return nil }

type bareHeaders struct{ list [][2]string }

func (h *bareHeaders) Get(name string) string {
	for i := range h.list {
		if h.list[i][0] == name {
			return h.list[i][1]
		}
	}
	return ""
}

func (h *bareHeaders) Range(f func(name, value string) bool) {
	for i := range h.list {
		if !f(h.list[i][0], h.list[i][1]) {
			return
		}
	}
}
func (*bareHeaders) Values(string) []string       { return nil }
func (*bareHeaders) Set(string, string)           {}
func (*bareHeaders) Add(string, string)           {}
func (*bareHeaders) Remove(string)                {}
func (*bareHeaders) RemoveFunc(func(string) bool) {}

const benchOptions = `{"matches": {"exact": {"exact": {"source": "/shop"}}, "big": "type = 'com.example.order.created' AND INT(amount) > 100"}}`

func configOf(t testing.TB, options string) *config {
	t.Helper()
	made, err := New().NewConfig(&memory.Block{}, []byte(options))
	if err != nil {
		t.Fatal(err)
	}
	return made.(*config)
}

func typicalRequests() map[string]*bare {
	plain := [][2]string{
		{":method", "POST"},
		{":path", "/events"},
		{":authority", "example.com"},
		{"user-agent", "bench"},
		{"accept", "*/*"},
		{"x-request-id", "5d6c"},
		{"content-length", "1024"},
	}
	typical := append(plain, [][2]string{
		{"content-type", "application/json"},
		{"ce-specversion", "1.0"},
		{"ce-type", "com.example.order.created"},
		{"ce-source", "/shop/7"},
		{"ce-id", "4711"},
		{"ce-time", "2026-03-01T12:00:00Z"},
		{"ce-amount", "500"},
	}...)
	event := `{"specversion":"1.0","type":"com.example.order.created","source":"/shop/7","id":"4711","time":"2026-03-01T12:00:00Z","amount":500,` +
		`"datacontenttype":"application/json","data":{"text":"` + strings.Repeat("x", 1024) + `"}}`
	return map[string]*bare{
		"plain":      {headers: bareHeaders{append(plain, [2]string{"content-type", "application/json"})}},
		"binary":     {headers: bareHeaders{typical}},
		"structured": {headers: bareHeaders{append(plain, [2]string{"content-type", "application/cloudevents+json"})}, body: []byte(event)},
	}
}

func serve(c *config, request *bare) {
	s := c.NewStream(request)
	if s.RequestHeaders(request.body == nil) == host.Buffer {
		s.RequestBody()
	}
	s.(host.Recycler).Recycle()
}

func BenchmarkRequest(b *testing.B) {
	for _, options := range []string{"", benchOptions} {
		c := configOf(b, options)
		for kind, request := range typicalRequests() {
			b.Run(kind+map[string]string{"": "", benchOptions: " with matches"}[options], func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					serve(c, request)
				}
			})
		}
	}
}
