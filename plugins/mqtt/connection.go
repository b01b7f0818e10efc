package mqtt

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/funcroute/funcroute/plugins/kit/queue"
)

const (
	// handshake is how long one server may take until it can be used.
	handshake = 2 * time.Second
	// keepAlive is after how many seconds without a word a connection is tried by a ping. One that is dead is found by the next.
	keepAlive = 10
	// forever has the library wait as long as we do, or the connection lives.
	forever = 24 * time.Hour
	// drain is how long a connection that is to be replaced under the same client id may wait for what is under way.
	drain = 2 * time.Second
)

// The ports of servers whose URL has none.
const (
	plainPort = "1883"
	tlsPort   = "8883"
)

// dialer connects by what settings say.
type dialer struct {
	settings *queue.Connecting
	clientID string
	secrets  *queue.Secrets

	mutex sync.Mutex
	last  *connection // under a client id of the user's
}

// dial opens a connection to one of the servers. The client library neither reconnects nor keeps a session: it would send again what was
// not acknowledged, and nobody could tell a message that was sent twice from two.
func (d *dialer) dial(ctx context.Context, warn func(string)) (*connection, error) {
	secrets, err := d.secrets.Read(ctx)
	if err != nil {
		return nil, err
	}
	var config *tls.Config
	if d.settings.Secure(schemes) {
		if config, err = d.settings.TLS(); err != nil {
			return nil, err
		}
	}
	resume := d.drain()
	failures := make([]error, len(d.settings.Servers))
	for _, i := range mathrand.Perm(len(d.settings.Servers)) { //nolint:gosec // Chance spreads load here, and hides nothing.
		c, err := d.connect(ctx, d.settings.Servers[i], config, secrets["password"], warn)
		if err == nil {
			d.mutex.Lock()
			defer d.mutex.Unlock()
			d.last = c
			return c, nil
		}
		failures[i] = err
	}
	resume()
	return nil, inOneLine(failures)
}

// inOneLine is the error of several that are each of a line. In the servers' order, the same failures are the same line for the log.
func inOneLine(failures []error) error {
	joined := failures[0]
	for _, failure := range failures[1:] {
		joined = fmt.Errorf("%w; %w", joined, failure)
	}
	return joined
}

// drain waits until nothing is under way on the last connection, which the broker is going to end when the next one has the same client id.
// Messages that come then wait, for the next connection to take its place or for resume, if there is none.
func (d *dialer) drain() (resume func()) {
	d.mutex.Lock()
	last := d.last
	d.mutex.Unlock()
	taken := 0
	if d.clientID == "" || last == nil {
		return func() {}
	}
	resume = func() {
		for range taken {
			<-last.slots
		}
	}
	over := time.NewTimer(drain)
	defer over.Stop()
	for range cap(last.slots) {
		select {
		case last.slots <- struct{}{}:
			taken++
		case <-last.alive.Done():
			return resume
		case <-over.C:
			return resume
		}
	}
	return resume
}

// connect opens a connection to a server.
func (d *dialer) connect(ctx context.Context, server string, config *tls.Config, password string, warn func(string)) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	conn, err := open(ctx, server, config)
	if err != nil {
		return nil, err
	}
	c := &connection{wire: newWire(conn)}
	c.alive, c.die = context.WithCancel(context.Background())
	c.client = paho.NewClient(paho.ClientConfig{
		Conn: c.wire, PacketTimeout: forever,
		OnServerDisconnect: func(said *paho.Disconnect) {
			c.die()
			warn(disconnected(said))
		},
		OnClientError: func(err error) {
			c.die()
			warn("the connection has ended: " + err.Error())
		},
	})
	said, err := c.client.Connect(ctx, d.hello(password))
	if err != nil {
		c.die()
		return nil, d.refused(said, err)
	}
	c.granted(said, d.settings.MaxInFlight)
	return c, nil
}

func open(ctx context.Context, server string, config *tls.Config) (net.Conn, error) {
	u, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	port := plainPort
	if config != nil {
		port = tlsPort
	}
	if u.Port() != "" {
		port = u.Port()
	}
	address := net.JoinHostPort(u.Hostname(), port)
	if config == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", address)
	}
	return (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", address)
}

// hello is the packet that begins a connection: one without a session, so that the broker keeps nothing for it.
func (d *dialer) hello(password string) *paho.Connect {
	receive := uint16(1) // Nothing is subscribed to.
	hello := &paho.Connect{
		ClientID: d.clientID, KeepAlive: keepAlive, CleanStart: true,
		Properties: &paho.ConnectProperties{ReceiveMaximum: &receive, RequestProblemInfo: true},
	}
	if hello.ClientID == "" {
		const every = 23 // bytes of letters and digits, which each broker takes
		hello.ClientID = ("funcroute" + rand.Text())[:every]
	}
	if d.settings.Username != "" {
		hello.UsernameFlag, hello.Username = true, d.settings.Username
		hello.PasswordFlag, hello.Password = true, []byte(password)
	}
	return hello
}

// refused is the error of an attempt. A password that the broker does not take may have been replaced, so it is looked up anew.
func (d *dialer) refused(said *paho.Connack, err error) error {
	if said == nil {
		return err
	}
	reason := (&packets.Connack{ReasonCode: said.ReasonCode}).Reason()
	switch said.ReasonCode {
	case packets.ConnackBadUsernameOrPassword, packets.ConnackNotAuthorized:
		d.secrets.Rejected()
		return queue.Unavailable("The broker does not let the proxy in. The message was not sent.").
			Because(fmt.Errorf("the broker refuses the login: %#x %s", said.ReasonCode, reason))
	}
	return fmt.Errorf("the broker refuses the connection: %#x %s", said.ReasonCode, reason)
}

// disconnected is what a broker's last word says.
func disconnected(said *paho.Disconnect) string {
	text := fmt.Sprintf("the broker ends the connection: %#x", said.ReasonCode)
	if said.ReasonCode == packets.DisconnectSessionTakenOver {
		text += " another client has the same client_id"
	}
	if said.Properties != nil && said.Properties.ReasonString != "" {
		text += " " + strings.ToValidUTF8(said.Properties.ReasonString, "?")
	}
	return text
}

// connection is a connection to a broker. It is safe for concurrent use.
type connection struct {
	client *paho.Client
	wire   *wire
	alive  context.Context
	die    func()
	// slots has room for as many messages as may wait for an acknowledgement. One that is not acknowledged keeps its slot, and its body in
	// memory, as long as the connection lives.
	slots chan struct{}
	// largest is how many bytes a packet may have, 0 if the broker does not say.
	largest int
}

var _ queue.Connection = (*connection)(nil)

// granted takes up what the broker allows, which may be many more messages than are to be under way here.
func (c *connection) granted(said *paho.Connack, maxInFlight int) {
	most := math.MaxUint16
	if p := said.Properties; p != nil {
		if p.ReceiveMaximum != nil && *p.ReceiveMaximum > 0 {
			most = int(*p.ReceiveMaximum)
		}
		if p.MaximumPacketSize != nil {
			c.largest = int(*p.MaximumPacketSize)
		}
	}
	c.slots = make(chan struct{}, min(most, maxInFlight))
}

func (c *connection) Alive() context.Context { return c.alive }

func (c *connection) Leaving() <-chan struct{} { return nil }

func (c *connection) Close() {
	_ = c.client.Disconnect(&paho.Disconnect{ReasonCode: packets.DisconnectNormalDisconnection})
	c.die()
}
