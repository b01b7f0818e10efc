package counterparts

import (
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// A program that ends at once, as one does whose port was taken, is started again, and awaited.
func TestStart(t *testing.T) {
	tries := 0
	process, address := start(t, "server", func(host, port string) *harness.Process {
		if tries++; tries == 1 {
			return harness.StartProcess(t, "server", nil, harness.Tool(t, "python"), "-c", "raise SystemExit(1)")
		}
		return harness.StartProcess(t, "server", nil, harness.Tool(t, "python"), "-m", "http.server", "--bind", host, "--directory", t.TempDir(), port)
	}, listens)
	if tries != 2 {
		t.Errorf("started %d times, want twice", tries)
	}
	if err := process.Running(); err != nil {
		t.Error(err)
	}
	if err := harness.Listens(address); err != nil {
		t.Error(err)
	}
}
