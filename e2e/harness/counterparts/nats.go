package counterparts

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/e2e/harness"
)

// NATS is a nats-server with JetStream, which keeps its streams in a folder of the test.
type NATS struct {
	*harness.Process
	// Address is where clients connect to, also after a restart.
	Address string

	settings, folder string
}

// StartNATS starts one. Settings are lines of its configuration beside the port and JetStream's folder.
func StartNATS(t testing.TB, settings string) *NATS {
	t.Helper()
	n := &NATS{settings: settings, folder: t.TempDir()}
	n.Process, n.Address = start(t, "nats-server", func(host, port string) *harness.Process { return n.run(t, host, port) }, listens)
	return n
}

func (n *NATS) run(t testing.TB, host, port string) *harness.Process {
	t.Helper()
	n.Configure(t, n.settings)
	return harness.StartProcess(t, "nats-server", nil, harness.Tool(t, "nats-server"), "-c", n.config(), "-a", host, "-p", port)
}

func (n *NATS) config() string { return filepath.Join(n.folder, "nats.conf") }

// Configure replaces the settings. The server reads them when it gets a SIGHUP or starts again.
func (n *NATS) Configure(t testing.TB, settings string) {
	t.Helper()
	n.settings = settings
	text := "jetstream { store_dir: \"" + n.folder + "/streams\" }\n" + settings
	if err := os.WriteFile(n.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server as a crash would.
func (n *NATS) Kill() {
	n.Signal(syscall.SIGKILL)
	<-n.Exited()
}

// Start starts a server again that has ended, at the same address and with the same streams.
func (n *NATS) Start(t testing.TB) {
	t.Helper()
	host, port, err := net.SplitHostPort(n.Address)
	if err != nil {
		t.Fatal(err)
	}
	n.Process = n.run(t, host, port)
	harness.Eventually(t, "nats-server ready again", func() error { return errors.Join(n.Running(), listens(nil, n.Address)) })
}

// URL is the server's, for settings.
func (n *NATS) URL() string { return "nats://" + n.Address }

// Connect returns a client of the server's.
func (n *NATS) Connect(t testing.TB, options ...nats.Option) *nats.Conn {
	t.Helper()
	client, err := nats.Connect(n.URL(), append(options, nats.MaxReconnects(-1), nats.ReconnectWait(nats.DefaultReconnectWait/20))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// AddStream adds a stream.
func (n *NATS) AddStream(t testing.TB, client *nats.Conn, stream *nats.StreamConfig) {
	t.Helper()
	js, err := client.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AddStream(stream); err != nil {
		t.Fatal(err)
	}
}

// Messages returns all messages of a stream, in their order.
func (n *NATS) Messages(t testing.TB, client *nats.Conn, stream string) []*nats.RawStreamMsg {
	t.Helper()
	js, err := client.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	info, err := js.StreamInfo(stream)
	if err != nil {
		t.Fatal(err)
	}
	var messages []*nats.RawStreamMsg
	for sequence := info.State.FirstSeq; info.State.Msgs > 0 && sequence <= info.State.LastSeq; sequence++ {
		message, err := js.GetMsg(stream, sequence)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, message)
	}
	return messages
}
