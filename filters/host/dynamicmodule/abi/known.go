package abi

import (
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// known holds what C has made of things of the filters', by their numbers. Each is made once. There are only a few, which C keeps as
// long as the process lives, and every request looks one up.
type known struct {
	mutex sync.Mutex
	made  atomic.Pointer[[]unsafe.Pointer] // never changed, but replaced
}

// get returns what C has made, nil if it has not made it yet.
func (k *known) get(number int) unsafe.Pointer {
	if made := k.made.Load(); made != nil && number < len(*made) {
		return (*made)[number]
	}
	return nil
}

// add has C make the thing, unless another thread has been faster.
func (k *known) add(number int, tell func() unsafe.Pointer) unsafe.Pointer {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if there := k.get(number); there != nil {
		return there
	}
	var made []unsafe.Pointer
	if old := k.made.Load(); old != nil {
		made = slices.Clone(*old)
	}
	for len(made) <= number {
		made = append(made, nil)
	}
	made[number] = tell()
	k.made.Store(&made)
	return made[number]
}
