// Package vitals is a filter for tests: it answers with what the Go side of the process is doing, which nobody can see from
// outside. No library for users has it.
package vitals

import (
	"bytes"
	"encoding/json"
	"regexp"
	"runtime"
	"slices"

	"github.com/funcroute/funcroute/filters/host"
)

// Vitals is what it answers.
type Vitals struct {
	// Goroutines is how many there are, but for one per worker that has ever called Go, and Stacks what all do.
	Goroutines int
	Stacks     string
	// Heap is how many bytes are reachable.
	Heap uint64
	// Held is what the Go runtime had of the system when it was asked, before it collected garbage.
	Held Held
	// Blocks and Routes are how many filter blocks and per-route configurations are reachable, see Counted.
	Blocks, Routes int
}

// Filter is the filter `vitals`. It answers every request.
type Filter struct{}

func (Filter) Name() string { return "vitals" }

func (Filter) NewConfig(host.ConfigHandle, []byte) (host.Config, error) { return config{}, nil }

func (Filter) NewRouteConfig([]byte) (any, error) { return nil, nil }

type config struct{}

func (config) NewStream(s host.Stream) host.StreamFilter { return stream{host: s} }

type stream struct {
	host.StreamFilter // Of which nothing is called after the reply but what is below.
	host              host.Stream
}

func (s stream) RequestHeaders(bool) host.Action {
	held := readHeld()
	runtime.GC() // What is free then is not given back to the system at once, for who asks shall not change what the process has.
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	body, err := json.Marshal(Vitals{
		Goroutines: goroutines(stacks), Stacks: string(stacks), Heap: memory.HeapAlloc, Held: held,
		Blocks: int(loaded.blocks.Load()), Routes: int(loaded.routes.Load()),
	})
	if err != nil {
		panic(err) // A text and numbers.
	}
	s.host.SendReply(200, [][2]string{{"content-type", "application/json"}}, body, "vitals")
	return host.Replied
}

// goroutines counts those that are not bound to one of Envoy's threads.
func goroutines(stacks []byte) int {
	heads := regexp.MustCompile(`(?m)^goroutine \d+ \[.*\]:$`).FindAll(stacks, -1)
	return len(slices.DeleteFunc(heads, func(head []byte) bool { return bytes.Contains(head, []byte("locked to thread")) }))
}

func (stream) Destroy() {}
