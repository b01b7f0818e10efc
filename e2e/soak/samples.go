package soak

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e"
)

// sample is how an Envoy was at one time.
type sample struct {
	at              time.Duration
	memory, threads int // resident megabytes, threads
	goroutines      int
	heap            float64 // megabytes that Go can reach
	// median and slow (the 99th percentile) are the milliseconds that undisturbed answers took since the sample before.
	median, slow float64
}

// samples are taken of one Envoy from time to time.
type samples struct {
	mutex     sync.Mutex
	latencies []time.Duration
	list      []sample
}

func newSamples() *samples { return &samples{} }

func (s *samples) latency(d time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.latencies = append(s.latencies, d)
}

// take samples an Envoy until the context ends.
func (s *samples) take(ctx context.Context, t testing.TB, envoy *e2e.Envoy, every time.Duration) {
	begin := time.Now()
	for ctx.Err() == nil {
		pause(ctx, every)
		memory, err := envoy.Memory()
		if err != nil {
			t.Errorf("Envoy has gone: %v", err)
			return
		}
		threads, err := envoy.Threads()
		if err != nil {
			t.Errorf("Envoy has gone: %v", err)
			return
		}
		state := envoy.State(t)
		s.add(sample{
			at: time.Since(begin), memory: memory, threads: threads,
			goroutines: state.Goroutines, heap: float64(state.Heap) / (1 << 20),
		})
	}
}

func (s *samples) add(taken sample) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	slices.Sort(s.latencies)
	if n := len(s.latencies); n > 0 {
		taken.median, taken.slow = milliseconds(s.latencies[n/2]), milliseconds(s.latencies[n*99/100])
	}
	s.latencies = s.latencies[:0]
	s.list = append(s.list, taken)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// slope is by how much the memory grows in an hour, by the least squares of the samples' last two thirds: in the first
// third caches and pools fill.
func (s *samples) slope() float64 {
	list := s.list[len(s.list)/3:]
	var x, y, xx, xy float64
	for _, one := range list {
		hours, memory := one.at.Hours(), float64(one.memory)
		x, y, xx, xy = x+hours, y+memory, xx+hours*hours, xy+hours*memory
	}
	n := float64(len(list))
	if spread := n*xx - x*x; spread > 0 {
		return (n*xy - x*y) / spread
	}
	return 0
}

// most returns the largest value within a part of the samples.
func most(list []sample, value func(sample) int) int {
	largest := 0
	for _, one := range list {
		largest = max(largest, value(one))
	}
	return largest
}
