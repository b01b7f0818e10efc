package soak

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// sample is how an Envoy was at one time.
type sample struct {
	at                  time.Duration
	memory              memory
	threads, goroutines int
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
func (s *samples) take(ctx context.Context, t testing.TB, envoy *harness.Envoy, every time.Duration) {
	begin := time.Now()
	for ctx.Err() == nil {
		pause(ctx, every)
		memory, state, err := measure(t, envoy)
		if err != nil {
			t.Errorf("Envoy has gone: %v", err)
			return
		}
		threads, err := envoy.Threads()
		if err != nil {
			t.Errorf("Envoy has gone: %v", err)
			return
		}
		s.add(sample{at: time.Since(begin), memory: memory, threads: threads, goroutines: state.Goroutines})
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

// lastTwoThirds are what is judged of a soak of some minutes: in the first third Go's heap and Envoy's pools fill.
func (s *samples) lastTwoThirds() []sample { return s.list[len(s.list)/3:] }

// secondHalf is what is judged of a soak that lasts longer than anything is kept.
func (s *samples) secondHalf() []sample { return s.list[len(s.list)/2:] }

// slope is by how much a part of the memory grows in an hour, by the least squares of some samples.
func slope(list []sample, of func(memory) float64) float64 {
	var x, y, xx, xy float64
	for _, one := range list {
		hours, size := one.at.Hours(), of(one.memory)
		x, y, xx, xy = x+hours, y+size, xx+hours*hours, xy+hours*size
	}
	n := float64(len(list))
	if spread := n*xx - x*x; spread > 0 {
		return (n*xy - x*y) / spread
	}
	return 0
}

// grown is by how many megabytes a part of the memory grows from the first of some samples to the last, by their slope.
func grown(list []sample, of func(memory) float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return slope(list, of) * (list[len(list)-1].at - list[0].at).Hours()
}

// quarters are the means of the four quarters of the time.
func quarters(list []sample, of func(memory) float64) (means [4]float64) {
	for i := range means {
		quarter := list[len(list)*i/4 : len(list)*(i+1)/4]
		for _, one := range quarter {
			means[i] += of(one.memory)
		}
		means[i] /= float64(max(len(quarter), 1))
	}
	return means
}

// most returns the largest value within a part of the samples.
func most[N int | float64](list []sample, value func(sample) N) N {
	var largest N
	for _, one := range list {
		largest = max(largest, value(one))
	}
	return largest
}
