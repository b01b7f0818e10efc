package configuration

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// What configurations need that were replaced long ago goes, and a few entries harm nobody.
func TestCache(t *testing.T) {
	for entries, want := range map[int]bool{few: true, few + 1: false} {
		synctest.Test(t, func(t *testing.T) {
			c := NewCache[int](1 << 16)
			for i := range entries {
				c.Put(strconv.Itoa(i), i)
			}
			time.Sleep(time.Hour) // Of the bubble's clock.
			if _, there := c.Get("0"); there != want {
				t.Errorf("%d entries: the first one is there: %t, want %t", entries, there, want)
			}
		})
	}
}
