package contrib

import (
	"strings"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
)

// headers is contrib's header map as host.Headers. Its texts live in Go's memory already.
type headers struct{ envoy api.HeaderMap }

// Get implements the same method as documented on host.Headers.
func (h headers) Get(name string) string {
	value, _ := h.envoy.Get(name)
	return value
}

// Values implements the same method as documented on host.Headers.
func (h headers) Values(name string) []string { return append([]string(nil), h.envoy.Values(name)...) }

// Range implements the same method as documented on host.Headers.
func (h headers) Range(f func(name, value string) bool) {
	h.envoy.RangeWithCopy(func(name, value string) bool { return f(strings.ToLower(name), value) })
}

// Set implements the same method as documented on host.Headers.
func (h headers) Set(name, value string) { h.envoy.Set(name, value) }

// Add implements the same method as documented on host.Headers.
func (h headers) Add(name, value string) { h.envoy.Add(name, value) }

// Remove implements the same method as documented on host.Headers.
func (h headers) Remove(name string) { h.envoy.Del(name) }

// RemoveFunc implements the same method as documented on host.Headers.
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
