// Package cache keeps what is expensive to make, up to a bound.
//
// An entry that a cache has given up is out of its reach at once: nothing else in it refers to the entry's value, so the value can be
// collected as soon as nobody uses it any more. Who has to close such a value can have the garbage collector tell (runtime.AddCleanup).
package cache

import (
	"math"
	"sync"
	"time"
)

// Policy says what a cache keeps.
type Policy struct {
	// Capacity is how many of the most recently used entries stay at least, if nothing else has them go. At most twice as many do.
	Capacity int
	// Unused is how many entries may stay although nobody asks for them. With more in the cache, one that was not asked for in five
	// minutes goes within the next five. At 0 none stays that nobody asks for.
	Unused int
}

// Unlimited, as what may stay unused, has entries go only when there are too many.
const Unlimited = math.MaxInt

// idle is for how long one of many may stay without being asked for.
const idle = 5 * time.Minute

// Cache keeps entries as its policy says. It has two generations: a look-up finds an entry in either, a full young generation
// becomes the old one, and what nobody asked for in between is gone. Reads take a shared lock only, and write nothing unless
// the entry has to be saved from the old generation. It is safe for concurrent use.
//
// Generations also change with time while there are more entries than may stay unused, whoever is asked for or not.
type Cache[K comparable, V any] struct {
	policy Policy

	mutex    sync.RWMutex
	young    map[K]entry[K, V]
	old      map[K]entry[K, V]
	sweeping bool // a timer runs
}

// entry has its key beside it, so that a look-up with borrowed bytes keeps none of them.
type entry[K comparable, V any] struct {
	key   K
	value V
}

// New returns an empty cache.
func New[K comparable, V any](policy Policy) *Cache[K, V] {
	return &Cache[K, V]{policy: policy, young: map[K]entry[K, V]{}}
}

// Len is how many entries there are. One that has been saved from the old generation counts twice.
func (c *Cache[K, V]) Len() int {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return len(c.young) + len(c.old)
}

// Get returns the entry of a key. It does not keep the key.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mutex.RLock()
	found, ok := c.young[key]
	if ok {
		c.mutex.RUnlock()
		return found.value, true
	}
	found, ok = c.old[key]
	c.mutex.RUnlock()
	if ok {
		c.save(found)
	}
	return found.value, ok
}

// GetBytes is Get of a cache whose keys are texts, for a key that is at hand as bytes. It makes no text of them.
func GetBytes[V any](c *Cache[string, V], key []byte) (V, bool) {
	c.mutex.RLock()
	found, ok := c.young[string(key)]
	if ok {
		c.mutex.RUnlock()
		return found.value, true
	}
	found, ok = c.old[string(key)]
	c.mutex.RUnlock()
	if ok {
		c.save(found)
	}
	return found.value, ok
}

// Put adds an entry or replaces it. It keeps the key.
func (c *Cache[K, V]) Put(key K, value V) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.put(entry[K, V]{key, value})
}

// save has an entry of the old generation stay, unless it was replaced meanwhile.
func (c *Cache[K, V]) save(found entry[K, V]) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, there := c.young[found.key]; !there {
		c.put(found)
	}
}

// put adds an entry to the young generation. The mutex is held.
func (c *Cache[K, V]) put(added entry[K, V]) {
	if _, there := c.young[added.key]; !there && len(c.young) >= c.policy.Capacity {
		c.turn()
	}
	c.young[added.key] = added
	if !c.sweeping && c.many() {
		c.sweeping = true
		time.AfterFunc(idle, c.sweep)
	}
}

func (c *Cache[K, V]) turn() { c.old, c.young = c.young, map[K]entry[K, V]{} }

func (c *Cache[K, V]) many() bool { return len(c.young)+len(c.old) > c.policy.Unused }

// sweep goes on for as long as there are many entries. Nothing runs in a process with few, or with none in use.
func (c *Cache[K, V]) sweep() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.turn()
	if c.sweeping = c.many(); c.sweeping {
		time.AfterFunc(idle, c.sweep)
	}
}
