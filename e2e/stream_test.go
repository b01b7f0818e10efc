package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	oracle "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// streamed is a Lambda API that answers in frames, each when the test says so.
type streamed struct {
	address string
	next    chan []byte
}

func startStreamed(t *testing.T) *streamed {
	t.Helper()
	s := &streamed{next: make(chan []byte)}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	server := &http.Server{ReadHeaderTimeout: harness.Patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/2021-11-15/functions/") {
			t.Errorf("path = %s, want that of InvokeWithResponseStream", r.URL.Path)
		}
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		for bytes := range s.next {
			_, _ = w.Write(bytes)
			w.(http.Flusher).Flush()
		}
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// say sends an event.
func (s *streamed) say(t *testing.T, event, payload string) {
	t.Helper()
	s.write(t, streamEvent(t, event, payload))
}

// streamEvent is an event as InvokeWithResponseStream sends it.
func streamEvent(t testing.TB, event, payload string) []byte {
	t.Helper()
	var frame bytes.Buffer
	err := oracle.NewEncoder().Encode(&frame, oracle.Message{
		Headers: oracle.Headers{
			{Name: ":message-type", Value: oracle.StringValue("event")},
			{Name: ":event-type", Value: oracle.StringValue(event)},
		},
		Payload: []byte(payload),
	})
	if err != nil {
		t.Fatal(err)
	}
	return frame.Bytes()
}

func (s *streamed) write(t *testing.T, b []byte) {
	t.Helper()
	select {
	case s.next <- b:
	case <-time.After(harness.Patience):
		t.Fatal("nobody takes what the function says")
	}
}

const prelude = `{"statusCode": 201, "headers": {"content-type": "text/plain"}, "cookies": ["a=1", "b=2"]}` + "\x00\x00\x00\x00\x00\x00\x00\x00"

// streamedConfig is that of helloConfig for a function that streams its answers.
func streamedConfig(address string) harness.Config {
	config := harness.HelloConfig(address)
	for _, cluster := range config.Clusters() {
		settings := cluster["metadata"].(harness.Object)["filter_metadata"].(harness.Object)["funcroute"].(harness.Object)
		settings["invocation"], settings["payload"] = "response-stream", "apigateway-v2"
	}
	return config
}

// A function's answer reaches the client while the function is still making it.
func TestStreamedAnswers(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		begin := func(t *testing.T) (*streamed, *harness.Envoy, *http.Response, *bufio.Reader) {
			t.Helper()
			function := startStreamed(t)
			envoy := harness.StartEnvoy(t, host, streamedConfig(function.address))
			connection, err := net.DialTimeout("tcp", envoy.Listener(t, "http"), harness.Patience)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = connection.Close() })
			_ = connection.SetDeadline(time.Now().Add(harness.Patience))
			if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nhost: example.com\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(connection)
			// The prelude in two pieces, and the beginning of the body: the headers go before the function ends.
			function.say(t, "PayloadChunk", prelude[:20])
			function.say(t, "PayloadChunk", prelude[20:]+"one ")
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = response.Body.Close() })
			return function, envoy, response, reader
		}
		read := func(t *testing.T, response *http.Response, want string) {
			t.Helper()
			got := make([]byte, len(want))
			if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != want {
				t.Fatalf("body = %q, %v, want %q", got, err, want)
			}
		}

		t.Run("pieces as they come", func(t *testing.T) {
			function, envoy, response, _ := begin(t)
			if response.StatusCode != http.StatusCreated || response.Header.Get("Content-Type") != "text/plain" || len(response.Cookies()) != 2 {
				t.Errorf("answer = %s %v, want what the prelude says", response.Status, response.Header)
			}
			read(t, response, "one ")
			function.say(t, "PayloadChunk", "two ")
			read(t, response, "two ")
			function.say(t, "InvokeComplete", "{}")
			close(function.next)
			if rest, err := io.ReadAll(response.Body); err != nil || len(rest) > 0 {
				t.Errorf("rest = %q, %v, want none", rest, err)
			}
			if n := envoy.Counter(t, "funcroute.lambda.requests"); n != 1 {
				t.Errorf("requests = %d, want 1", n)
			}
		})
		t.Run("an error at the end resets the stream", func(t *testing.T) {
			function, envoy, response, _ := begin(t)
			read(t, response, "one ")
			function.say(t, "InvokeComplete", `{"ErrorCode": "Runtime.ExitError", "ErrorDetails": "secret"}`)
			close(function.next)
			if rest, err := io.ReadAll(response.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(rest) > 0 {
				t.Errorf("rest = %q, %v, want none and a broken connection", rest, err)
			}
			if n := envoy.Counter(t, "funcroute.errors.function_error"); n != 1 {
				t.Errorf("function errors = %d, want 1", n)
			}
		})
		t.Run("a broken frame resets the stream", func(t *testing.T) {
			function, envoy, response, _ := begin(t)
			read(t, response, "one ")
			function.write(t, bytes.Repeat([]byte{1}, 64))
			if _, err := io.ReadAll(response.Body); err == nil {
				t.Error("error = nil, want a broken connection")
			}
			close(function.next)
			if n := envoy.Counter(t, "funcroute.errors.invalid_answer"); n != 1 {
				t.Errorf("invalid answers = %d, want 1", n)
			}
		})
	})
}

