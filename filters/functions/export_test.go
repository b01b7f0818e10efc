package functions

import "github.com/funcroute/funcroute/filters/host"

// Held is how much a filter block and its filter hold on to, by what it is.
func Held(block host.Config) map[string]int {
	c := block.(*config)
	c.attempts.mutex.Lock()
	defer c.attempts.mutex.Unlock()
	c.pairs.routines.mutex.Lock()
	defer c.pairs.routines.mutex.Unlock()
	return map[string]int{
		"destinations": c.pairs.destinations.Len(),
		"pairs":        c.pairs.pairs.Len(),
		"functions":    c.pairs.functions.Len(),
		"upstreams":    c.pairs.upstreams.Len(),
		"attempts":     len(c.attempts.live),
		"routines":     len(c.pairs.routines.known),
	}
}
