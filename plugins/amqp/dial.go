package amqp

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
	"github.com/funcroute/funcroute/reminder"
)

const (
	// handshake is how long one server may take until it can be used.
	handshake = 2 * time.Second
	// heartbeat is how often either side says that it is there; after three times that long without a word it is not.
	heartbeat = 5 * time.Second
	// writeTimeout is how long a server may not read.
	writeTimeout = 5 * time.Second
)

// dialer connects by what settings say.
type dialer struct {
	settings    *settings
	secrets     *queue.Secrets
	environment plugins.Environment
	told        reminder.Reminder
}

// dial opens a connection to one of the servers, the first by chance that can be reached. The client library does not reconnect: nobody
// could tell what became of a message under way.
func (d *dialer) dial(ctx context.Context, _ func(string)) (*connection, error) {
	secrets, err := d.secrets.Read(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range rand.Perm(len(d.settings.Servers)) { //nolint:gosec // Chance spreads load here, and hides nothing.
		var opened *client.Connection
		if opened, err = d.open(ctx, d.settings.Servers[i], secrets["password"]); err == nil {
			return newConnection(opened, d.environment, d.warn), nil
		}
	}
	return nil, d.refused(err)
}

func (d *dialer) open(ctx context.Context, server, password string) (*client.Connection, error) {
	config := client.Config{
		Vhost: d.settings.Vhost, Heartbeat: heartbeat, SASL: d.identity(password), Properties: client.NewConnectionProperties(),
		Dial: func(network, address string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: handshake}
			opened, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return writer{opened}, opened.SetDeadline(time.Now().Add(handshake)) // The library takes it back once the handshake is over.
		},
	}
	config.Properties.SetClientConnectionName("funcroute")
	if d.settings.Secure(schemes) {
		var err error
		if config.TLSClientConfig, err = d.settings.TLS(); err != nil {
			return nil, err
		}
	}
	return client.DialConfig(server, config)
}

// identity is how the client gets in: by its user, by its certificate, or as whom a broker lets in from its own machine.
func (d *dialer) identity(password string) []client.Authentication {
	switch {
	case d.settings.Username != "":
		return []client.Authentication{&client.PlainAuth{Username: d.settings.Username, Password: password}}
	case d.settings.TLSCertificateFile != "":
		return []client.Authentication{&client.ExternalAuth{}}
	}
	return []client.Authentication{&client.PlainAuth{Username: "guest", Password: "guest"}}
}

// refused is the error of an attempt. Secrets that the server does not take may have been replaced, so they are looked up anew.
func (d *dialer) refused(err error) error {
	var said *client.Error
	if errors.As(err, &said) && (said.Code == client.AccessRefused || said.Code == client.NotAllowed) {
		d.secrets.Rejected()
		return queue.Unavailable("The broker does not let the proxy in. The message was not sent.").Because(err)
	}
	return err
}

// warn tells the log of what the broker says of a connection.
func (d *dialer) warn(what string) {
	if _, due := d.told.Due(what); due {
		d.environment.Warn("amqp: " + what)
	}
}

// writer is a connection that ends when the other side does not read. The library would wait without end, and all messages with it.
type writer struct{ net.Conn }

var _ net.Conn = writer{}

func (w writer) Write(data []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return w.Conn.Write(data)
}
