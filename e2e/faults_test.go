package e2e

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// fault is something that goes wrong with an upstream, or with a client, and what is to come of it.
type fault struct {
	name string
	// answers are what the upstream writes, by the route's name, "" for all others. What is sent before the connection
	// is reset stands for itself.
	answers map[string]string
	reset   bool
	pause   time.Duration
	// leaves says when the client goes away: "sending", "waiting", "reading", or "" for not at all.
	leaves string
	// want is the status; 0 is an answer that is broken off. wants has those of other routes.
	want  int
	wants map[string]int
	// ofLambda says that it is something in an answer that only means something to Lambda.
	ofLambda bool
}

func (f fault) status(route string) int {
	if status, ok := f.wants[route]; ok {
		return status
	}
	return f.want
}

func ok(headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%s\r\n%s", len(body), headers, body)
}

// faultRoutes are the routes of the faults' Envoy, each with a cluster of its own: their settings, and the function's target
// where it is not the route's name. The answers of some stream past, others are collected or decoded piece by piece.
var faultRoutes = map[string]struct {
	settings harness.Object
	target   string
}{
	"body":       {settings: harness.Object{"type": "lambda", "region": "us-east-1", "payload": "body"}},
	"apigateway": {settings: harness.Object{"type": "lambda", "region": "us-east-1"}},
	"stream":     {settings: harness.Object{"type": "lambda", "region": "us-east-1", "invocation": "response-stream"}},
	"rest":       {settings: harness.Object{"type": "rest"}, target: "POST /functions/rest/call"},
}

func faults(t testing.TB) []fault {
	const jsonType = "content-type: application/json\r\n"
	events := string(streamEvent(t, "PayloadChunk", prelude+"one ")) + string(streamEvent(t, "PayloadChunk", "two"))
	end := string(streamEvent(t, "InvokeComplete", "{}"))
	const eventType = "content-type: application/vnd.amazon.eventstream\r\n"
	whole := map[string]string{
		"body":       ok(jsonType, `{"a":1}`),
		"apigateway": ok(jsonType, `{"statusCode":200,"body":"done"}`),
		"stream":     ok(eventType, events+end),
		"rest":       ok(jsonType, `{"a":1}`),
	}
	cut := func(end func(string) int) map[string]string {
		parts := map[string]string{}
		for route, answer := range whole {
			parts[route] = answer[:end(answer)]
		}
		return parts
	}
	headersEnd := func(answer string) int { return strings.Index(answer, "\r\n\r\n") + 4 }
	failure := func(text string) map[string]string {
		return map[string]string{"": ok(jsonType+"x-amz-function-error: Unhandled\r\n", text)}
	}
	// Where the answer's headers are still held back, Envoy has something to answer with.
	collected := map[string]int{"apigateway": http.StatusBadGateway}
	held := map[string]int{"apigateway": http.StatusBadGateway, "stream": http.StatusBadGateway}
	fine := map[string]int{"stream": http.StatusCreated}
	return []fault{
		{name: "all is well", answers: whole, want: 200, wants: fine},
		{name: "reset before headers", reset: true, want: 503},
		{name: "closed before headers", answers: map[string]string{"": ""}, want: 503},
		{name: "no HTTP", answers: map[string]string{"": "what?\r\n\r\n"}, want: 502},
		{name: "reset in headers", answers: cut(func(string) int { return 20 }), reset: true, want: 502},
		{name: "reset after headers", answers: cut(headersEnd), reset: true, want: 0, wants: held},
		{name: "reset in the body", answers: cut(func(a string) int { return headersEnd(a) + 4 }), reset: true, want: 0, wants: held},
		{name: "reset while it streams", answers: cut(func(a string) int { return len(a) - 1 }), reset: true, want: 0, wants: collected},
		{name: "function killed", answers: failure(`{"errorType":"Runtime.ExitError","errorMessage":"signal: killed"}`), want: 502, ofLambda: true},
		{name: "function timed out", answers: failure(`{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 3.00 seconds"}`), want: 504, ofLambda: true},
		{name: "throttled", answers: map[string]string{"": "HTTP/1.1 429 Too Many\r\ncontent-length: 2\r\nretry-after: 1\r\n\r\n{}"}, want: 429, ofLambda: true},
		{name: "client leaves while it sends", leaves: "sending"},
		{name: "client leaves while it waits", answers: whole, pause: 100 * time.Millisecond, leaves: "waiting"},
		{name: "client leaves while it reads", answers: whole, pause: 100 * time.Millisecond, leaves: "reading"},
	}
}

// faultyUpstream reads requests and does what their bodies say.
type faultyUpstream struct {
	address string
	faults  map[string]fault
}

func startFaultyUpstream(t testing.TB, list []fault) *faultyUpstream {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	u := &faultyUpstream{address: listener.Addr().String(), faults: map[string]fault{}}
	for _, f := range list {
		u.faults[f.name] = f
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go u.serve(connection.(*net.TCPConn))
		}
	}()
	return u
}

