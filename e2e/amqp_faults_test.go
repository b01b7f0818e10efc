package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// What the broker refuses is never a 202, and the client learns whether it may try again. Other messages are none the worse for it.
func TestAMQPRefusals(t *testing.T) {
	server := counterparts.StartRabbitMQ(t, "max_message_size = 500000")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		consumer := server.Connect(t)
		if err := consumer.ExchangeDeclare("secret", "fanout", true, false, false, false, nil); err != nil {
			t.Fatal(err)
		}
		server.AddQueue(t, consumer, "full", amqp091.Table{"x-max-length": 1, "x-overflow": "reject-publish"})
		server.AddQueue(t, consumer, "orders", nil, "amq.topic", "a.#")
		server.AddQueue(t, consumer, "silent", nil)
		server.Messages(t, consumer, "full")
		name := harness.Object{"query.x": "{x}"}
		envoy := harness.StartEnvoy(t, host, natsConfig(t, amqpSettings(t, server, nil), map[string]natsCall{
			"good": {target: "amq.topic a.b"}, "full": {target: `"" full`}, "no-exchange": {target: "nothing a.b"}, "no-queue": {target: `"" nothing`},
			"no-binding": {target: "amq.topic b"}, "optional": {target: "amq.topic b", settings: harness.Object{"mandatory": false}},
			"secret": {target: "secret a"}, "nobody": {target: `"" nothing`, settings: asking}, "user": {target: "amq.topic a.b\nuser-id: admin"},
			"slow":   {target: `"" silent`, settings: harness.Object{"mode": "request", "timeout": "300ms"}},
			"word":   {target: "amq.topic a.{x}", parameters: name},
			"words":  {target: "amq.topic a.{+x}", parameters: name},
			"named":  {target: `"" {x}`, parameters: name},
			"named2": {target: `"" {+x}`, parameters: name},
			"to":     {target: "{x} a.b", parameters: name},
			"id":     {target: "amq.topic a.b", parameters: name, settings: harness.Object{"message_id": "{x}"}},
			"many":   {target: "amq.topic a.b\n" + strings.Repeat("X-A: {{ x + x + x + x + x + x + x + x + x + x }}\n", 20), parameters: name},
		}))
		wantAnswer(t, envoy, "POST /full HTTP/1.1", "1", http.StatusAccepted, "full")
		const takes, others = 30, 2
		stop := make(chan struct{})
		var good atomic.Int64
		var senders sync.WaitGroup
		for range others { // They must not notice what happens to the others' messages.
			senders.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						wantAnswer(t, envoy, "POST /good HTTP/1.1", "good", http.StatusAccepted, "a.b")
						good.Add(1)
					}
				}
			})
		}
		long := strings.Repeat("a", 300)
		for _, c := range []struct {
			name, path, body string
			status           int
			want             string
			retry            bool
		}{
			{"a full queue", "full", "1", 503, "a queue is full", true},
			{"no exchange", "no-exchange", "1", 502, "no such exchange", false},
			{"no queue", "no-queue", "1", 502, "No queue takes messages", false},
			{"no binding", "no-binding", "1", 502, "No queue takes messages", false},
			{"no binding, which may be", "optional", "1", 202, "amq.topic", false},
			{"not permitted", "secret", "1", 502, "does not let the proxy publish", false},
			{"another user", "user", "1", 502, "does not take such a message", false},
			{"too large", "good", strings.Repeat("a", 500_001), 413, "larger than the broker takes", false},
			{"no service", "nobody", "1", 502, "No queue takes messages", false},
			{"a service that is too slow", "slow", "1", 504, "the outcome is unknown", false},
			{"several words", "word?x=b.c", "1", 400, "several parts of one", false},
			{"a wildcard", "word?x=*", "1", 400, "cannot stand there", false},
			{"the other wildcard", "words?x=b.%23", "1", 400, "cannot stand there", false},
			{"a queue of others", "named2?x=amq.gen-1", "1", 400, "reserved", false},
			{"an exchange of the broker's", "to?x=amq.fanout", "1", 400, "reserved", false},
			{"a long key", "word?x=" + long, "1", 400, "is longer than 255 bytes", false},
			{"a long id", "id?x=" + long[:256], "1", 400, "is longer than 255 bytes", false},
			{"a long content-type", "good", "", 400, "content-type is longer than 255 bytes", false},
			{"headers beyond a frame", "many?x=" + strings.Repeat("a", 1000), "1", 413, "larger than the broker takes", false},
		} {
			t.Run(c.name, func(t *testing.T) {
				head := "POST /" + c.path + " HTTP/1.1"
				if c.body == "" {
					head += "\ncontent-type: text/" + long
				}
				answer := wantAnswer(t, envoy, head, c.body, c.status, c.want)
				if got := answer.Headers.Get("retry-after") != ""; got != c.retry {
					t.Errorf("retry-after: got %q, want one: %v", answer.Headers.Get("retry-after"), c.retry)
				}
			})
		}
		for range takes { // Channels that the broker closes are no loss.
			wantAnswer(t, envoy, "POST /no-exchange HTTP/1.1", "1", http.StatusBadGateway, "no such exchange")
		}
		close(stop)
		senders.Wait()
		if got := len(server.Messages(t, consumer, "orders")); got != int(good.Load()) || got == 0 {
			t.Errorf("the queue has %d messages, want the %d that were answered 202", got, good.Load())
		}
		if got := envoy.Counter(t, "funcroute.amqp.connected"); got != 1 {
			t.Errorf("there were %d connections, want one that nothing has ended", got)
		}
		server.Messages(t, consumer, "silent")
	})
}

