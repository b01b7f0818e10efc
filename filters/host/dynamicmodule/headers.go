package dynamicmodule

import (
	"strings"

	"github.com/funcroute/funcroute/filters/host"
)

// headers is Envoy's header map as host.Headers. It is read as a whole when it is first looked at in an event; changes are
// made to what was read, and to Envoy's with all else that is written at the event's end. So it takes two calls to C,
// however many headers a filter looks at and sets.
type headers struct {
	stream *Stream
	which  Map
	list   [][2]string // in the event's scratch
	read   bool
}

var _ host.Headers = (*headers)(nil)

func (h *headers) load() {
	if h.read {
		return
	}
	h.list, h.read = h.stream.envoy.Headers(h.which, h.stream.within().headers[h.which][:0]), true
	if h.which == RequestHeaderMap && !h.stream.headersRead {
		h.stream.headersRead = true
		h.stream.isGRPC = host.IsGRPC(h.Get("content-type"))
	}
}

// forget is called at the end of an event: until the next one, other filters have their way with the headers.
func (h *headers) forget() {
	if h.read {
		clear(h.list)
		h.stream.scratch.headers[h.which] = h.list
		h.list, h.read = nil, false
	}
}

func (h *headers) Get(name string) string {
	h.load()
	name = strings.ToLower(name)
	for i := range h.list {
		if h.list[i][0] == name {
			return h.list[i][1]
		}
	}
	return ""
}

func (h *headers) Values(name string) []string {
	h.load()
	name = strings.ToLower(name)
	var values []string
	for i := range h.list {
		if h.list[i][0] == name {
			values = append(values, h.list[i][1])
		}
	}
	return values
}

func (h *headers) Range(f func(name, value string) bool) {
	h.load()
	for i := range h.list {
		if !f(h.list[i][0], h.list[i][1]) {
			return
		}
	}
}

// As in Envoy, an empty value removes the header
// (abi_impl.cc, setHeaderValueImpl).
func (h *headers) Set(name, value string) {
	if value == "" {
		h.Remove(name)
		return
	}
	h.load()
	name = strings.ToLower(name)
	for i := range h.list {
		if h.list[i][0] != name {
			continue
		}
		was, length := h.list[i][1], len(h.list)
		h.list[i][1] = value
		if h.drop(name, i+1); was != value || len(h.list) < length {
			h.set(name, value)
		}
		return
	}
	h.list = append(h.list, [2]string{name, value})
	h.set(name, value)
}

func (h *headers) set(name, value string) {
	h.stream.write(Write{Kind: SetHeader, Map: h.which, Name: name, Value: value})
}

// As in Envoy, an empty value is not added.
func (h *headers) Add(name, value string) {
	if value == "" {
		return
	}
	h.load()
	name = strings.ToLower(name)
	h.stream.write(Write{Kind: AddHeader, Map: h.which, Name: name, Value: value})
	h.list = append(h.list, [2]string{name, value})
}

func (h *headers) Remove(name string) {
	h.load()
	name = strings.ToLower(name)
	before := len(h.list)
	if h.drop(name, 0); len(h.list) < before {
		h.stream.write(Write{Kind: SetHeader, Map: h.which, Name: name})
	}
}

func (h *headers) RemoveFunc(f func(name string) bool) {
	h.load()
	kept := h.list[:0]
	for _, header := range h.list {
		if f(header[0]) {
			// Of a header that is there twice, the second removal finds nothing.
			h.stream.write(Write{Kind: SetHeader, Map: h.which, Name: header[0]})
		} else {
			kept = append(kept, header)
		}
	}
	clear(h.list[len(kept):])
	h.list = kept
}

// drop takes a header's values out of the list, from an index on.
func (h *headers) drop(name string, from int) {
	kept := h.list[:from]
	for _, header := range h.list[from:] {
		if header[0] != name {
			kept = append(kept, header)
		}
	}
	clear(h.list[len(kept):])
	h.list = kept
}
