package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/e2e/faulty/vitals"
)

// Figures are the results of many requests. They are printed at the end, and no request may be lost.
type Figures struct {
	mutex sync.Mutex
	sent  int
	as    map[string]int // how many ended as they should, by how that is
	lost  []string
}

// Note notes the result of one request: how it has ended as it should, or why it has not.
func (f *Figures) Note(as string, lost error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.sent++
	if lost != nil {
		f.lost = append(f.lost, as+": "+lost.Error())
		return
	}
	if f.as == nil {
		f.as = map[string]int{}
	}
	f.as[as]++
}

// Sent is how many requests there were.
func (f *Figures) Sent() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.sent
}

// Report prints the figures. Each request that is lost fails the test.
func (f *Figures) Report(t testing.TB) {
	t.Helper()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var line strings.Builder
	for _, as := range slices.Sorted(maps.Keys(f.as)) {
		fmt.Fprintf(&line, "%s %d, ", as, f.as[as])
	}
	t.Logf("sent %d: %slost %d", f.sent, &line, len(f.lost))
	if f.sent == 0 {
		t.Error("no request was sent")
	}
	for i, lost := range f.lost {
		if i == 10 {
			t.Errorf("and %d more", len(f.lost)-i)
			break
		}
		t.Errorf("lost: %s", lost)
	}
}

// State is what an Envoy holds in memory.
type State struct {
	// Goroutines and Heap are of the Go side, Envoy is what Envoy has allocated itself, in bytes.
	Goroutines  int
	Heap, Envoy uint64
	// Blocks and Routes are how many filter blocks and per-route configurations there are of the filters for users.
	Blocks, Routes int
	stacks         string
	// Held is the memory that the Go runtime has from the system, Malloc the memory that Envoy's allocator has.
	Held   vitals.Held
	Malloc Malloc
}

func (s State) String() string {
	return fmt.Sprintf("%d goroutines, %d filter blocks, %d per-route configurations, %d KB of Go, %d KB of Envoy",
		s.Goroutines, s.Blocks, s.Routes, s.Heap>>10, s.Envoy>>10)
}

// AddVitals adds a listener that tells the state of the Go side. Only the libraries of e2e/faulty have it.
func (c Config) AddVitals() {
	filter := Clone(FunctionsFilter()).(Object)
	filter["name"] = "vitals"
	filter["typed_config"].(Object)["filter_name"] = "vitals"
	c.AddListener("vitals", nil, nil, Object{
		"stat_prefix": "vitals", "access_log": []any{}, "http_filters": []any{filter, RouterFilter()},
	})
}

// State asks an Envoy with AddVitals.
func (e *Envoy) State(t testing.TB) State {
	t.Helper()
	answer, err := http.Get("http://" + e.Listener(t, "vitals") + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var told vitals.Vitals
	if err := json.Unmarshal(body, &told); err != nil {
		t.Fatal(err)
	}
	memory := e.Malloc(t)
	return State{
		Goroutines: told.Goroutines, Heap: told.Heap, Envoy: memory.Allocated, Blocks: told.Blocks, Routes: told.Routes, stacks: told.Stacks,
		Held: told.Held, Malloc: memory,
	}
}

// Malloc is the memory of Envoy's allocator in bytes. All C code of the process uses that allocator.
type Malloc struct {
	// Allocated is in use.
	Allocated uint64 `json:"allocated,string"`
	// Free are whole pages that nobody uses and that the system has not got back.
	Free uint64 `json:"pageheap_free,string"`
	// Cached is what threads keep for what they allocate next.
	Cached uint64 `json:"total_thread_cache,string"`
	// Physical is all that it has of the system, with its own books and the unused parts of pages in use.
	Physical uint64 `json:"total_physical_bytes,string"`
}

// Malloc asks Envoy about the memory of its allocator.
func (e *Envoy) Malloc(t testing.TB) Malloc {
	t.Helper()
	var memory Malloc
	if err := json.Unmarshal(e.Get(t, "/memory"), &memory); err != nil {
		t.Fatal(err)
	}
	return memory
}

// WantState waits until Envoy has no more goroutines than before, and at most a little more memory.
func (e *Envoy) WantState(t testing.TB, before State, someHeap, someEnvoy uint64) {
	t.Helper()
	var now State
	defer func() { t.Logf("before: %s; after: %s", before, now) }()
	Eventually(t, "goroutines and memory", func() error {
		now = e.State(t)
		switch {
		case now.Goroutines > before.Goroutines:
			return fmt.Errorf("there are %d goroutines, before there were %d:\n%s", now.Goroutines, before.Goroutines, now.stacks)
		case now.Blocks > before.Blocks || now.Routes > before.Routes:
			return fmt.Errorf("there are %d filter blocks and %d per-route configurations, before there were %d and %d",
				now.Blocks, now.Routes, before.Blocks, before.Routes)
		case now.Heap > before.Heap+someHeap:
			return fmt.Errorf("the Go side has %d KB, want at most %d more than %d", now.Heap>>10, someHeap>>10, before.Heap>>10)
		case now.Envoy > before.Envoy+someEnvoy:
			return fmt.Errorf("the Envoy has %d KB, want at most %d more than %d", now.Envoy>>10, someEnvoy>>10, before.Envoy>>10)
		}
		return e.Running()
	})
}

// Long reports whether tests are to run for a long time.
func Long() bool { return os.Getenv("FUNCROUTE_LONG") != "" }
