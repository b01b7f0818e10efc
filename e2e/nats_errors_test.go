package e2e

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// What the server refuses is never a 202, and the client learns whether it may try again. Other messages are none the worse for it.
func TestNATSRefusals(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, `
			max_payload: 4096
			authorization { users: [ { user: proxy, password: s3cr3t-nats, permissions: { publish: { deny: "secret.>" } } }, { user: test, password: test } ] }`)
		harness.Secret("s3cr3t-nats")
		consumer := server.Connect(t, nats.UserInfo("test", "test"))
		server.AddStream(t, consumer, &nats.StreamConfig{Name: "FULL", Subjects: []string{"full"}, MaxMsgs: 1, Discard: nats.DiscardNew})
		server.AddStream(t, consumer, &nats.StreamConfig{Name: "SMALL", Subjects: []string{"small"}, MaxMsgSize: 10})
		server.AddStream(t, consumer, &nats.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}})
		if _, err := consumer.Subscribe("chatty", func(m *nats.Msg) { _ = m.Respond([]byte("hello?")) }); err != nil {
			t.Fatal(err)
		}
		if _, err := consumer.Subscribe("silent", func(*nats.Msg) {}); err != nil || consumer.Flush() != nil {
			t.Fatal(err)
		}
		settings := natsSettings(server, harness.Object{"username": "proxy", "password": passwordFile(t, "s3cr3t-nats")})
		name := harness.Object{"query.x": "{x}"}
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{
			"stored": {target: "orders.a", settings: jetStream}, "none": {target: "nowhere", settings: jetStream},
			"other": {target: "orders.a", settings: harness.Object{"mode": "jetstream", "stream": "BILLS"}},
			"full":  {target: "full", settings: jetStream}, "small": {target: "small", settings: jetStream}, "core": {target: "news"},
			"denied": {target: "secret.a"}, "denied-stored": {target: "secret.a", settings: jetStream}, "nobody": {target: "nobody", settings: asking},
			"chatty": {target: "chatty", settings: jetStream}, "token": {target: "orders.{x}", settings: jetStream, parameters: name},
			"tokens": {target: "orders.{+x}", settings: jetStream, parameters: name},
			"slow":   {target: "silent", settings: harness.Object{"mode": "request", "timeout": "200ms"}},
			"id":     {target: "orders.a\nNats-Expected-Last-Subject-Sequence: 999", settings: jetStream},
		}))
		envoy.Expect("nats: .*ermissions") // Told once; clients learn no more than that it was refused.
		wantAnswer(t, envoy, "POST /full HTTP/1.1", "1", http.StatusAccepted, `"sequence":1`)
		for _, c := range []struct {
			name, path, body string
			status           int
			want             string
			retry            bool
		}{
			{"no stream", "none", "1", 503, "No stream takes messages of this subject.", true},
			{"another stream than expected", "other", "1", 502, "The stream does not take the message.", false},
			{"another sequence than expected", "id", "1", 502, "The stream does not take the message.", false},
			{"a full stream", "full", "1", 503, "The stream is full.", true},
			{"too large for the stream", "small", strings.Repeat("a", 100), 413, "larger than the broker takes", false},
			{"too large for the server", "core", strings.Repeat("a", 5000), 413, "larger than the broker takes", false},
			{"too large for the server, stored", "stored", strings.Repeat("a", 5000), 413, "larger than the broker takes", false},
			{"not permitted", "denied", "1", 502, "does not let the proxy publish", false},
			{"not permitted, stored", "denied-stored", "1", 502, "does not let the proxy publish", false},
			{"no service", "nobody", "1", 503, "No service is there to answer.", true},
			{"a service that is too slow", "slow", "1", 504, "the outcome is unknown", false},
			{"somebody who is no stream", "chatty", "1", 502, "Whether it is stored is not known.", false},
			{"a wildcard", "token?x=*", "1", 400, "cannot stand there", false},
			{"a wildcard among tokens", "tokens?x=a.*", "1", 400, "cannot stand there", false},
			{"an empty token", "tokens?x=a..b", "1", 400, "empty part", false},
			{"white space", "token?x=a%20b", "1", 400, "cannot stand there", false},
			{"a protocol line", "token?x=a%0d%0aPUB+b+0", "1", 400, "cannot stand there", false},
		} {
			t.Run(c.name, func(t *testing.T) {
				answer := wantAnswer(t, envoy, "POST /"+c.path+" HTTP/1.1", c.body, c.status, c.want)
				if got := answer.Headers.Get("retry-after") != ""; got != c.retry {
					t.Errorf("retry-after: got %q, want one: %v", answer.Headers.Get("retry-after"), c.retry)
				}
			})
		}
		wantAnswer(t, envoy, "POST /stored HTTP/1.1", "2", http.StatusAccepted, `"sequence":1`)
		if got := len(server.Messages(t, consumer, "ORDERS")); got != 1 {
			t.Errorf("the stream has %d messages, want the one that was answered 202", got)
		}
		if got := envoy.Counter(t, "funcroute.nats.connected"); got != 1 {
			t.Errorf("there were %d connections, want one that nothing has ended", got)
		}
	})
}

