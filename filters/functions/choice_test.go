package functions

import (
	"math"
	"testing"
)

func TestSplit(t *testing.T) {
	s, err := newSplit(map[string]float64{"a": 1, "b": 0, "c": 3})
	if err != nil {
		t.Fatal(err)
	}
	for point, want := range map[float64]string{0: "a", 0.2499: "a", 0.25: "c", 0.9999999: "c", 1: "c"} {
		if got := s.pick(point); got != want {
			t.Errorf("pick(%v) = %q, want %q", point, got, want)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	cases := map[string]map[string]float64{
		"nothing":         {},
		"a sum of 0":      {"a": 0},
		"below 0":         {"a": 2, "b": -1},
		"not a number":    {"a": math.NaN()},
		"endless":         {"a": math.Inf(1)},
		"more than a sum": {"a": math.MaxFloat64, "b": math.MaxFloat64},
	}
	for name, weights := range cases {
		t.Run(name, func(t *testing.T) {
			if s, err := newSplit(weights); err == nil {
				t.Errorf("split = %v, want an error", s)
			}
		})
	}
}
