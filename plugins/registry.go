package plugins

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// registered holds what packages have made known while they were initialized. Nothing is added later.
var registered = struct {
	types    map[string]Type
	reasons  map[Reason]int // their statuses
	counters map[Counter]bool
}{map[string]Type{}, map[Reason]int{}, map[Counter]bool{}}

// Register makes a function type known. It is called from the type's init. It panics on a mistake, so that no library with the mistake
// can be loaded: a nil type, an empty name, or a name that is taken.
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

// Counter is the full name of a counter, such as "funcroute.credentials.refreshed". Types and the packages that they share count in it
// what happens outside of requests. Requests and errors are counted by the filter.
type Counter string

// NewCounter makes a counter known. Like [Register], it must be called while packages are initialized, because Envoy takes no new counters
// later. It panics on a name that does not begin with "funcroute.", or that is known already.
func NewCounter(name string) Counter {
	if !strings.HasPrefix(name, "funcroute.") || registered.counters[Counter(name)] {
		panic(fmt.Sprintf("plugins: counter %q is none, or is known already", name))
	}
	registered.counters[Counter(name)] = true
	return Counter(name)
}

// Counters lists all counters in alphabetical order.
func Counters() []Counter { return slices.Sorted(maps.Keys(registered.counters)) }
