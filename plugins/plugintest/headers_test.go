package plugintest

import (
	"fmt"
	"testing"
)

func TestHeaders(t *testing.T) {
	h := NewHeaders([2]string{"A", "1"}, [2]string{"b", "2"}, [2]string{"a", "3"})
	clone := h.Clone()
	check := func(want string) {
		t.Helper()
		if got := fmt.Sprint(h.List()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check("[[a 1] [b 2] [a 3]]")
	if got, want := fmt.Sprint(h.Get("a"), h.Values("a"), h.Get("c"), len(h.Values("c"))), "1[1 3]0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	h.Set("a", "4")
	check("[[a 4] [b 2]]")
	h.Set("c", "5")
	h.Add("b", "6")
	check("[[a 4] [b 2] [c 5] [b 6]]")
	h.Remove("b")
	check("[[a 4] [c 5]]")
	if got, want := fmt.Sprint(clone.List()), "[[a 1] [b 2] [a 3]]"; got != want {
		t.Errorf("the clone: got %s, want %s", got, want)
	}
	h.Range(func(name, _ string) bool {
		if name != "a" {
			t.Errorf("got %s after false", name)
		}
		return false
	})
}
