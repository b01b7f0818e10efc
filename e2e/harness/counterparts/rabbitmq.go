package counterparts

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/e2e/harness"
)

// RabbitMQ is a RabbitMQ server, which keeps its queues in a folder of the test. The user admin, whose password is admin, may do anything
// in the virtual hosts / and shop; the user proxy, whose password is [RabbitMQPassword], may publish in / to all exchanges but secret.
type RabbitMQ struct {
	*harness.Process
	// Address is where clients connect to, also after a restart.
	Address string

	settings, folder, epmd string
}

// RabbitMQPassword is the password of the user proxy.
const RabbitMQPassword = "s3cr3t-rabbit"

// The programs are Debian's. tools/prerequisites looks for them.
const (
	rabbitMQPrograms = "/usr/lib/rabbitmq/bin/"
	epmdProgram      = "/usr/bin/epmd"
)

const rabbitMQDefinitions = `{
	"vhosts": [{"name": "/"}, {"name": "shop"}],
	"users": [{"name": "admin", "password": "admin", "tags": "administrator"}, {"name": "proxy", "password": "` + RabbitMQPassword + `", "tags": ""}],
	"permissions": [
		{"vhost": "/", "user": "admin", "configure": ".*", "write": ".*", "read": ".*"}, {"vhost": "shop", "user": "admin", "configure": ".*", "write": ".*", "read": ".*"},
		{"vhost": "/", "user": "proxy", "configure": "^$", "write": "^(?!secret)", "read": "^$"}
	]
}`

// StartRabbitMQ starts one, which takes some seconds: it is for all hosts of a test. Settings are lines of rabbitmq.conf beside the
// listener.
func StartRabbitMQ(t testing.TB, settings string) *RabbitMQ {
	t.Helper()
	harness.Secret(RabbitMQPassword)
	if _, err := os.Stat(rabbitMQPrograms + "rabbitmq-server"); err != nil {
		t.Fatal("rabbitmq-server is not installed: run `make brokers`")
	}
	r := &RabbitMQ{settings: settings, folder: t.TempDir()}
	// Erlang's nodes register with a daemon, which they start by themselves unless there is one, and do not end. This one is the test's.
	_, r.epmd = start(t, "epmd", func(host, port string) *harness.Process {
		return harness.StartProcess(t, "epmd", path(), epmdProgram, "-address", host, "-port", port)
	}, listens)
	for range 3 {
		r.Address = harness.FreeAddress(t)
		if r.Process = r.run(t); r.ready(t) {
			return r
		}
	}
	t.Fatal("rabbitmq-server does not start")
	return nil
}

func (r *RabbitMQ) run(t testing.TB) *harness.Process {
	t.Helper()
	definitions := filepath.Join(r.folder, "definitions.json")
	for path, text := range map[string]string{
		"definitions.json": rabbitMQDefinitions, "plugins": "[].",
		"rabbitmq.conf": "listeners.tcp.1 = " + r.Address + "\nload_definitions = " + definitions + "\nlog.console = true\nlog.console.level = warning\n" + r.settings,
	} {
		if err := os.WriteFile(filepath.Join(r.folder, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, distribution, _ := net.SplitHostPort(harness.FreeAddress(t))
	environment := append(r.environment(t),
		"RABBITMQ_DIST_PORT="+distribution, "RABBITMQ_MNESIA_BASE="+r.folder+"/data", "RABBITMQ_LOG_BASE="+r.folder+"/log",
		"RABBITMQ_CONFIG_FILE="+r.folder+"/rabbitmq.conf", "RABBITMQ_ENABLED_PLUGINS_FILE="+r.folder+"/plugins",
		// The script then becomes the server, instead of starting it, so that it is the server which gets signals.
		"RABBITMQ_ALLOW_INPUT=true", "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-noinput +S 2:2 +sbwt none")
	return harness.StartProcess(t, "rabbitmq-server", environment, "/bin/sh", rabbitMQPrograms+"rabbitmq-server")
}

// environment is what all of its programs need to find each other.
func (r *RabbitMQ) environment(t testing.TB) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(r.epmd)
	if err != nil {
		t.Fatal(err)
	}
	_, own, _ := net.SplitHostPort(r.Address)
	return append(path(), "HOME="+r.folder, "RABBITMQ_NODENAME=funcroute"+own+"@localhost", "ERL_EPMD_ADDRESS="+host, "ERL_EPMD_PORT="+port)
}

func path() []string { return []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"} }

// ready waits until the server speaks AMQP, and reports whether it does. It is slower to start than other programs.
func (r *RabbitMQ) ready(t testing.TB) bool {
	t.Helper()
	const patience = 4 * harness.Patience
	for began := time.Now(); time.Since(began) < patience; <-time.After(50 * time.Millisecond) {
		if r.Running() != nil {
			return false
		}
		if client, err := amqp091.Dial(r.url("admin:admin")); err == nil {
			_ = client.Close()
			return true
		}
	}
	t.Fatalf("rabbitmq-server: still not ready after %s", patience)
	return false
}

// Kill ends the server as a crash would.
func (r *RabbitMQ) Kill() {
	r.Signal(syscall.SIGKILL)
	<-r.Exited()
}

// ShutDown ends the server as an operator would: it tells its clients.
func (r *RabbitMQ) ShutDown() {
	r.Signal(syscall.SIGTERM)
	<-r.Exited()
}

// Start starts a server again that has ended, at the same address and with the same queues.
func (r *RabbitMQ) Start(t testing.TB) {
	t.Helper()
	r.Process = r.run(t)
	if !r.ready(t) {
		t.Fatal("rabbitmq-server has ended")
	}
}

// URL is the server's, for settings.
func (r *RabbitMQ) URL() string { return "amqp://" + r.Address }

func (r *RabbitMQ) url(user string) string { return "amqp://" + user + "@" + r.Address }

// Connect returns a channel of the user admin's.
func (r *RabbitMQ) Connect(t testing.TB) *amqp091.Channel {
	t.Helper()
	client, err := amqp091.Dial(r.url("admin:admin"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	channel, err := client.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// AddQueue adds a durable queue, bound to an exchange by a pattern where one is named.
func (*RabbitMQ) AddQueue(t testing.TB, channel *amqp091.Channel, name string, arguments amqp091.Table, bound ...string) {
	t.Helper()
	_, err := channel.QueueDeclare(name, true, false, false, false, arguments)
	for i := 0; i+1 < len(bound); i += 2 {
		err = errors.Join(err, channel.QueueBind(name, bound[i+1], bound[i], false, nil))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Messages takes all messages out of a queue, in their order.
func (*RabbitMQ) Messages(t testing.TB, channel *amqp091.Channel, queue string) []amqp091.Delivery {
	t.Helper()
	var messages []amqp091.Delivery
	for {
		message, there, err := channel.Get(queue, true)
		if err != nil {
			t.Fatal(err)
		}
		if !there {
			return messages
		}
		messages = append(messages, message)
	}
}

// Block has the server take no messages, as it does when it is short of memory, or take them again.
func (r *RabbitMQ) Block(t testing.TB, block bool) {
	t.Helper()
	share := "0.4"
	if block {
		share = "0.000000001"
	}
	control := harness.StartProcess(t, "rabbitmqctl", r.environment(t), "/bin/sh", rabbitMQPrograms+"rabbitmqctl", "set_vm_memory_high_watermark", share)
	if <-control.Exited(); control.ExitCode() != 0 {
		t.Fatalf("rabbitmqctl has failed: %s%s", control.Output, control.Errors)
	}
}
