package plugins

import (
	"fmt"
	"slices"
)

var registry = map[string]Type{}

// Register makes a function type known. It is called from the type's init and panics on a mistake, which then no build
// survives: an empty or a doubled name, a nil type.
func Register(t Type) {
	if t == nil || t.Name() == "" {
		panic("plugins: Register needs a type with a name")
	}
	if _, taken := registry[t.Name()]; taken {
		panic(fmt.Sprintf("plugins: type %q is registered twice", t.Name()))
	}
	registry[t.Name()] = t
}

// Lookup returns the type of that name, or nil.
func Lookup(name string) Type { return registry[name] }

// Names lists the registered types in alphabetical order.
func Names() []string {
	names := make([]string, 0, len(registry))
	for name := range registry {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
