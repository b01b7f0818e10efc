package abi

import (
	"slices"
	"sync"
	"sync/atomic"
)

// register holds values that C knows by number. There are few, they seldom change, and every request looks one up.
type register[T any] struct {
	mutex  sync.Mutex
	values atomic.Pointer[[]T] // never changed, but replaced
	free   []uintptr
}

// add returns a value's number, which is not 0.
func (r *register[T]) add(value T) uintptr {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var values []T
	if old := r.values.Load(); old != nil {
		values = slices.Clone(*old)
	}
	if last := len(r.free) - 1; last >= 0 {
		number := r.free[last]
		r.free = r.free[:last]
		values[number-1] = value
		r.values.Store(&values)
		return number
	}
	values = append(values, value)
	r.values.Store(&values)
	return uintptr(len(values))
}

func (r *register[T]) get(number uintptr) T { return (*r.values.Load())[number-1] }

// remove gives a number back.
func (r *register[T]) remove(number uintptr) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	values := slices.Clone(*r.values.Load())
	var none T
	values[number-1] = none
	r.values.Store(&values)
	r.free = append(r.free, number)
}
