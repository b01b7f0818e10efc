package counterparts

import (
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// Prism is a server made of an OpenAPI document: it answers 4xx or 5xx to every request that the document does not allow, and
// with an example to all others.
type Prism struct {
	*harness.Process
	// Address is where the document's first server would be: all paths begin with its base path.
	Address string
}

// StartPrism starts one. Prism itself knows nothing of base paths.
func StartPrism(t testing.TB, document, base string) *Prism {
	t.Helper()
	process, address := start(t, "prism", func(host, port string) *harness.Process {
		return harness.StartProcess(t, "prism", []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + t.TempDir()},
			harness.Tool(t, "prism"), "mock", "--errors", "--host", host, "--port", port, document)
	}, func(p *harness.Process, _ string) error {
		if !strings.Contains(p.Output.String(), "Prism is listening") {
			return errors.New("it does not listen yet")
		}
		return nil
	})
	return &Prism{process, underBase(t, address, base)}
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
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: harness.Patience}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}
