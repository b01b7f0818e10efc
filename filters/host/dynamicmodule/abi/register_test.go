package abi

import (
	"sync"
	"testing"
)

func TestRegister(t *testing.T) {
	var r register[string]
	a, b := r.add("a"), r.add("b")
	if a == 0 || b == 0 || a == b {
		t.Fatalf("numbers: got %d and %d, want two that are not 0", a, b)
	}
	r.remove(a)
	c := r.add("c")
	if c != a {
		t.Errorf("the number of what was removed: got %d used for the next, want %d", c, a)
	}
	if r.get(b) != "b" || r.get(c) != "c" {
		t.Errorf("got %q and %q, want b and c", r.get(b), r.get(c))
	}
}

func TestRegisterIsReadWhileItChanges(t *testing.T) {
	var r register[int]
	kept := r.add(7)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 1000 {
				number := r.add(i)
				if got := r.get(kept); got != 7 {
					t.Errorf("got %d, want 7", got)
				}
				r.remove(number)
			}
		})
	}
	all.Wait()
	if values := *r.values.Load(); len(values) > 5 {
		t.Errorf("got places for %d values, want numbers to be used again", len(values))
	}
}
