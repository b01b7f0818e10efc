package functions

import "sync"

// cache keeps at least the most recently used `size` entries and at most twice as many. It has two generations: a look-up
// finds an entry in either, a full young generation becomes the old one, and what nobody asked for in between is gone.
// Reads take a shared lock only, and write nothing unless the entry has to be saved from the old generation.
type cache[V any] struct {
	size  int
	mutex sync.RWMutex
	young map[string]V
	old   map[string]V
}

func newCache[V any](size int) *cache[V] {
	return &cache[V]{size: size, young: map[string]V{}}
}

func (c *cache[V]) get(key []byte) (V, bool) {
	c.mutex.RLock()
	value, ok := c.young[string(key)]
	if ok {
		c.mutex.RUnlock()
		return value, true
	}
	value, ok = c.old[string(key)]
	c.mutex.RUnlock()
	if ok {
		c.put(key, value)
	}
	return value, ok
}

func (c *cache[V]) put(key []byte, value V) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, there := c.young[string(key)]; !there && len(c.young) >= c.size {
		c.old, c.young = c.young, map[string]V{}
	}
	c.young[string(key)] = value
}
