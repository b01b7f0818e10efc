package dynamicmodule

import (
	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"
)

// headers is Envoy's header map as host.Headers. Values are copied: Envoy's memory changes with every change of the map.
type headers struct{ envoy shared.HeaderMap }

// Get implements the same method as documented on host.Headers.
func (h headers) Get(name string) string { return h.envoy.GetOne(name).ToString() }

// Values implements the same method as documented on host.Headers.
func (h headers) Values(name string) []string {
	found := h.envoy.Get(name)
	if len(found) == 0 {
		return nil
	}
	values := make([]string, len(found))
	for i := range found {
		values[i] = found[i].ToString()
	}
	return values
}

// Range implements the same method as documented on host.Headers.
func (h headers) Range(f func(name, value string) bool) {
	for _, header := range h.envoy.GetAll() {
		if !f(header[0].ToString(), header[1].ToString()) {
			return
		}
	}
}

// Set implements the same method as documented on host.Headers.
func (h headers) Set(name, value string) { h.envoy.Set(name, value) }

// Add implements the same method as documented on host.Headers.
func (h headers) Add(name, value string) { h.envoy.Add(name, value) }

// Remove implements the same method as documented on host.Headers.
func (h headers) Remove(name string) { h.envoy.Remove(name) }
