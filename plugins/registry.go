package plugins

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// registered is what the packages that are linked into a library have made known when they were initialized. Nothing is added later.
var registered = struct {
	types    map[string]Type
	reasons  map[Reason]int // their statuses
	counters map[Counter]bool
}{map[string]Type{}, map[Reason]int{}, map[Counter]bool{}}

// Register makes a function type known. It is called from the type's init and panics on a mistake, which then no build
// survives: an empty or a doubled name, a nil type.
func Register(t Type) {
	if t == nil || t.Name() == "" {
		panic("plugins: Register needs a type with a name")
	}
	if _, taken := registered.types[t.Name()]; taken {
		panic(fmt.Sprintf("plugins: type %q is registered twice", t.Name()))
	}
	registered.types[t.Name()] = t
}

// Lookup returns the type of that name, or nil.
func Lookup(name string) Type { return registered.types[name] }

// Names lists the registered types in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(registered.types)) }

// Counter is a counter in which a type, or a package that several types share, counts what happens outside of requests, by its full
// name: "funcroute.credentials.refreshed". Requests and errors are counted by the filter.
type Counter string

// NewCounter makes a counter known. It is called when packages are initialized, like [Register], as Envoy takes no new
// counters later, and panics on a name that does not begin with "funcroute." or is known already.
func NewCounter(name string) Counter {
	if !strings.HasPrefix(name, "funcroute.") || registered.counters[Counter(name)] {
		panic(fmt.Sprintf("plugins: counter %q is none, or is known already", name))
	}
	registered.counters[Counter(name)] = true
	return Counter(name)
}

// Counters lists all counters in alphabetical order.
func Counters() []Counter { return slices.Sorted(maps.Keys(registered.counters)) }
