package configuration

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCacheIsBounded(t *testing.T) {
	c := NewCache[int](10)
	for i := range 1000 {
		c.Put([]byte(strconv.Itoa(i)), i)
		if got, ok := c.Get([]byte("0")); !ok || got != 0 {
			t.Fatalf("after %d: Get(0) = %d, %v, want what is in use to stay", i, got, ok)
		}
	}
	if n := c.Len(); n > 20 {
		t.Errorf("entries = %d, want at most 20", n)
	}
	if _, ok := c.Get([]byte("5")); ok {
		t.Error("Get(5) found what nobody has asked for since")
	}
}

// What is no longer asked for goes after a while, what is asked for stays, and few entries stay anyway.
func TestCacheForgets(t *testing.T) {
	cases := []struct {
		name     string
		short    bool
		entries  int
		used     int // of the entries, asked for all the time
		wantLeft int // at most; what is in use may be in both generations
		wantGone bool
	}{
		{name: "few", entries: few, wantLeft: few},
		{name: "many, none in use", entries: 20 * few, wantLeft: 0, wantGone: true},
		{name: "many, few in use", entries: 20 * few, used: 3, wantLeft: 6, wantGone: true},
		{name: "few of a short cache, none in use", short: true, entries: few, wantLeft: 0, wantGone: true},
		{name: "few of a short cache, some in use", short: true, entries: few, used: 3, wantLeft: 6, wantGone: true},
		{name: "many, all in use", entries: 2 * few, used: 2 * few, wantLeft: 4 * few},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache := NewCache[int](1 << 16)
				if c.short {
					cache = NewShortCache[int](1 << 16)
				}
				for i := range c.entries {
					cache.Put([]byte(strconv.Itoa(i)), i)
				}
				for range 8 {
					time.Sleep(idle / 2) // Of the bubble's clock.
					for i := range c.used {
						if got, ok := cache.Get([]byte(strconv.Itoa(i))); !ok || got != i {
							t.Fatalf("Get(%d) = %d, %v, want what is in use to stay", i, got, ok)
						}
					}
				}
				if n := cache.Len(); n > c.wantLeft {
					t.Errorf("entries = %d, want at most %d", n, c.wantLeft)
				}
				if _, there := cache.Get([]byte(strconv.Itoa(c.entries - 1))); there == c.wantGone {
					t.Errorf("the last entry is there: %v, want %v", there, !c.wantGone)
				}
				time.Sleep(4 * idle) // Else a timer would outlive the test.
			})
		})
	}
}

func TestCacheIsShared(t *testing.T) {
	c := NewCache[int](8)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range 1000 {
				key := []byte(strconv.Itoa(i % 30))
				if got, ok := c.Get(key); ok && got != i%30 {
					t.Errorf("Get(%s) = %d", key, got)
				}
				c.Put(key, i%30)
			}
		})
	}
	workers.Wait()
}
