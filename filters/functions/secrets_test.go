package functions

import (
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
)

// blockHandle is a filter block's host that remembers its log.
type blockHandle struct {
	mutex sync.Mutex
	log   []string
}

func (*blockHandle) Counter(string) (host.Metric, error)              { return 0, nil }
func (*blockHandle) Histogram(string, host.Unit) (host.Metric, error) { return 0, nil }

func (b *blockHandle) Log(_ host.Level, message string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.log = append(b.log, message)
}

// Blocks that are loaded anew with the same option find the secrets that were fetched; and whatever is wrong with one is told to the log of a
// block that has opened it.
func TestBlocksOfTheSameOptionsShareSecrets(t *testing.T) {
	filter := New()
	load := func(raw string) (*environment, *blockHandle) {
		handle := &blockHandle{}
		loaded, err := filter.NewConfig(handle, []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return &environment{handle, filter.tallies, filter.panics, loaded.(*config).secrets}, handle
	}
	one, _ := load(`{"secrets": {"refresh": "5s"}}`)
	same, log := load(`{"credentials_wait": "1s", "secrets": {"refresh":"5s"}}`)
	other, _ := load("")
	a, errA := one.Secret("env:FUNCROUTE_TEST_UNSET")
	b, errB := same.Secret("env:FUNCROUTE_TEST_UNSET")
	c, errC := other.Secret("env:FUNCROUTE_TEST_UNSET")
	if errA != nil || errB != nil || errC != nil || a != b || a == c {
		t.Fatalf("got %v, %v, %v, shared %v and %v, want true and false", errA, errB, errC, a == b, a == c)
	}
	done := make(chan error, 1)
	b.Await(func(err error) { done <- err })
	if err := <-done; err == nil {
		t.Error("got a secret that is not there")
	}
	log.mutex.Lock()
	defer log.mutex.Unlock()
	if got := strings.Join(log.log, "\n"); !strings.Contains(got, "funcroute: secret env:FUNCROUTE_TEST_UNSET cannot be had: the environment has no such variable") {
		t.Errorf("got the log %q", got)
	}
}
