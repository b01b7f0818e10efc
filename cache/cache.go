// Package cache keeps what is expensive to make, up to a bound.
//
// When an entry goes, the cache holds no reference to its value any more, so the garbage collector can take the value as soon as nobody
// uses it. A value that has to be closed can be closed then, by runtime.AddCleanup.
package cache

import (
	"math"
	"sync"
	"time"
)

// Policy says what a cache keeps.
type Policy struct {
	// Capacity is how many entries stay at least: those that were used most recently. At most twice as many stay. Entries may go earlier
	// by Unused.
	Capacity int
	// Unused is how many entries may stay although nobody asks for them. If there are more in the cache, an entry for which nobody has
	// asked in five minutes goes within the next five minutes. With 0, no entry stays for which nobody asks.
	Unused int
}

// Unlimited is a value for Unused: entries go only when there are more than Capacity allows.
const Unlimited = math.MaxInt

// idle is how long an entry may stay for which nobody asks, if there are more of them than Unused allows.
const idle = 5 * time.Minute

// Cache keeps entries as its [Policy] says. It is safe for concurrent use.
//
// It has two generations. A look-up finds an entry in either of them, and moves one that it finds in the old generation to the young
// one. When the young generation is full, it becomes the old one. Entries that are in the old generation then are gone, for nobody has
// asked for them meanwhile. While there are more entries than may stay unused, the generations also change with time.
//
// A look-up takes a shared lock only, and writes nothing unless it has to move an entry.
type Cache[K comparable, V any] struct {
	policy Policy

	mutex    sync.RWMutex
	young    map[K]entry[K, V]
	old      map[K]entry[K, V]
	sweeping bool // a timer runs
}

// entry has its key beside its value. When a look-up by borrowed bytes moves an entry, the cache then need not keep the bytes.
type entry[K comparable, V any] struct {
	key   K
	value V
}

// New returns an empty cache.
func New[K comparable, V any](policy Policy) *Cache[K, V] {
	return &Cache[K, V]{policy: policy, young: map[K]entry[K, V]{}}
}

// Len is how many entries there are. An entry that was moved from the old generation counts twice.
func (c *Cache[K, V]) Len() int {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	return len(c.young) + len(c.old)
}

// Get returns the value of a key. It does not keep the key.
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

// GetBytes is Get for a cache whose keys are texts, if the key is at hand as bytes. It does not copy the bytes.
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

// save moves an entry from the old generation to the young one, unless it was replaced meanwhile.
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

// sweep changes the generations, and runs again later as long as there are many entries. In a process with few entries, nothing runs.
func (c *Cache[K, V]) sweep() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.turn()
	if c.sweeping = c.many(); c.sweeping {
		time.AfterFunc(idle, c.sweep)
	}
}
