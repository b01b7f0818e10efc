//go:build !race

package cloudevents

import "testing"

// The ceilings are what is needed: the stream, the texts that an event in structured mode is cut into, and what the SDK's
// expressions box.
func TestAllocations(t *testing.T) {
	for name, ceilings := range map[string]map[string]float64{
		"":           {"plain": 1, "binary": 3, "structured": 10},
		benchOptions: {"plain": 1, "binary": 7, "structured": 13},
	} {
		c := configOf(t, name)
		for kind, request := range typicalRequests() {
			serve(c, request)
			if got := testing.AllocsPerRun(100, func() { serve(c, request) }); got > ceilings[kind] {
				t.Errorf("%s with options %q: %.0f allocations, want at most %.0f", kind, name, got, ceilings[kind])
			}
		}
	}
}
