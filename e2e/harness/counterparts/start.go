package counterparts

import (
	"net"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// start runs a program that has to be told its port, and returns once it is ready. It returns the process and where it listens.
//
// Between our finding a free port and the program's binding to it another program may take the port. So one that ends before it is
// ready is given another chance.
func start(t testing.TB, name string, run func(host, port string) *harness.Process, ready func(p *harness.Process, address string) error) (*harness.Process, string) {
	t.Helper()
	for range 3 {
		address := harness.FreeAddress(t)
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		process, gone := run(host, port), false
		harness.Eventually(t, name+" ready", func() error {
			if gone = process.Running() != nil; gone {
				return nil
			}
			return ready(process, address)
		})
		if !gone {
			return process, address
		}
	}
	t.Fatalf("%s does not start", name)
	return nil, ""
}

// listens is that of programs that are ready when they listen.
func listens(_ *harness.Process, address string) error { return harness.Listens(address) }
