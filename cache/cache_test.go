package cache

import (
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCacheIsBounded(t *testing.T) {
	c := New[string, int](Policy{Capacity: 10, Unused: Unlimited})
	for i := range 1000 {
		c.Put(strconv.Itoa(i), i)
		if got, ok := c.Get("0"); !ok || got != 0 {
			t.Fatalf("after %d: Get(0) = %d, %v, want what is in use to stay", i, got, ok)
		}
	}
	if n := c.Len(); n > 20 {
		t.Errorf("entries = %d, want at most 20", n)
	}
	if _, ok := c.Get("5"); ok {
		t.Error("Get(5) found what nobody has asked for since")
	}
}

// What is no longer asked for goes after a while, what is asked for stays, and few entries stay anyway.
func TestCacheForgets(t *testing.T) {
	const few = 1 << 6
	cases := []struct {
		name     string
		unused   int
		entries  int
		used     int // of the entries, asked for all the time
		wantLeft int // at most; what is in use may be in both generations
		wantGone bool
	}{
		{name: "few", unused: few, entries: few, wantLeft: few},
		{name: "many, none in use", unused: few, entries: 20 * few, wantLeft: 0, wantGone: true},
		{name: "many, few in use", unused: few, entries: 20 * few, used: 3, wantLeft: 6, wantGone: true},
		{name: "few that may not stay, none in use", entries: few, wantLeft: 0, wantGone: true},
		{name: "few that may not stay, some in use", entries: few, used: 3, wantLeft: 6, wantGone: true},
		{name: "many that may stay", unused: Unlimited, entries: 20 * few, wantLeft: 20 * few},
		{name: "many, all in use", unused: few, entries: 2 * few, used: 2 * few, wantLeft: 4 * few},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache := New[string, int](Policy{Capacity: 1 << 16, Unused: c.unused})
				for i := range c.entries {
					cache.Put(strconv.Itoa(i), i)
				}
				for range 8 {
					time.Sleep(idle / 2) // Of the bubble's clock.
					for i := range c.used {
						if got, ok := cache.Get(strconv.Itoa(i)); !ok || got != i {
							t.Fatalf("Get(%d) = %d, %v, want what is in use to stay", i, got, ok)
						}
					}
				}
				if n := cache.Len(); n > c.wantLeft {
					t.Errorf("entries = %d, want at most %d", n, c.wantLeft)
				}
				if _, there := cache.Get(strconv.Itoa(c.entries - 1)); there == c.wantGone {
					t.Errorf("the last entry is there: %v, want %v", there, !c.wantGone)
				}
				time.Sleep(4 * idle) // Else a timer would outlive the test.
			})
		})
	}
}

func TestCacheIsShared(t *testing.T) {
	c := New[string, int](Policy{Capacity: 8, Unused: 8})
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range 1000 {
				key := strconv.Itoa(i % 30)
				if got, ok := GetBytes(c, []byte(key)); ok && got != i%30 {
					t.Errorf("Get(%s) = %d", key, got)
				}
				c.Put(key, i%30)
			}
		})
	}
	workers.Wait()
}

// A look-up keeps none of the bytes it is given, not even where it saves an entry from the old generation.
func TestLookUpsKeepNoKey(t *testing.T) {
	c := New[string, int](Policy{Capacity: 1, Unused: Unlimited})
	c.Put("a", 1)
	c.Put("b", 2)
	key := []byte("a")
	if got, ok := GetBytes(c, key); !ok || got != 1 {
		t.Fatalf("GetBytes(a) = %d, %v, want 1", got, ok)
	}
	key[0] = 'b'
	for key, want := range map[string]int{"a": 1, "b": 2} {
		if got, ok := c.Get(key); !ok || got != want {
			t.Errorf("Get(%s) = %d, %v, want %d", key, got, ok, want)
		}
	}
}

// What was replaced is not brought back.
func TestPutReplaces(t *testing.T) {
	c := New[string, int](Policy{Capacity: 1, Unused: Unlimited})
	c.Put("a", 1)
	c.Put("b", 2) // Now a is in the old generation.
	c.Put("a", 3)
	for range 2 {
		if got, ok := c.Get("a"); !ok || got != 3 {
			t.Errorf("Get(a) = %d, %v, want 3", got, ok)
		}
	}
	c.save(entry[string, int]{"a", 1}) // By a look-up that has found it before.
	if got, _ := c.Get("a"); got != 3 {
		t.Errorf("Get(a) = %d, want 3", got)
	}
}

// A value that a cache has given up can be collected, whatever it has been given up for.
func TestWhatIsGivenUpIsCollected(t *testing.T) {
	type large struct{ _ [64]byte }
	cases := map[string]func(*Cache[int, *large]){
		"because there are too many": func(c *Cache[int, *large]) {
			for key := range 2 * c.policy.Capacity {
				c.Put(key+1, new(large))
			}
		},
		"replaced": func(c *Cache[int, *large]) { c.Put(0, new(large)) },
		"unused": func(c *Cache[int, *large]) {
			c.sweep()
			c.sweep()
		},
	}
	for name, giveUp := range cases {
		t.Run(name, func(t *testing.T) {
			c, collected := New[int, *large](Policy{Capacity: 8}), make(chan struct{})
			func() {
				added := new(large)
				runtime.AddCleanup(added, func(gone chan struct{}) { close(gone) }, collected)
				c.Put(0, added)
			}()
			giveUp(c)
			for {
				runtime.GC()
				select {
				case <-collected:
					runtime.KeepAlive(c)
					return
				case <-t.Context().Done():
					t.Fatal("the value is still there")
				default:
				}
			}
		})
	}
}

func TestAllocations(t *testing.T) {
	c := New[string, *int](Policy{Capacity: 8})
	c.Put("a key that is longer than what fits on the stack", new(int))
	key := []byte("a key that is longer than what fits on the stack")
	if got := testing.AllocsPerRun(100, func() {
		if _, ok := GetBytes(c, key); !ok {
			t.Fatal("it is not there")
		}
	}); got > 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}

func BenchmarkGetBytes(b *testing.B) {
	c := New[string, *int](Policy{Capacity: 1 << 14})
	var keys [][]byte
	for i := range 1 << 14 {
		keys = append(keys, []byte("a key as long as that of a cluster and a route "+strconv.Itoa(i)))
		c.Put(string(keys[i]), new(int))
	}
	for i := 0; b.Loop(); i++ {
		if _, ok := GetBytes(c, keys[i*7919%len(keys)]); !ok {
			b.Fatal("it is not there")
		}
	}
}
