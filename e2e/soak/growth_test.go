package soak

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// sampled makes 200 samples of an Envoy whose memory is what it is after some time.
func sampled(lasts time.Duration, of func(hours float64) memory) *samples {
	s := newSamples()
	for i := range 200 {
		at := lasts * time.Duration(i+1) / 200
		s.list = append(s.list, sample{at: at, memory: of(at.Hours())})
	}
	return s
}

// Each kind of growth is seen in a soak that is long enough to tell, and none is seen where there is none.
func TestGrowth(t *testing.T) {
	usual := memory{whole: 105, allocated: 7, reachable: 5}
	// filling is what caches do at first.
	filling := func(hours, most, within float64) float64 { return most * min(hours/within, 1) }
	cases := []struct {
		name  string
		lasts time.Duration
		of    func(hours float64) memory
		want  []string
	}{
		{"flat", time.Hour, func(float64) memory { return usual }, nil},
		{"caches fill in a quarter of an hour", time.Hour, func(hours float64) memory {
			m := usual
			m.reachable += filling(hours, 5, 0.25)
			m.whole += filling(hours, 10, 0.25)
			return m
		}, nil},
		{"generations of caches come and go every five minutes", time.Hour, func(hours float64) memory {
			m := usual
			_, part := math.Modf(hours * 12)
			m.reachable += 2 * part
			m.whole += 4 * part
			return m
		}, nil},
		{"C code keeps ten kilobytes with each update", 10 * time.Minute, func(hours float64) memory {
			m := usual
			m.allocated += 12 * hours
			m.whole += 12 * hours
			return m
		}, []string{allocated.name}},
		{"the same within the first minutes", 4 * time.Minute, func(hours float64) memory {
			m := usual
			m.allocated += 12 * hours
			return m
		}, nil},
		{"the whole never settles", time.Hour, func(hours float64) memory {
			m := usual
			m.whole += 10 * hours
			return m
		}, []string{whole.name}},
		{"the whole grows fast", 10 * time.Minute, func(hours float64) memory {
			m := usual
			m.whole += 200 * hours
			return m
		}, []string{whole.name}},
		{"Go never forgets", time.Hour, func(hours float64) memory {
			m := usual
			m.reachable += 4 * hours
			return m
		}, []string{reachable.name}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := growth(sampled(c.lasts, c.of), c.lasts)
			if len(got) != len(c.want) || slices.ContainsFunc(c.want, func(name string) bool {
				return !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, name+": grows") })
			}) {
				t.Errorf("growth: got %q, want one line for each of %q", got, c.want)
			}
		})
	}
}

// The parts add up to the whole, and the means are those of each quarter.
func TestParts(t *testing.T) {
	m := memory{whole: 100, files: 70, goHeap: 6, allocated: 7, spare: 8, reachable: 4, goOther: 5}
	sum := 0.0
	for _, p := range parts {
		if strings.HasPrefix(p.name, "of it ") {
			sum += p.of(m)
		}
	}
	if sum != m.whole {
		t.Errorf("parts: got %v in sum, want %v", sum, m.whole)
	}
	got := quarters(sampled(time.Hour, func(hours float64) memory { return memory{whole: math.Ceil(hours * 4)} }).list, whole.of)
	if want := [4]float64{1, 2, 3, 4}; got != want {
		t.Errorf("quarters: got %v, want %v", got, want)
	}
	if got := slope(sampled(time.Hour, func(hours float64) memory { return memory{whole: 50 + 12*hours} }).list, whole.of); math.Abs(got-12) > 1e-6 {
		t.Errorf("slope: got %v an hour, want 12", got)
	}
}
