package contrib

import (
	"strings"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"

	"github.com/funcroute/funcroute/filters/host"
)

// headers is contrib's header map as host.Headers. Its texts live in Go's memory already.
type headers struct{ envoy api.HeaderMap }

var _ host.Headers = headers{}

func (h headers) Get(name string) string {
	value, _ := h.envoy.Get(name)
	return value
}

func (h headers) Values(name string) []string { return append([]string(nil), h.envoy.Values(name)...) }

func (h headers) Range(f func(name, value string) bool) {
	h.envoy.RangeWithCopy(func(name, value string) bool { return f(strings.ToLower(name), value) })
}

func (h headers) Set(name, value string) { h.envoy.Set(name, value) }

func (h headers) Add(name, value string) { h.envoy.Add(name, value) }

func (h headers) Remove(name string) { h.envoy.Del(name) }

func (h headers) RemoveFunc(f func(name string) bool) {
	var names []string
	h.Range(func(name, _ string) bool {
		if f(name) {
			names = append(names, name)
		}
		return true
	})
	for _, name := range names {
		h.Remove(name)
	}
}
