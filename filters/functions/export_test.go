package functions

import "github.com/funcroute/funcroute/filters/host"

// Held is how much a filter block and its filter hold on to, by what it is.
func Held(block host.Config) map[string]int {
	c := block.(*config)
	c.attempts.mutex.Lock()
	defer c.attempts.mutex.Unlock()
	c.plans.routines.mutex.Lock()
	defer c.plans.routines.mutex.Unlock()
	return map[string]int{
		"destinations": c.plans.destinations.Len(),
		"plans":        c.plans.plans.Len(),
		"functions":    c.plans.functions.Len(),
		"upstreams":    c.plans.upstreams.Len(),
		"attempts":     len(c.attempts.live),
		"routines":     len(c.plans.routines.known),
	}
}