// passwordFile is a reference to a file with a password.
func passwordFile(t *testing.T, password string) string {
	t.Helper()
	path := t.TempDir() + "/password"
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file:" + path
}

// Beyond max_in_flight a client is turned away, and nothing is sent for it.
func TestNATSMaxInFlight(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		consumer := server.Connect(t)
		subscription, err := consumer.SubscribeSync("service")
		if err != nil || consumer.Flush() != nil {
			t.Fatal(err)
		}
		settings := natsSettings(server, harness.Object{"mode": "request", "max_in_flight": 1, "timeout": "15s"})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"ask": {target: "service"}}))
		answered := make(chan error, 1)
		go func() { answered <- harness.WantStatus(envoy.Listener(t, "http"), "POST /ask HTTP/1.1", http.StatusOK) }()
		first, err := subscription.NextMsg(harness.Patience)
		if err != nil {
			t.Fatal(err)
		}
		answer := wantAnswer(t, envoy, "POST /ask HTTP/1.1", "", http.StatusServiceUnavailable, "Too many messages are under way")
		if got := answer.Headers.Get("retry-after"); got != "1" {
			t.Errorf("retry-after: got %q, want 1", got)
		}
		if err := first.Respond(nil); err != nil {
			t.Fatal(err)
		}
		if err := <-answered; err != nil {
			t.Error(err)
		}
		if more, err := subscription.NextMsg(100 * time.Millisecond); err == nil {
			t.Errorf("the service got another request: %+v", more)
		}
	})
}

// A server that is not there, that dies with a message under way or stops reading: a 503 where nothing was sent, a 504 where nobody
// knows. When it is there again, so is the function.
func TestNATSServerDies(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		client := server.Connect(t)
		server.AddStream(t, client, &nats.StreamConfig{Name: "ORDERS", Subjects: []string{"orders"}})
		server.Kill()
		envoy := harness.StartEnvoy(t, host, natsConfig(t, natsSettings(server, harness.Object{"mode": "jetstream", "timeout": "10s"}), map[string]natsCall{
			"store": {target: "orders"}, "core": {target: "news", settings: harness.Object{"mode": "core"}},
			"brief": {target: "orders", settings: harness.Object{"timeout": "200ms"}},
		}))
		envoy.Expect("nats: nats://") // It says that it cannot connect, and that the connection is lost.
		paths := []string{"store", "core"}
		for _, path := range paths {
			answer := wantAnswer(t, envoy, "POST /"+path+" HTTP/1.1", "{}", http.StatusServiceUnavailable, "The broker cannot be reached. The message was not sent")
			if got := answer.Headers.Get("retry-after"); got != "1" {
				t.Errorf("retry-after: got %q, want 1", got)
			}
		}
		for _, path := range paths {
			server.Start(t)
			works := func() error {
				return harness.WantStatus(envoy.Listener(t, "http"), "POST /store HTTP/1.1", http.StatusAccepted)
			}
			harness.Eventually(t, "the function works", works)
			server.Signal(syscall.SIGSTOP)
			wantAnswer(t, envoy, "POST /brief HTTP/1.1", "{}", http.StatusGatewayTimeout, "the outcome is unknown")
			answers := make(chan string, 1)
			go func() {
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST /"+path+" HTTP/1.1", "{}"))
				answers <- fmt.Sprint(answer, err)
			}()
			untilActive(t, envoy, 1)
			wantAnswer(t, envoy, "POST /brief HTTP/1.1", "{}", http.StatusGatewayTimeout, "") // By now the other one is sent.
			server.Kill()
			if got := <-answers; !strings.Contains(got, "504") || !strings.Contains(got, "the outcome is unknown") {
				t.Errorf("%s under way when the server dies: got %s, want 504", path, got)
			}
			wantAnswer(t, envoy, "POST /"+path+" HTTP/1.1", "{}", http.StatusServiceUnavailable, "The message was not sent")
		}
	})
}

// A client that goes away ends the wait that was for it, and harms nobody else.
func TestNATSClientGoesAway(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server := counterparts.StartNATS(t, "")
		consumer := server.Connect(t)
		if _, err := consumer.Subscribe("silent", func(*nats.Msg) {}); err != nil || consumer.Flush() != nil {
			t.Fatal(err)
		}
		settings := natsSettings(server, harness.Object{"max_in_flight": 1, "timeout": "30s"})
		envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{
			"silent": {target: "silent", settings: asking}, "core": {target: "news"},
		}))
		for range 4 {
			goAwayFrom(t, envoy, harness.Message(t, "POST /silent HTTP/1.1", "{}"))
			harness.Eventually(t, "its place in flight is free", func() error {
				return harness.WantStatus(envoy.Listener(t, "http"), "POST /core HTTP/1.1", http.StatusAccepted)
			})
		}
	})
}
