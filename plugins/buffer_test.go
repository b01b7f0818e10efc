package plugins_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/plugins"
)

func TestBuffer(t *testing.T) {
	r := plugins.NewRequest(nil, nil, []byte("the client's"))
	buffer := r.Buffer(100)
	if len(buffer) != 0 || cap(buffer) < 100 {
		t.Errorf("got %d bytes and a capacity of %d, want none and at least 100", len(buffer), cap(buffer))
	}
	if got := string(r.Body()); got != "the client's" {
		t.Errorf("body: got %q, want the client's", got)
	}
	buffer = append(buffer, strings.Repeat("longer than asked for ", 100)...)
	r.SetBody(buffer)
	if !bytes.Equal(r.Body(), buffer) || !r.BodyReplaced() {
		t.Errorf("body: got %q, want %q", r.Body(), buffer)
	}
	r.Release()
	if r.Body() != nil {
		t.Errorf("body: got %q after its release", r.Body())
	}
	r.Release() // Nothing is left to release.
}

// No two messages may have the same buffer at the same time, whatever has become of earlier ones.
func TestBufferIsNotShared(t *testing.T) {
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := range 500 {
				text := fmt.Sprintf("%d %d", worker, n)
				request := plugins.NewRequest(nil, nil, nil)
				answer := plugins.NewAnswer(request, nil)
				request.SetBody(append(request.Buffer(n), text...))
				answer.SetBody(append(answer.Buffer(n/2), "answer "+text...))
				if string(request.Body()) != text || string(answer.Body()) != "answer "+text {
					t.Errorf("got %q and %q, want %q in both", request.Body(), answer.Body(), text)
				}
				answer.Release()
				request.Release()
			}
		})
	}
	group.Wait()
}
