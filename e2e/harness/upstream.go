package harness

import (
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/headermap"
)

// Received is a request as it has arrived at an upstream.
type Received struct {
	Headers *headermap.Map
	Body    []byte
}

// ReceivedFrom returns a request that an http.Server has received.
func ReceivedFrom(r *http.Request, body []byte) Received {
	headers := headermap.New([2]string{":method", r.Method}, [2]string{":path", r.RequestURI}, [2]string{":authority", r.Host})
	addAll(headers, r.Header)
	addAll(headers, r.Trailer)
	if len(r.TransferEncoding) > 0 {
		headers.Set("transfer-encoding", r.TransferEncoding[0])
	}
	return Received{headers, body}
}

// Upstream is a scripted server. It notes what arrives, and gives the answers that it was told to give. It understands HTTP/1.1 and
// HTTP/2.
type Upstream struct {
	// Address is where it listens.
	Address string

	mutex    sync.Mutex
	answers  []*golden.Message
	received []Received
}

// StartUpstream starts a server that gives these answers, one after the other and the last for ever.
func StartUpstream(t testing.TB, answers ...*golden.Message) *Upstream {
	t.Helper()
	u := &Upstream{answers: answers}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u.Address = listener.Addr().String()
	server := &http.Server{Handler: u, Protocols: new(http.Protocols), ReadHeaderTimeout: Patience}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return u
}

// Script replaces the answers that are still to be given.
func (u *Upstream) Script(answers ...*golden.Message) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.answers = answers
}

// Received returns all requests that have arrived so far.
func (u *Upstream) Received() []Received {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return slices.Clone(u.received)
}

// ServeHTTP implements http.Handler.
func (u *Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // The request did not arrive.
	}
	give(r.Context(), w, u.note(ReceivedFrom(r, body)))
}

func (u *Upstream) note(received Received) *golden.Message {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.received = append(u.received, received)
	if len(u.answers) == 0 {
		return &golden.Message{Start: "200"}
	}
	answer := u.answers[0]
	if len(u.answers) > 1 {
		u.answers = u.answers[1:]
	}
	return answer
}

// give writes an answer without any header that Go would add. Some headers of the answer are instructions, see testdata/README.md.
func give(ctx context.Context, w http.ResponseWriter, answer *golden.Message) {
	headers, trailers := splitTrailers(answer)
	if delay, err := time.ParseDuration(headers.Get("x-upstream-delay")); err == nil {
		<-time.After(delay)
		headers.Remove("x-upstream-delay")
	}
	if headers.Get("x-upstream-hold") != "" {
		<-ctx.Done()
		return
	}
	if headers.Get("x-upstream-reset") != "" {
		panic(http.ErrAbortHandler)
	}
	if headers.Get("x-upstream-raw") != "" {
		giveRaw(w, answer.Body)
		return
	}
	times, err := strconv.Atoi(headers.Get("x-upstream-repeat"))
	if err != nil {
		times = 1
	}
	headers.Remove("x-upstream-repeat")
	w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
	for _, header := range headers.List() {
		if name := http.CanonicalHeaderKey(header[0]); header[0] != "transfer-encoding" {
			w.Header()[name] = append(w.Header()[name], header[1])
		}
	}
	w.WriteHeader(answer.Status())
	if flusher, ok := w.(http.Flusher); ok && headers.Get("transfer-encoding") == "chunked" {
		flusher.Flush()
	}
	for range times {
		if _, err := w.Write(answer.Body); err != nil {
			return
		}
	}
	for _, trailer := range trailers {
		w.Header().Set(http.TrailerPrefix+trailer[0], strings.TrimSpace(trailer[1]))
	}
}

// giveRaw writes bytes as they are, and ends the connection.
func giveRaw(w http.ResponseWriter, text []byte) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = connection.Close() }()
	_, _ = connection.Write(text)
}
