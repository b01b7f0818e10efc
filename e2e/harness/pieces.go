package harness

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// StartPieces starts a server that answers with a body in two pieces, with so long between them that they arrive apart.
func StartPieces(t testing.TB) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: Patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "one ")
		w.(http.Flusher).Flush()
		<-time.After(10 * time.Millisecond)
		_, _ = io.WriteString(w, "two")
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}
