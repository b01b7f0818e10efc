package soak

import (
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// memory is what an Envoy has of the machine's memory and what that is made of, in megabytes.
type memory struct {
	whole float64
	// files are pages of programs and libraries, as far as they have been needed.
	files float64
	// goHeap is Go's heap: what is reachable, garbage, and memory that is kept for what comes next.
	goHeap float64
	// allocated is in use by Envoy and by all C code, ours as well: the process has one allocator. spare is what the allocator
	// has besides: pages and pieces that are free and kept for what comes next, and its own books.
	allocated, spare float64
	// reachable is what Go can reach, which is a part of goHeap.
	reachable float64
	// goOther are the stacks of goroutines and the Go runtime's own books, as far as the runtime has asked for them: it has not
	// touched all of that, so only some of it counts in whole.
	goOther float64
}

func (m memory) rest() float64 { return m.whole - m.files - m.goHeap - m.allocated - m.spare }

// part is something of the memory that the report and the plot show.
type part struct {
	name string
	of   func(memory) float64
}

var (
	whole     = part{"memory", func(m memory) float64 { return m.whole }}
	allocated = part{"of it allocated by Envoy and by C code", func(m memory) float64 { return m.allocated }}
	reachable = part{"reachable by Go", func(m memory) float64 { return m.reachable }}
)

var parts = []part{
	whole,
	{"of it pages of programs and libraries", func(m memory) float64 { return m.files }},
	{"of it Go's heap", func(m memory) float64 { return m.goHeap }},
	allocated,
	{"of it free in Envoy's allocator", func(m memory) float64 { return m.spare }},
	{"of it the rest: stacks, Go's books, data of libraries", memory.rest},
	reachable,
	{"Go's stacks and books, touched or not", func(m memory) float64 { return m.goOther }},
}

// measure asks the system, Envoy and Go, one after the other.
func measure(t testing.TB, envoy *harness.Envoy) (memory, harness.State, error) {
	t.Helper()
	resident, err := envoy.Resident()
	if err != nil {
		return memory{}, harness.State{}, err
	}
	state := envoy.State(t)
	held, malloc := state.Held, state.Malloc
	return memory{
		whole:     megabytes(resident.All),
		files:     megabytes(resident.Files),
		goHeap:    megabytes(held.Objects + held.Free),
		goOther:   megabytes(held.Stacks + held.Other),
		allocated: megabytes(malloc.Allocated),
		spare:     megabytes(malloc.Physical - malloc.Allocated),
		reachable: megabytes(state.Heap),
	}, state, nil
}

func megabytes(bytes uint64) float64 { return float64(bytes) / (1 << 20) }
