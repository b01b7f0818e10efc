package nats

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// scripted is a server that says what a real one says seldom, or at a moment that cannot be chosen. The real one is in e2e.
type scripted struct {
	listener net.Listener
	// published is called for each message with its subject and its reply's, and says what to send before anything else. Without
	// one the connection ends.
	published func(subject, reply string) (say string, end bool)
}

// startScripted starts a server, and returns an upstream that is connected to it.
func startScripted(t *testing.T, published func(subject, reply string) (string, bool)) plugins.Upstream {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &scripted{listener, published}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(connection)
		}
	}()
	up, err := plugins.Lookup("nats").NewUpstream(&plugintest.Environment{}, s.settings())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(up.(plugins.IdleCloser).CloseIdleConnections)
	return upstreamOf{up, s}
}

// upstreamOf knows its server.
type upstreamOf struct {
	plugins.Upstream
	server *scripted
}

func (s *scripted) settings() plugins.Settings {
	return plugins.Settings{"servers": []string{"nats://" + s.listener.Addr().String()}}
}

func (s *scripted) serve(connection net.Conn) {
	defer func() { _ = connection.Close() }()
	_, _ = connection.Write([]byte(`INFO {"server_id":"S","version":"2.15.2","proto":1,"headers":true,"max_payload":1024}` + "\r\n"))
	inboxes := map[string]string{} // numbers of subscriptions by the subjects' beginnings
	for reader := bufio.NewReader(connection); ; {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		switch words[0] {
		case "PING":
			_, _ = connection.Write([]byte("PONG\r\n"))
		case "SUB":
			inboxes[strings.TrimSuffix(words[1], "*")] = words[len(words)-1]
		case "PUB", "HPUB":
			size, _ := strconv.Atoi(words[len(words)-1])
			if _, err := reader.Discard(size + 2); err != nil {
				return
			}
			reply := ""
			if words[0] == "PUB" && len(words) == 4 || words[0] == "HPUB" && len(words) == 5 {
				reply = words[2]
			}
			say, end := s.published(words[1], reply)
			for inbox, number := range inboxes {
				if strings.HasPrefix(reply, inbox) {
					say = strings.ReplaceAll(say, "INBOX", reply+" "+number)
				}
			}
			_, _ = connection.Write([]byte(say))
			if end {
				return
			}
		}
	}
}

// acknowledge is a message to the inbox.
func acknowledge(data string) string { return fmt.Sprintf("MSG INBOX %d\r\n%s\r\n", len(data), data) }

// call calls a function, and returns in short what its client gets.
func call(t *testing.T, up plugins.Upstream, target string, settings plugins.Settings) string {
	t.Helper()
	merged := up.(upstreamOf).server.settings()
	for name, value := range settings {
		merged[name] = value
	}
	set, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := up.NewFunction(plugins.FunctionSpec{Target: target, Settings: merged, Parameters: set})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := f.Request(plugins.NewRequest(plugintest.NewHeaders(), plugintest.Connection{}, []byte("hi")))
	if err != nil {
		t.Fatal(err)
	}
	return outcomeOf(reply.Task.Run(context.Background()))
}

// outcomeOf is what a client gets, in short.
func outcomeOf(reply *plugins.Reply, err error) string {
	var failure *plugins.Error
	switch {
	case err == nil:
		return fmt.Sprintf("%d %s", reply.Status, reply.Body)
	case errors.As(err, &failure):
		return fmt.Sprintf("%d %s", failure.HTTPStatus(), failure.Reason)
	}
	return err.Error()
}

