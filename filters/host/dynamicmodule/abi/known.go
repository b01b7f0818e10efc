package abi

import (
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// known is what C has made of things of the filters', by their numbers, each once. There are a few of these, and C keeps them as long
// as the process lives; every request looks one up.
type known struct {
	mutex sync.Mutex
	made  atomic.Pointer[[]unsafe.Pointer] // never changed, but replaced
}

// get returns what C has made, nil if nothing yet.
func (k *known) get(number int) unsafe.Pointer {
	if made := k.made.Load(); made != nil && number < len(*made) {
		return (*made)[number]
	}
	return nil
}

// add has C make it, unless another thread has been faster.
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
