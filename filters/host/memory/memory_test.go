package memory_test

import (
	"errors"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/memory"
)

// greeter is a filter whose configuration and whose routes' are refused unless they are empty.
type greeter struct{}

var errRefused = errors.New("not like this")

func (greeter) Name() string { return "greeter" }

func (g greeter) NewConfig(_ host.ConfigHandle, raw []byte) (host.Config, error) {
	if len(raw) > 0 {
		return nil, errRefused
	}
	return g, nil
}

func (greeter) NewRouteConfig([]byte) (any, error) { return nil, errRefused }

func (g greeter) NewStream(s host.Stream) host.StreamFilter { return stream{host: s} }

type stream struct {
	host.StreamFilter // Of which nothing is called but what is below.
	host              host.Stream
}

func (s stream) RequestHeaders(bool) host.Action {
	s.host.Request().Headers().Set("greeting", "hello")
	return host.Done
}

func TestRun(t *testing.T) {
	block, err := memory.New(greeter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	x := memory.Exchange{
		Request: memory.Message{Headers: [][2]string{{":method", "GET"}, {":path", "/"}}},
		Answer:  memory.Message{Headers: [][2]string{{":status", "200"}}, Chunks: [][]byte{[]byte("hi")}},
	}
	got := block.Run(x)
	if got.Refused != nil || got.Sent == nil || got.Sent.Header("greeting") != "hello" || got.Received.Body() != "hi" {
		t.Errorf("got %+v, want a request that greets and its answer", got)
	}
	x.RouteConfig = "{}"
	if got := block.Run(x); !errors.Is(got.Refused, errRefused) {
		t.Errorf("a route: refused = %v, want %v", got.Refused, errRefused)
	}
}

func TestRefused(t *testing.T) {
	if _, err := memory.New(greeter{}, "{}"); !errors.Is(err, errRefused) {
		t.Errorf("got %v, want %v", err, errRefused)
	}
}
