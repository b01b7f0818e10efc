// Package configuration is what filters need to read configuration once and to keep what they made of it: strict decoding,
// a cache, and its keys.
package configuration

import (
	"sync"
	"time"
)

const (
	// few is how many entries may stay for ever.
	few = 1 << 10
	// idle is for how long one of many may stay without being asked for.
	idle = 5 * time.Minute
)

// Cache keeps at least the most recently used `size` entries and at most twice as many. It has two generations: a look-up
// finds an entry in either, a full young generation becomes the old one, and what nobody asked for in between is gone.
// Reads take a shared lock only, and write nothing unless the entry has to be saved from the old generation.
//
// Hosts do not say which configuration has been replaced. So while there are more than a few entries, generations also
// change with time, whoever is asked for or not: what belongs to configurations long gone goes too.
type Cache[V any] struct {
	size, stay int

	mutex    sync.RWMutex
	young    map[string]V
	old      map[string]V
	sweeping bool // a timer runs
}

// NewCache returns an empty cache. It is safe for concurrent use.
func NewCache[V any](size int) *Cache[V] {
	return &Cache[V]{size: size, stay: few, young: map[string]V{}}
}

// NewShortCache returns an empty cache of what is made anew in no time: there, no entry stays that nobody asks for.
func NewShortCache[V any](size int) *Cache[V] {
	return &Cache[V]{size: size, young: map[string]V{}}
}

// Len is how many entries there are. One that has been saved from the old generation counts twice.
func (c *Cache[V]) Len() int {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return len(c.young) + len(c.old)
}

// Get returns the entry of a key.
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

// Put adds an entry or replaces it.
func (c *Cache[V]) Put(key []byte, value V) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, there := c.young[string(key)]; !there && len(c.young) >= c.size {
		c.turn()
	}
	c.young[string(key)] = value
	if !c.sweeping && c.many() {
		c.sweeping = true
		time.AfterFunc(idle, c.sweep)
	}
}

func (c *Cache[V]) turn() { c.old, c.young = c.young, map[string]V{} }

func (c *Cache[V]) many() bool { return len(c.young)+len(c.old) > c.stay }

// sweep goes on for as long as there are many entries. Nothing runs in a process with few, or with none in use.
func (c *Cache[V]) sweep() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.turn()
	if c.sweeping = c.many(); c.sweeping {
		time.AfterFunc(idle, c.sweep)
	}
}
