package functions_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// noting is a filter that keeps the block it has made.
type noting struct {
	host.Filter
	block host.Config
}

func (n *noting) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	var err error
	n.block, err = n.Filter.NewConfig(handle, raw)
	return n.block, err
}

// A control plane that changes clusters, routes and per-route configuration all the time: what was made for those that are
// gone goes, however long that lasts.
func TestManyUpdates(t *testing.T) {
	const (
		every   = 3 * time.Second
		updates = 5000
		// What is kept is of the last ten minutes, each generation of the cache being five; or few, which stay.
		most = 1<<10 + int(2*5*time.Minute/every) + 1
	)
	synctest.Test(t, func(t *testing.T) {
		filter := &noting{Filter: functions.New()}
		run := hosttest.Memory{}.Session(t, filter, "")
		for i := range updates {
			got := run(hosttest.Exchange{
				Cluster: metadata{
					"funcroute":           {"type": "toy", "greeting": fmt.Sprint("cluster-", i)},
					"funcroute.functions": {"hello": fmt.Sprint("target-", i)},
				},
				Route:       metadata{"funcroute": {"function": "hello", "times": float64(i)}},
				RouteConfig: fmt.Sprintf(`{"funcroute": {"tags": ["%d"]}}`, i),
				Request:     get(),
				Answer:      answer("200", "answer"),
				Upstream:    i%2 == 0,
			})
			want := fmt.Sprintf(`cluster-%d target-%d loud=false times=%d tags=[%d] response=""`, i, i, i, i)
			if got.Sent == nil || got.Sent.Header("x-call") != want {
				t.Fatalf("update %d: sent %v, want the call %s", i, got.Sent, want)
			}
			for what, n := range functions.Held(filter.block) {
				if n > most {
					t.Fatalf("after %d updates there are %d %s, want at most %d", i+1, n, what, most)
				}
			}
			time.Sleep(every) // Of the bubble's clock.
		}
		held := functions.Held(filter.block)
		t.Log("at the end: ", held)
		if held["pairs"] == 0 || held["attempts"] != 0 {
			t.Errorf("at the end there are %v, want some pairs and no attempts", held)
		}
		time.Sleep(time.Hour) // Else a timer would outlive the test.
	})
}

// Each update of routes loads their configuration anew. What has not changed is not compiled again, nor is its mistake told
// again, whatever the order in which Envoy puts a Struct's members.
func TestRoutesThatAreLoadedAgain(t *testing.T) {
	filter := &noting{Filter: functions.New()}
	run := hosttest.Memory{}.Session(t, filter, "")
	x := hosttest.Exchange{Cluster: offers("toy", nil), Route: calls(nil), Request: get(), Answer: answer("200", "answer")}
	var got hosttest.Outcome
	for _, config := range []string{
		`{"funcroute": {"times": "many", "loud": true}, "funcroute.parameters": {"path": "/users/{id}"}}`,
		`{"funcroute.parameters": {"path": "/users/{id}"}, "funcroute": {"loud": true, "times": "many"}}`,
		`{ "funcroute" : {"times": "many", "loud": true}, "funcroute.parameters": {"path": "/users/{id}"}}`,
	} {
		x.RouteConfig = config
		if got = run(x); got.Received.Header(":status") != "500" {
			t.Errorf("status = %s, want 500", got.Received.Header(":status"))
		}
	}
	if held := functions.Held(filter.block); held["pairs"] != 1 {
		t.Errorf("pairs = %d, want 1", held["pairs"])
	}
	if n := strings.Count(strings.Join(got.Logs, "\n"), "config_error"); n != 1 {
		t.Errorf("log = %q, want the mistake once", got.Logs)
	}
	x.RouteConfig = `{"funcroute": {"times": 2}}`
	if got = run(x); got.Sent == nil || !strings.Contains(got.Sent.Header("x-call"), "times=2") {
		t.Errorf("sent = %v, want a call of the configuration as changed", got.Sent)
	}
}
