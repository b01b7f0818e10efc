// Package configuration is what filters need to read configuration once and to keep what they made of it: strict decoding,
// a cache, and its keys.
package configuration

import "sync"

// Cache keeps at least the most recently used `size` entries and at most twice as many. It has two generations: a look-up
// finds an entry in either, a full young generation becomes the old one, and what nobody asked for in between is gone.
// Reads take a shared lock only, and write nothing unless the entry has to be saved from the old generation.
type Cache[V any] struct {
	size  int
	mutex sync.RWMutex
	young map[string]V
	old   map[string]V
}

// NewCache returns an empty cache.
func NewCache[V any](size int) *Cache[V] {
	return &Cache[V]{size: size, young: map[string]V{}}
}

// Get returns the value under a key.
func (c *Cache[V]) Get(key []byte) (V, bool) {
	c.mutex.RLock()
	value, ok := c.young[string(key)]
	if ok {
		c.mutex.RUnlock()
		return value, true
	}
	value, ok = c.old[string(key)]
	c.mutex.RUnlock()
	if ok {
		c.Put(key, value)
	}
	return value, ok
}

// Put keeps a value under a key, in place of an earlier one.
func (c *Cache[V]) Put(key []byte, value V) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, there := c.young[string(key)]; !there && len(c.young) >= c.size {
		c.old, c.young = c.young, map[string]V{}
	}
	c.young[string(key)] = value
}