func TestWhatTheServerSaysCounts(t *testing.T) {
	inJetStream, inRequests := plugins.Settings{"mode": "jetstream"}, plugins.Settings{"mode": "request"}
	cases := []struct {
		name, say string
		end       bool
		settings  plugins.Settings
		want      string
	}{
		{"nothing against it", "", false, nil, `202 {"subject":"a.b"}`},
		{"an error before the PONG", `-ERR 'Permissions Violation for Publish to "a.b"'`, false, nil, "502 upstream_rejected"},
		{"an error about another subject", `-ERR 'Permissions Violation for Publish to "a.c"'`, false, nil, `202 {"subject":"a.b"}`},
		{"an error that ends the connection", `-ERR 'Maximum Payload Violation'`, false, nil, "504 function_timeout"},
		{"the connection ends", "", true, nil, "504 function_timeout"},
		{"an acknowledgement", acknowledge(`{"stream":"S","seq":18446744073709551615}`), false, inJetStream, `202 {"stream":"S","sequence":18446744073709551615}`},
		{"a duplicate", acknowledge(`{"stream":"S","seq":1,"duplicate":true}`), false, inJetStream, `202 {"stream":"S","sequence":1,"duplicate":true}`},
		{"not permitted to a stream", `-ERR 'Permissions Violation for Publish to "a.b"'`, false, inJetStream, "502 upstream_rejected"},
		{"full", acknowledge(`{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"}}`), false, inJetStream, "503 overloaded"},
		{"JetStream is not there now", acknowledge(`{"error":{"code":503,"err_code":10008}}`), false, inJetStream, "503 broker_unavailable"},
		{"another stream", acknowledge(`{"error":{"code":400,"err_code":10060}}`), false, inJetStream, "502 upstream_rejected"},
		{"too large for the stream", acknowledge(`{"error":{"code":400,"err_code":10054}}`), false, inJetStream, "413 body_too_large"},
		{"no acknowledgement but some JSON", acknowledge(`{"ok":true}`), false, inJetStream, "502 invalid_answer"},
		{"no JSON", acknowledge(`+OK`), false, inJetStream, "502 invalid_answer"},
		{"an empty message", acknowledge(``), false, inJetStream, "502 invalid_answer"},
		{"the connection ends before the acknowledgement", "", true, inJetStream, "504 function_timeout"},
		{"no responders", "HMSG INBOX 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", false, inJetStream, "503 broker_unavailable"},
		{"no service", "HMSG INBOX 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", false, inRequests, "503 broker_unavailable"},
		{"a reply", acknowledge("hello"), false, inRequests, "200 hello"},
		{"the service's connection ends", "", true, inRequests, "504 function_timeout"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			up := startScripted(t, func(string, string) (string, bool) { return c.say + "\r\n", c.end })
			if c.say == "" || strings.HasSuffix(c.say, "\r\n") {
				up = startScripted(t, func(string, string) (string, bool) { return c.say, c.end })
			}
			if got := call(t, up, "a.b", c.settings); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Of messages that are under way at the same time each hears of its own refusal, and of nobody else's.
func TestRefusalsFindTheirMessages(t *testing.T) {
	up := startScripted(t, func(subject, _ string) (string, bool) {
		if strings.HasPrefix(subject, "no.") {
			return fmt.Sprintf("-ERR 'Permissions Violation for Publish to %q'\r\n", subject), false
		}
		return "", false
	})
	results := make(chan string, 400)
	for i := range cap(results) {
		go func() {
			subject, want := fmt.Sprintf("yes.%d", i%7), fmt.Sprintf(`202 {"subject":"yes.%d"}`, i%7)
			if i%2 == 0 {
				subject, want = fmt.Sprintf("no.%d", i%7), "502 upstream_rejected"
			}
			if got := call(t, up, subject, nil); got != want {
				results <- fmt.Sprintf("%s: got %s, want %s", subject, got, want)
				return
			}
			results <- ""
		}()
	}
	for range cap(results) {
		if problem := <-results; problem != "" {
			t.Error(problem)
		}
	}
}

// A request that is too large leaves nothing behind, however often it comes, and one that is just small enough is sent.
func TestRequestsThatAreTooLargeLeaveNothingBehind(t *testing.T) {
	up := startScripted(t, func(string, string) (string, bool) { return acknowledge("hello"), false })
	broker := up.(upstreamOf).Upstream.(*upstream).broker
	for _, headers := range []client.Header{nil, {"A": {" b ", "c"}, "Content-Type": {"text/plain"}}} {
		for _, c := range []struct {
			size int64
			want string
		}{{1024, "200 hello"}, {1025, "413 body_too_large"}} {
			m := &outgoing{Msg: &client.Msg{Subject: "a.b", Header: headers}}
			m.Data = make([]byte, c.size-m.size())
			kept := 0
			reply, err := broker.Do(t.Context(), 10*time.Second, func(ctx context.Context, open *connection) (*plugins.Reply, error) {
				defer func() { kept = reflect.ValueOf(open.Conn).Elem().FieldByName("respMap").Len() }()
				return ask(ctx, open, m)
			})
			if got := outcomeOf(reply, err); got != c.want || kept != 0 {
				t.Errorf("%d bytes with headers %v: got %s, and %d requests that the library waits for, want %s and none", c.size, headers, got, kept, c.want)
			}
		}
	}
}
