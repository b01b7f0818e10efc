// Package headermap has a header map in memory. It is for tests, and for hosts without an Envoy.
package headermap

import (
	"slices"
	"strings"
)

// Map is a header map, in the order its headers were added. It can be a plugins.Headers and a host.Headers.
type Map struct {
	list [][2]string
}

// New returns a header map with those headers. Names are turned to lower case, as Envoy has them.
func New(list ...[2]string) *Map {
	h := &Map{}
	for _, header := range list {
		h.Add(strings.ToLower(header[0]), header[1])
	}
	return h
}

// Get returns the first value of a header, "" if there is none.
func (h *Map) Get(name string) string {
	for _, header := range h.list {
		if header[0] == name {
			return header[1]
		}
	}
	return ""
}

// Values returns all values of a header in order, nil if there are none.
func (h *Map) Values(name string) []string {
	var values []string
	for _, header := range h.list {
		if header[0] == name {
			values = append(values, header[1])
		}
	}
	return values
}

// Range calls f for each header in order until f returns false. f must not change the map.
func (h *Map) Range(f func(name, value string) bool) {
	for _, header := range h.list {
		if !f(header[0], header[1]) {
			return
		}
	}
}

// Set puts one value in the place of all that a header has.
func (h *Map) Set(name, value string) {
	for i, header := range h.list {
		if header[0] == name {
			h.list[i][1] = value
			rest := h.list[i+1:]
			rest = slices.DeleteFunc(rest, func(other [2]string) bool { return other[0] == name })
			h.list = h.list[:i+1+len(rest)]
			return
		}
	}
	h.Add(name, value)
}

// Add appends a header, which may have other values already.
func (h *Map) Add(name, value string) { h.list = append(h.list, [2]string{name, value}) }

// Remove removes all values of a header.
func (h *Map) Remove(name string) {
	h.list = slices.DeleteFunc(h.list, func(header [2]string) bool { return header[0] == name })
}

// RemoveFunc removes all headers for whose names f returns true.
func (h *Map) RemoveFunc(f func(name string) bool) {
	h.list = slices.DeleteFunc(h.list, func(header [2]string) bool { return f(header[0]) })
}

// List returns a copy of all headers in order.
func (h *Map) List() [][2]string { return slices.Clone(h.list) }

// Clone returns a header map of its own with the same headers.
func (h *Map) Clone() *Map { return &Map{list: slices.Clone(h.list)} }
