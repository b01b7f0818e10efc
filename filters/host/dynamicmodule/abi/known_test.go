package abi

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"
)

func TestKnownIsMadeOnce(t *testing.T) {
	var k known
	var made atomic.Int32
	things := new([8]int)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for number := range things {
				if k.get(number) == nil {
					k.add(number, func() unsafe.Pointer {
						made.Add(1)
						return unsafe.Pointer(&things[number])
					})
				}
				if got := k.get(number); got != unsafe.Pointer(&things[number]) {
					t.Errorf("%d: got %v, want %v", number, got, &things[number])
				}
			}
		})
	}
	all.Wait()
	if n := made.Load(); n != int32(len(things)) {
		t.Errorf("got %d made, want %d", n, len(things))
	}
	if got := k.get(len(things)); got != nil {
		t.Errorf("one that was never made: got %v, want nil", got)
	}
}