func (u *faultyUpstream) serve(connection *net.TCPConn) {
	defer func() { _ = connection.Close() }()
	reader := bufio.NewReader(connection)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		if !u.answer(connection, request.URL.Path, string(body)) {
			return
		}
	}
}

// answer reports whether the connection is good for more.
func (u *faultyUpstream) answer(connection *net.TCPConn, path, body string) bool {
	for name, f := range u.faults {
		if !strings.Contains(body, name) {
			continue
		}
		answer := f.answers[""]
		for route, text := range f.answers {
			if route != "" && strings.Contains(path, "/functions/"+route+"/") {
				answer = text
			}
		}
		half := len(answer) / 2
		if f.pause == 0 {
			half = len(answer)
		}
		_, _ = io.WriteString(connection, answer[:half])
		<-time.After(f.pause)
		_, _ = io.WriteString(connection, answer[half:])
		if f.reset {
			<-time.After(2 * time.Millisecond) // A reset overtakes what is still under way.
			_ = connection.SetLinger(0)
		}
		return !f.reset && strings.HasPrefix(answer, "HTTP/1.1 ")
	}
	return false
}

// Whatever goes wrong upstream, or with clients, every request comes to the end it should, and nothing stays behind.
func TestFaults(t *testing.T) {
	list := faults(t)
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				upstream := startFaultyUpstream(t, list)
				envoy := harness.StartEnvoyWith(t, host.Faulty(t), faultsConfig(upstream.address), harness.Options{Workers: workers})
				envoy.Expect("AWS answers 429")
				envoy.Expect("function_error|function_timeout|upstream_rejected|invalid_answer")
				address := envoy.Listener(t, "http")
				sendFaults(address, list, 1, &harness.Figures{}) // What is made once is made.
				before := envoy.State(t)
				figures := &harness.Figures{}
				sendFaults(address, list, rounds(), figures)
				figures.Report(t)
				untilActive(t, envoy, 0)
				envoy.WantState(t, before, 1<<20, 4<<20)
			})
		})
	}
}

func faultsConfig(upstream string) harness.Config {
	config := harness.NewConfig()
	var routes []any
	for name, route := range faultRoutes {
		config.AddCluster(upstream, harness.Object{"name": name, "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute": harness.Clone(route.settings), "funcroute.functions": harness.Object{"f": cmp.Or(route.target, name)},
		}}})
		routes = append(routes, harness.Object{
			"match": harness.Object{"path": "/" + name}, "route": harness.Object{"cluster": name},
			"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "f"}}},
		})
	}
	config.AddListener("http", routes, nil, harness.Object{"delayed_close_timeout": "0s"})
	config.AddVitals()
	return config
}

// sendFaults sends a request per fault, route and round, several at once.
func sendFaults(address string, list []fault, rounds int, figures *harness.Figures) {
	type call struct {
		fault fault
		route string
	}
	calls := make(chan call)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for c := range calls {
				as, err := c.fault.perform(address, c.route, c.fault.status(c.route))
				if err != nil {
					err = fmt.Errorf("%s, route %s: %w", c.fault.name, c.route, err)
				}
				figures.Note(as, err)
			}
		})
	}
	for range rounds {
		for _, f := range list {
			for route, to := range faultRoutes {
				if !f.ofLambda || to.settings["type"] == "lambda" {
					calls <- call{f, route}
				}
			}
		}
	}
	close(calls)
	senders.Wait()
}

func (f fault) perform(address, route string, status int) (as string, err error) {
	request, err := harness.ParseMessage("POST /"+route+" HTTP/1.1\ncontent-type: text/plain", f.name)
	if err != nil {
		return "", err
	}
	if f.leaves != "" {
		return "left", f.leave(address, request)
	}
	answer, err := harness.Send(address, request)
	switch {
	case status == 0 && err != nil:
		return "broken off", nil
	case err != nil:
		return "", err
	case answer.Status() != status:
		return "", fmt.Errorf("got %s, want status %d (0: broken off)", answer, status)
	case status < 300:
		return "answered right", nil
	}
	return fmt.Sprint("answered ", status), wantDefined(answer)
}

// wantDefined wants an error that our documentation, or Envoy's, tells of.
func wantDefined(answer harness.Answer) error {
	if answer.Headers.Get("content-type") == "application/problem+json" || strings.HasPrefix(string(answer.Body), "upstream connect error") {
		return nil
	}
	return fmt.Errorf("the answer %s is neither ours nor Envoy's", answer)
}

func (f fault) leave(address string, request *golden.Message) error {
	connection, err := net.DialTimeout("tcp", address, harness.Patience)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	text := harness.Wire(request)
	if f.leaves == "sending" {
		text = text[:len(text)-1]
	}
	if _, err := connection.Write(text); err != nil {
		return err
	}
	_ = connection.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err = connection.Read(make([]byte, 16))
	if err == nil && f.leaves == "sending" {
		return fmt.Errorf("there is an answer to half a request")
	}
	return nil
}

// rounds is how often what takes long is done: some, or many if $FUNCROUTE_LONG is set.
func rounds() int {
	if harness.Long() {
		return 100
	}
	return 5
}
