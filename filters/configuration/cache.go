package configuration

import "github.com/funcroute/funcroute/cache"

// few is how many entries of a cache may stay although nobody asks for them.
const few = 1 << 10

// NewCache returns a cache of what was compiled from configuration, by its [Key]. Hosts do not say which configuration has been replaced. So
// entries that nobody asks for go after a while, as long as there are more than a few.
func NewCache[V any](capacity int) *cache.Cache[string, V] {
	return cache.New[string, V](cache.Policy{Capacity: capacity, Unused: few})
}
