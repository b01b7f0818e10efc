package configuration

import (
	"strconv"
	"sync"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	c := NewCache[int](10)
	for i := range 1000 {
		c.Put([]byte(strconv.Itoa(i)), i)
		if got, ok := c.Get([]byte("0")); !ok || got != 0 {
			t.Fatalf("after %d: get(0) = %d, %v, want what is in use to stay", i, got, ok)
		}
	}
	if n := len(c.young) + len(c.old); n > 20 {
		t.Errorf("entries = %d, want at most 20", n)
	}
	if _, ok := c.Get([]byte("5")); ok {
		t.Error("get(5) found what nobody has asked for since")
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
					t.Errorf("get(%s) = %d", key, got)
				}
				c.Put(key, i%30)
			}
		})
	}
	workers.Wait()
}

func TestKeysOfDifferentConfigurationsDiffer(t *testing.T) {
	keys := map[string]string{}
	for name, k := range map[string]Key{
		"ab, c":     Key(nil).Text("ab").Text("c"),
		"a, bc":     Key(nil).Text("a").Text("bc"),
		"a, b, c":   Key(nil).Text("a").Text("b").Text("c"),
		"abc":       Key(nil).Text("abc"),
		"number 1":  Key(nil).Number(1),
		"number -1": Key(nil).Number(-1),
		"id 1":      Key(nil).ID(1),
		"id 128":    Key(nil).ID(128),
	} {
		if other, taken := keys[string(k)]; taken {
			t.Errorf("%s and %s have the same key %x", name, other, []byte(k))
		}
		keys[string(k)] = name
	}
}