// Who is not let in is told so, and a broker that takes no messages for now is no reason to wait.
func TestAMQPLoginsAndBlocking(t *testing.T) {
	server := counterparts.StartRabbitMQ(t, "")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		consumer := server.Connect(t)
		server.AddQueue(t, consumer, "orders", nil)
		calls := map[string]natsCall{"f": {target: `"" orders`}, "brief": {target: `"" orders`, settings: harness.Object{"timeout": "500ms"}}}
		for name, wrong := range map[string]harness.Object{
			"a password": {"password": passwordFile(t, "s3cr3t-bad")}, "a virtual host": {"vhost": "shop"}, "no virtual host": {"vhost": "nothing"},
		} {
			t.Run(name, func(t *testing.T) {
				envoy := harness.StartEnvoy(t, host, natsConfig(t, amqpSettings(t, server, wrong), calls))
				envoy.Expect("amqp: amqp://")
				wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The broker does not let the proxy in. The message was not sent.")
			})
		}
		t.Run("blocked", func(t *testing.T) {
			envoy := harness.StartEnvoy(t, host, natsConfig(t, amqpSettings(t, server, nil), calls))
			envoy.Expect("the broker takes no messages for now")
			wantAnswer(t, envoy, "POST /f HTTP/1.1", "1", http.StatusAccepted, "orders")
			server.Block(t, true)
			harness.Eventually(t, "the broker blocks", func() error {
				return harness.WantStatus(envoy.Listener(t, "http"), "POST /brief HTTP/1.1", http.StatusServiceUnavailable)
			})
			wantAnswer(t, envoy, "POST /brief HTTP/1.1", "1", http.StatusServiceUnavailable, "The broker takes no messages for now.")
			server.Block(t, false)
			harness.Eventually(t, "the broker takes messages again", func() error {
				return harness.WantStatus(envoy.Listener(t, "http"), "POST /f HTTP/1.1", http.StatusAccepted)
			})
			server.Messages(t, consumer, "orders")
		})
	})
}

// However often the broker is killed and shut down while messages are published: each 202 has its message, each message a request, and
// none is there twice. What a 503 was given for is not there. When the broker is there again, so is the function.
func TestAMQPLosesAndDoublesNothing(t *testing.T) {
	publishes, restarts := 1000, 2
	if harness.Long() {
		publishes, restarts = 20_000, 8
	}
	server := counterparts.StartRabbitMQ(t, "")
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server.AddQueue(t, server.Connect(t), "orders", nil)
		server.AddQueue(t, server.Connect(t), "silent", nil)
		settings := amqpSettings(t, server, harness.Object{"timeout": "2s"})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{
			"store": {target: `"" orders`}, "ask": {target: `"" silent`, settings: harness.Object{"mode": "request", "timeout": "50s"}},
		}))
		envoy.Expect("amqp: ")
		statuses := make([]int, publishes)
		var next atomic.Int64
		var down sync.RWMutex
		untilUp := func() {
			down.RLock()
			defer down.RUnlock()
		}
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for n := int(next.Add(1)) - 1; n < publishes; n = int(next.Add(1)) - 1 {
					if statuses[n] = publishNumber(t, envoy.Listener(t, "http"), n); statuses[n] != http.StatusAccepted {
						untilUp() // While the server starts nothing more is to be seen.
					}
				}
			})
		}
		for restart := range restarts {
			for int(next.Load()) < (restart+1)*publishes/(restarts+1) {
				<-time.After(time.Millisecond)
			}
			down.Lock()
			admin := server.Connect(t)
			server.Messages(t, admin, "silent") // A broker that was killed may have forgotten that the one before was taken.
			asked := make(chan string, 1)
			go func() {
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST /ask HTTP/1.1", "{}"))
				asked <- fmt.Sprint(answer, err)
			}()
			harness.Eventually(t, "the request is under way", func() error {
				message, there, err := admin.Get("silent", true)
				if err == nil && !there {
					err = fmt.Errorf("it is not: %v", message.Body)
				}
				return err
			})
			if restart%2 == 0 {
				server.Signal(syscall.SIGSTOP) // Messages are under way when it is killed.
				<-time.After(50 * time.Millisecond)
				server.Kill()
			} else {
				server.ShutDown()
			}
			if got := <-asked; !strings.Contains(got, "the outcome is unknown") {
				t.Errorf("a request under way when the server ends: got %s", got)
			}
			wantAnswer(t, envoy, "POST /store HTTP/1.1", "never", http.StatusServiceUnavailable, "The message was not sent")
			server.Start(t)
			harness.Eventually(t, "the function works again", func() error {
				return harness.WantStatus(envoy.Listener(t, "http"), "POST /store HTTP/1.1", http.StatusAccepted)
			})
			down.Unlock()
		}
		senders.Wait()
		consumer := server.Connect(t)
		var bodies []string
		for _, m := range server.Messages(t, consumer, "orders") {
			if len(m.Body) > 0 { // Those of the function that works again.
				bodies = append(bodies, string(m.Body))
			}
		}
		compareNumbers(t, bodies, statuses, restarts)
	})
}
