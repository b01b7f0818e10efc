package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// However often the server is killed, stopped and started while messages are published: each 202 has its message, each message a
// request, and none is there twice. What a 503 was given for is not there.
func TestNATSLosesAndDoublesNothing(t *testing.T) {
	publishes := 1000
	if harness.Long() {
		publishes = 20_000
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		client := server.Connect(t)
		server.AddStream(t, client, &nats.StreamConfig{Name: "ORDERS", Subjects: []string{"orders"}, Storage: nats.FileStorage})
		settings := natsSettings(server, harness.Object{"mode": "jetstream", "timeout": "2s"})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"store": {target: "orders"}}))
		envoy.Expect("nats: nats://")
		statuses := make([]int, publishes)
		var next atomic.Int64
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for n := int(next.Add(1)) - 1; n < publishes; n = int(next.Add(1)) - 1 {
					statuses[n] = publishNumber(t, envoy.Listener(t, "http"), n)
				}
			})
		}
		done := make(chan struct{})
		go func() {
			senders.Wait()
			close(done)
		}()
		restarts := restartUntil(t, server, done)
		var bodies []string
		for _, message := range server.Messages(t, client, "ORDERS") {
			bodies = append(bodies, string(message.Data))
		}
		compareNumbers(t, bodies, statuses, restarts)
	})
}

// publishNumber publishes a number. A request that is not taken is not repeated, but the next waits a little.
func publishNumber(t *testing.T, address string, n int) int {
	answer, err := harness.Send(address, harness.Message(t, "POST /store HTTP/1.1", fmt.Sprint(n)))
	if err != nil {
		t.Errorf("publish %d: %v", n, err)
		return 0
	}
	if answer.Status() == http.StatusServiceUnavailable {
		<-time.After(5 * time.Millisecond)
	}
	return answer.Status()
}

// restartUntil restarts a server in turns, kindly and not, until it is done, and then leaves it running.
func restartUntil(t *testing.T, server *counterparts.NATS, done <-chan struct{}) (restarts int) {
	t.Helper()
	for ; ; restarts++ {
		select {
		case <-done:
			return restarts
		case <-time.After(150 * time.Millisecond):
		}
		if restarts%2 == 0 {
			server.Kill()
		} else {
			server.Stop()
		}
		server.Start(t)
	}
}

func compareNumbers(t *testing.T, messages []string, statuses []int, restarts int) {
	t.Helper()
	found, counts := map[string]int{}, map[int]int{}
	for _, message := range messages {
		found[message]++
	}
	for n, status := range statuses {
		counts[status]++
		times := found[fmt.Sprint(n)]
		switch {
		case times > 1:
			t.Errorf("message %d (%d) is there %d times", n, status, times)
		case status == http.StatusAccepted && times == 0:
			t.Errorf("message %d was answered 202, and is not there", n)
		case status == http.StatusServiceUnavailable && times > 0:
			t.Errorf("message %d was answered 503, and is there", n)
		case status != 202 && status != 503 && status != 504:
			t.Errorf("message %d was answered %d", n, status)
		}
		delete(found, fmt.Sprint(n))
	}
	t.Logf("%d restarts; answers by status: %v; messages: %d", restarts, counts, len(messages))
	if len(found) > 0 {
		t.Errorf("%d messages have no request", len(found))
	}
	if counts[http.StatusAccepted] == 0 || restarts == 0 {
		t.Error("nothing was tried")
	}
}

// A cluster's other settings and targets change, its connection stays: one, however often.
func TestNATSManyUpdates(t *testing.T) {
	const updates = 200
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		host = host.Faulty(t)
		server := counterparts.StartNATS(t, "")
		files := discoveryFiles{dir: t.TempDir(), host: host, upstream: harness.StartUpstream(t).Address}
		write := func(version int) {
			files.replace(t, "clusters.yaml", harness.Config{"resources": []any{files.cluster(t, harness.Object{
				"funcroute":           harness.Object{"type": "nats", "servers": []any{server.URL()}, "timeout": fmt.Sprintf("%dms", 2000+version)},
				"funcroute.functions": harness.Object{"f": fmt.Sprintf("version.%d", version)},
			})}})
		}
		write(0)
		files.writeRoute(t, "f")
		config := files.config()
		config.AddVitals()
		envoy := harness.StartEnvoy(t, host, config)
		var before harness.State
		for i := 1; i <= updates; i++ {
			write(i)
			untilCounter(t, envoy, "cluster_manager.cds.update_success", i+1)
			harness.Eventually(t, "the new version", func() error {
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST / HTTP/1.1", "{}"))
				if want := fmt.Sprintf(`{"subject":"version.%d"}`, i); err == nil && string(answer.Body) != want {
					return fmt.Errorf("got %s, want %s", answer, want)
				}
				return err
			})
			if i == 10 { // What is made once is made.
				before = envoy.State(t)
			}
		}
		untilActive(t, envoy, 0)
		envoy.WantState(t, before, updates*16<<10, 2<<20)
		if got := envoy.Counter(t, "funcroute.nats.connected"); got != 1 {
			t.Errorf("there were %d connections, want 1", got)
		}
	})
}
