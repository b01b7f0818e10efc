package vitals

import "runtime/metrics"

// Held are the bytes that the Go runtime has of the system, and has not given back.
type Held struct {
	// Objects are reachable or garbage; Free is what the heap keeps for objects to come.
	Objects, Free uint64
	// Stacks are those of goroutines, Other is what the runtime itself needs.
	Stacks, Other uint64
}

// Sum is all of it.
func (h Held) Sum() uint64 { return h.Objects + h.Free + h.Stacks + h.Other }

func readHeld() Held {
	const (
		total = iota
		released
		objects
		unused
		free
		stacks
		osStacks
	)
	classes := []metrics.Sample{
		total:    {Name: "/memory/classes/total:bytes"},
		released: {Name: "/memory/classes/heap/released:bytes"},
		objects:  {Name: "/memory/classes/heap/objects:bytes"},
		unused:   {Name: "/memory/classes/heap/unused:bytes"},
		free:     {Name: "/memory/classes/heap/free:bytes"},
		stacks:   {Name: "/memory/classes/heap/stacks:bytes"},
		osStacks: {Name: "/memory/classes/os-stacks:bytes"},
	}
	metrics.Read(classes)
	of := func(class int) uint64 { return classes[class].Value.Uint64() }
	h := Held{Objects: of(objects), Free: of(unused) + of(free), Stacks: of(stacks) + of(osStacks)}
	h.Other = of(total) - of(released) - h.Objects - h.Free - h.Stacks
	return h
}