// A function whose answer is broken, and goes on: the client gets its answer at once, and the function is let go, in a cluster
// when the route's time is over (README, "In a listener or in a cluster").
func TestBrokenStreamsEnd(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		gone := make(chan struct{})
		function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			_, _ = w.Write(bytes.Repeat([]byte{1}, 64))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			close(gone)
		}))
		t.Cleanup(function.Close)
		config := streamedConfig(function.Listener.Addr().String())
		virtualHost := harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts")[0]
		harness.Objects(virtualHost, "routes")[0]["route"].(harness.Object)["timeout"] = "3s"
		envoy := harness.StartEnvoy(t, host, config)

		connection, err := harness.Dial(envoy.Listener(t, "http")) // Kept open: a client that hangs up would end it all.
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		answer, err := connection.Send(harness.Message(t, "GET / HTTP/1.1", ""))
		if err != nil {
			t.Fatal(err)
		}
		harness.Report(t, golden.MatchAnswer(&golden.Message{Start: "502"}, answer.Headers, answer.Body))
		select {
		case <-gone:
		case <-time.After(harness.Patience):
			t.Errorf("the function is still held after %s", harness.Patience)
		}
		if n := envoy.Counter(t, "funcroute.errors.invalid_answer"); n != 1 {
			t.Errorf("invalid answers = %d, want 1", n)
		}
	})
}

// What a function writes behind a prelude whose status has no content is dropped. Over HTTP/1.1 the client would take it for
// the answer to its next request.
func TestStreamedAnswersWithoutContent(t *testing.T) {
	const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		statuses := make(chan string, 3)
		function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
			_, _ = w.Write(streamEvent(t, "PayloadChunk", `{"statusCode": `+<-statuses+`}`+zeros+"HTTP/1.1 418 I'm a teapot\r\n\r\n"))
			_, _ = w.Write(streamEvent(t, "InvokeComplete", "{}"))
		}))
		t.Cleanup(function.Close)
		envoy := harness.StartEnvoy(t, host, streamedConfig(function.Listener.Addr().String()))
		connection, err := net.DialTimeout("tcp", envoy.Listener(t, "http"), harness.Patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		_ = connection.SetDeadline(time.Now().Add(harness.Patience))
		reader := bufio.NewReader(connection)
		for _, status := range []string{"204", "304", "200"} {
			statuses <- status
			if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nhost: example.com\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			_ = response.Body.Close()
			if got := response.Status[:3]; got != status || err != nil || len(body) > 0 && status != "200" {
				t.Fatalf("answer = %s %q, %v, want %s", response.Status, body, err, status)
			}
		}
	})
}
