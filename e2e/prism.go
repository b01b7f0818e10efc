package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
)

// Prism is a server made of an OpenAPI document: it answers 4xx or 5xx to every request that the document does not allow, and
// with an example to all others.
type Prism struct {
	*Process
	// Address is where the document's first server would be: all paths begin with its base path.
	Address string
}

// StartPrism starts one. Prism itself knows nothing of base paths.
func StartPrism(t testing.TB, document, base string) *Prism {
	t.Helper()
	// Like ministack it cannot bind to port 0.
	for range 3 {
		host, port, _ := net.SplitHostPort(freeAddress(t))
		address := net.JoinHostPort(host, port)
		p := &Prism{Process: StartProcess(t, "prism", []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + t.TempDir()},
			tool(t, "prism"), "mock", "--errors", "--host", host, "--port", port, document)}
		gone := false
		Eventually(t, "prism ready", func() error {
			if gone = p.Running() != nil; gone || strings.Contains(p.Output.String(), "Prism is listening") {
				return nil
			}
			return fmt.Errorf("it does not listen yet")
		})
		if !gone {
			p.Address = underBase(t, address, base)
			return p
		}
	}
	t.Fatal("prism does not start")
	return nil
}

// underBase has a server answer at a base path, and nowhere else.
func underBase(t testing.TB, address, base string) string {
	t.Helper()
	proxy := http.StripPrefix(base, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", address
	}})
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}
