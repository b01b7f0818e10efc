package secrets

import (
	"path/filepath"
	"testing"
)

// What each request does with a secret reads no file and no text again.
func TestAllocationsOfAValueThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	write(t, path, `{"user":"app","password":"`+hidden+`"}`)
	opened := open(t, newTestStores(t, ""), &journal{}, "file:"+path+"#password")
	if _, err := get(t, opened); err != nil {
		t.Fatal(err)
	}
	if got := testing.AllocsPerRun(100, func() {
		if value, err := opened.Value(); !opened.Ready() || err != nil || value != hidden {
			t.Error("it does not serve")
		}
	}); got > 1 {
		t.Errorf("got %v allocations, want 1 at most", got)
	}
}
