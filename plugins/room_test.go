package plugins_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/plugins"
)

func TestRoom(t *testing.T) {
	r := plugins.NewRequest(nil, nil, []byte("the client's"))
	room := r.Room(100)
	if len(room) != 0 || cap(room) < 100 {
		t.Errorf("got %d bytes and room for %d, want none and room for 100", len(room), cap(room))
	}
	if got := string(r.Body()); got != "the client's" {
		t.Errorf("body: got %q, want the client's", got)
	}
	room = append(room, strings.Repeat("longer than asked for ", 100)...)
	r.SetBody(room)
	if !bytes.Equal(r.Body(), room) || !r.BodyReplaced() {
		t.Errorf("body: got %q, want %q", r.Body(), room)
	}
	r.Release()
	if r.Body() != nil {
		t.Errorf("body: got %q after its release", r.Body())
	}
	r.Release() // Nothing is left to release.
}

// No two messages may have the same room at the same time, whatever has become of earlier ones.
func TestRoomIsNotShared(t *testing.T) {
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for n := range 500 {
				text := fmt.Sprintf("%d %d", worker, n)
				request := plugins.NewRequest(nil, nil, nil)
				response := plugins.NewAnswer(request, nil)
				request.SetBody(append(request.Room(n), text...))
				response.SetBody(append(response.Room(n/2), "answer "+text...))
				if string(request.Body()) != text || string(response.Body()) != "answer "+text {
					t.Errorf("got %q and %q, want %q in both", request.Body(), response.Body(), text)
				}
				response.Release()
				request.Release()
			}
		})
	}
	group.Wait()
}
