package soak

import (
	"fmt"
	"slices"
	"time"
)

// result is what came of one Envoy.
type result struct {
	host    string
	clients *clients
	up      *upstream
	updates int
	// active is how many requests Envoy still has in hand when all clients are done.
	active int
	alive  error
}

const (
	// What an Envoy under this load never needs; memory is in megabytes.
	mostMemory     = 600
	mostThreads    = 64
	mostGoroutines = 100
	// slopeAfter is how long a soak must last for its slope to mean something, as Go's heap and Envoy's pools first fill.
	slopeAfter = 5 * time.Minute
	// mostGrown is by how much memory may grow within the last two thirds, as a share of what there is, or in megabytes.
	mostGrown   = 0.15
	mostGrownMB = 12
	// mostAllocatedMB is by how many megabytes Envoy and C code may have allocated more at the end of the last two thirds: nothing
	// there is kept for some time and then forgotten, so that it is flat from the beginning, but for the requests under way.
	mostAllocatedMB = 1
	// settledAfter is how long a soak must last for its second half to be flat. What is compiled for clusters and routes that are
	// gone is kept for up to ten minutes once there is much of it (filters/configuration, Cache), and for each megabyte that Go can
	// reach its heap has up to two.
	settledAfter = 30 * time.Minute
	// mostSettled is by how much memory may grow within the second half, as a share of what there is; mostReachableMB is by how many
	// megabytes what Go can reach may: a few hundred entries of its caches more or less.
	mostSettled     = 0.03
	mostReachableMB = 1.5
)

// problems are what must not be, one line each.
func (r *result) problems(lasted time.Duration) []string {
	var found []string
	check := func(ok bool, format string, arguments ...any) {
		if !ok {
			found = append(found, fmt.Sprintf(format, arguments...))
		}
	}
	c, list := r.clients, r.clients.samples.list
	check(r.alive == nil, "Envoy: %v", r.alive)
	check(c.lost.Load() == 0, "%d requests are lost", c.lost.Load())
	check(r.up.unsigned.Load() == 0, "%d calls are not signed as they should be", r.up.unsigned.Load())
	check(r.up.wrong.Load() == 0, "%d calls are not those they should be", r.up.wrong.Load())
	check(r.up.verified.Load() > 0, "no signature was verified")
	check(c.right.Load() > c.sent.Load()/2, "only %d of %d requests were answered right", c.right.Load(), c.sent.Load())
	check(c.sent.Load() == r.answered()+c.aborted.Load()+c.lost.Load(), "the figures do not add up")
	check(r.active == 0, "Envoy has %d requests in hand that nobody waits for", r.active)
	check(len(list) > 1, "there are no samples")
	memory := most(list, wholeMemory)
	check(memory < mostMemory, "Envoy's memory: got %.0f MB, want less than %d", memory, mostMemory)
	threads := most(list, func(s sample) int { return s.threads })
	check(threads < mostThreads, "Envoy's threads: got %d, want less than %d", threads, mostThreads)
	goroutines := most(list, func(s sample) int { return s.goroutines })
	check(goroutines < mostGoroutines, "goroutines: got %d, want less than %d", goroutines, mostGoroutines)
	if lasted >= slopeAfter {
		found = append(found, growth(c.samples, lasted)...)
	}
	return slices.Concat(found, r.clients.complaints.list, r.up.complaints.list)
}

// growth are the parts of the memory that grow although they must not, one line each.
func growth(s *samples, lasted time.Duration) []string {
	var found []string
	check := func(list []sample, when string, p part, bound float64) {
		if more := grown(list, p.of); more > bound {
			found = append(found, fmt.Sprintf("%s: grows by %.1f MB in the %s, want at most %.1f", p.name, more, when, bound))
		}
	}
	peak := most(s.list, wholeMemory)
	check(s.lastTwoThirds(), "last two thirds", whole, max(mostGrown*peak, mostGrownMB))
	check(s.lastTwoThirds(), "last two thirds", allocated, mostAllocatedMB)
	if lasted >= settledAfter {
		check(s.secondHalf(), "second half", whole, mostSettled*peak)
		check(s.secondHalf(), "second half", reachable, mostReachableMB)
	}
	return found
}

func wholeMemory(s sample) float64 { return s.memory.whole }

// answered are the requests that were answered right, or with an error that something explains.
func (r *result) answered() int64 {
	sum := r.clients.right.Load() + r.clients.noCredentials.Load()
	for i := range faults {
		sum += r.clients.befell[i].Load()
	}
	return sum
}
