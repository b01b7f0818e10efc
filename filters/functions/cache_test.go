package functions

import (
	"strconv"
	"sync"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	c := newCache[int](10)
	for i := range 1000 {
		c.put([]byte(strconv.Itoa(i)), i)
		if got, ok := c.get([]byte("0")); !ok || got != 0 {
			t.Fatalf("after %d: get(0) = %d, %v, want what is in use to stay", i, got, ok)
		}
	}
	if n := len(c.young) + len(c.old); n > 20 {
		t.Errorf("entries = %d, want at most 20", n)
	}
	if _, ok := c.get([]byte("5")); ok {
		t.Error("get(5) found what nobody has asked for since")
	}
}

func TestCacheIsShared(t *testing.T) {
	c := newCache[int](8)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for i := range 1000 {
				key := []byte(strconv.Itoa(i % 30))
				if got, ok := c.get(key); ok && got != i%30 {
					t.Errorf("get(%s) = %d", key, got)
				}
				c.put(key, i%30)
			}
		})
	}
	workers.Wait()
}

func TestKeysOfDifferentConfigurationsDiffer(t *testing.T) {
	keys := map[string]string{}
	for name, k := range map[string]key{
		"ab, c":     key(nil).text("ab").text("c"),
		"a, bc":     key(nil).text("a").text("bc"),
		"a, b, c":   key(nil).text("a").text("b").text("c"),
		"abc":       key(nil).text("abc"),
		"number 1":  key(nil).number(1),
		"number -1": key(nil).number(-1),
		"id 1":      key(nil).id(1),
		"id 128":    key(nil).id(128),
	} {
		if other, taken := keys[string(k)]; taken {
			t.Errorf("%s and %s have the same key %x", name, other, []byte(k))
		}
		keys[string(k)] = name
	}
}
