package contrib

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// reader is a filter that reads a cluster's and a route's metadata and shows what it has read. It counts its blocks and its
// per-route configurations that are still reachable.
type reader struct{ blocks, routes atomic.Int64 }

func (*reader) Name() string { return "reader" }

func (r *reader) NewConfig(handle host.ConfigHandle, _ []byte) (host.Config, error) {
	block := &readerBlock{handle: handle}
	r.blocks.Add(1)
	runtime.AddCleanup(block, func(*atomic.Int64) { r.blocks.Add(-1) }, &r.blocks)
	return block, nil
}

func (r *reader) NewRouteConfig([]byte) (any, error) {
	route := new([64]byte)
	r.routes.Add(1)
	runtime.AddCleanup(route, func(*atomic.Int64) { r.routes.Add(-1) }, &r.routes)
	return route, nil
}

type readerBlock struct{ handle host.ConfigHandle }

func (*readerBlock) NewStream(s host.Stream) host.StreamFilter { return &readerStream{host: s} }

type readerStream struct {
	host.StreamFilter // Of which nothing is called but what is below.
	host              host.Stream
}

// keyOfBoth are one key of a cluster's and of a route's metadata.
var keyOfBoth = []*host.Excerpt{
	host.NewExcerpt(host.Part{Source: host.Cluster, Namespace: "n", Other: host.Text, Given: true}),
	host.NewExcerpt(host.Part{Source: host.Route, Namespace: "n", Other: host.Text, Given: true}),
}

func (s *readerStream) RequestHeaders(bool) host.Action {
	for _, excerpt := range keyOfBoth {
		text, _ := host.FirstText(s.host.AppendExcerpt(nil, excerpt, "k"))
		s.host.Request().Headers().Set("x-read", s.host.Request().Headers().Get("x-read")+string(text))
	}
	return host.Continue
}

func (s *readerStream) AnswerHeaders(bool) host.Action { return host.Continue }
func (s *readerStream) Destroy()                       {}

func versions(i int) hosttest.Exchange {
	return hosttest.Exchange{
		Cluster:     hosttest.Metadata{"n": {"k": fmt.Sprintf("cluster-%d,", i)}, "functions": functionNames()},
		Route:       hosttest.Metadata{"n": {"k": fmt.Sprintf("route-%d", i)}},
		RouteConfig: `{"a": 1}`,
		Request:     hosttest.Message{Headers: [][2]string{{":method", "GET"}, {":path", "/"}, {":authority", "a"}}},
		Answer:      hosttest.Message{Headers: [][2]string{{":status", "200"}}},
	}
}

func functionNames() map[string]any {
	names := map[string]any{}
	for i := range 15 {
		names[fmt.Sprint("function-", i)] = strings.Repeat("target", 5)
	}
	return names
}

// A control plane that changes clusters and routes all the time: what was parsed of those that are gone goes.
func TestManyUpdates(t *testing.T) {
	const (
		every   = 3 * time.Second
		updates = 1000
		most    = 2 * (2*int(5*time.Minute/every) + 2) // Of a cluster and of a route, in the two generations of the cache.
	)
	synctest.Test(t, func(t *testing.T) {
		registration := Registrations(&reader{})[0]
		kept := registration.Parser.(parser).metadata.parsed
		runs := []func(hosttest.Exchange) hosttest.Outcome{
			fakeEnvoy{}.load(t, registration, ""), fakeEnvoy{}.load(t, registration, ""), // Two blocks share what they read.
		}
		for i := range updates {
			for _, run := range runs {
				got := run(versions(i))
				if want := fmt.Sprintf("cluster-%d,route-%d", i, i); got.Sent == nil || got.Sent.Header("x-read") != want {
					t.Fatalf("update %d: sent %v, want %s", i, got.Sent, want)
				}
			}
			if n := kept.Len(); n > most {
				t.Fatalf("after %d updates %d are kept, want at most %d", i+1, n, most)
			}
			time.Sleep(every) // Of the bubble's clock.
		}
		time.Sleep(time.Hour)
		if n := kept.Len(); n != 0 {
			t.Errorf("an hour after the last request %d are kept, want none", n)
		}
	})
}

// Listeners and routes are loaded anew with each of their updates: the blocks and the configurations before are let go.
func TestReplacedBlocksAreLetGo(t *testing.T) {
	filter := &reader{}
	registration := Registrations(filter)[0]
	run := fakeEnvoy{}.load(t, registration, "")
	for i := range 300 {
		run = fakeEnvoy{}.load(t, registration, "")
		run(versions(i))
	}
	for range 100 {
		runtime.GC()
		if filter.blocks.Load() <= 1 && filter.routes.Load() == 0 {
			break
		}
		<-time.After(10 * time.Millisecond) // Cleanups run in a goroutine of the runtime's.
	}
	if blocks, routes := filter.blocks.Load(), filter.routes.Load(); blocks != 1 || routes != 0 {
		t.Errorf("after 300 updates there are %d blocks and %d per-route configurations, want 1 and 0", blocks, routes)
	}
	runtime.KeepAlive(run)
}
