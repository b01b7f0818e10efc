package nats

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/funcroute/funcroute/plugins/kit/queue"
)

const (
	// handshake is how long one server may take until it can be used.
	handshake = 2 * time.Second
	// pingEvery finds connections that are dead without having been closed, after two pings.
	pingEvery = 10 * time.Second
	// writeTimeout is how long a server may not read.
	writeTimeout = 5 * time.Second
)

// dialer connects by what settings say.
type dialer struct {
	settings *queue.Connecting
	secrets  *queue.Secrets
}

// dial opens a connection to one of the servers. The client library does not reconnect: it would send again what it had in its buffer,
// and nobody could tell a message that was sent twice from two.
func (d *dialer) dial(ctx context.Context, warn func(string)) (*connection, error) {
	secrets, err := d.secrets.Read(ctx)
	if err != nil {
		return nil, err
	}
	c := &connection{waiting: map[string]map[*waiter]struct{}{}, leaving: make(chan struct{}), warn: warn}
	c.alive, c.die = context.WithCancel(context.Background())
	options := []client.Option{
		client.Name("funcroute"), client.NoReconnect(), client.IgnoreDiscoveredServers(), client.Timeout(handshake), client.PingInterval(pingEvery),
		client.MaxPingsOutstanding(2), client.FlusherTimeout(writeTimeout), client.SetCustomDialer(&contextDialer{ctx}),
		client.ClosedHandler(func(*client.Conn) { c.die() }),
		client.LameDuckModeHandler(func(*client.Conn) { c.leave() }),
		client.ErrorHandler(c.handle),
	}
	if d.settings.Secure(schemes) {
		config, err := d.settings.TLS()
		if err != nil {
			c.die()
			return nil, err
		}
		options = append(options, client.Secure(config))
	}
	way, err := d.identity(secrets)
	if err != nil {
		c.die()
		return nil, err
	}
	c.Conn, err = client.Connect(strings.Join(d.settings.Servers, ","), append(options, way...)...)
	if err != nil {
		c.die()
		return nil, d.refused(err)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.seen = c.LastError() // Whatever it was about, it was no message.
	return c, nil
}

// identity is how the client gets in.
func (d *dialer) identity(secrets map[string]string) ([]client.Option, error) {
	if d.settings.Username != "" {
		return []client.Option{client.UserInfo(d.settings.Username, secrets["password"])}, nil
	}
	if creds := secrets["creds"]; creds != "" {
		return []client.Option{client.UserCredentialBytes([]byte(creds))}, nil
	}
	seed := secrets["nkey"]
	if seed == "" {
		return nil, nil
	}
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return nil, errors.New(`setting "nkey" refers to what is no seed of an nkey`)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, errors.New(`setting "nkey" refers to a seed without a public key`)
	}
	return []client.Option{client.Nkey(public, pair.Sign)}, nil
}

// refused is the error of an attempt. Secrets that the server does not take may have been replaced, so they are looked up anew.
func (d *dialer) refused(err error) error {
	for _, login := range []error{client.ErrAuthorization, client.ErrAuthExpired, client.ErrAuthRevoked, client.ErrAccountAuthExpired} {
		if errors.Is(err, login) {
			d.secrets.Rejected()
			return queue.Unavailable("The broker does not let the proxy in. The message was not sent.").Because(err)
		}
	}
	return err
}

// contextDialer dials until a context ends.
type contextDialer struct{ ctx context.Context }

var _ client.CustomDialer = (*contextDialer)(nil)

func (d *contextDialer) Dial(network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: handshake}
	return dialer.DialContext(d.ctx, network, address)
}

// connection is a connection to a server. It is safe for concurrent use.
type connection struct {
	*client.Conn
	alive   context.Context
	die     func()
	leaving chan struct{}
	once    sync.Once
	warn    func(string)

	mutex   sync.Mutex
	waiting map[string]map[*waiter]struct{} // by subject
	seen    error                           // the last error that was heard of
	hearing []chan struct{}                 // who waits for another
}

// waiter is a message under way, which the server may refuse by an error that names its subject and no message.
type waiter struct {
	refused error
	cancel  context.CancelCauseFunc
}

var _ queue.Connection = (*connection)(nil)

func (c *connection) Alive() context.Context { return c.alive }

func (c *connection) Leaving() <-chan struct{} { return c.leaving }

func (c *connection) leave() { c.once.Do(func() { close(c.leaving) }) }

// wait notes a message under way. Its context ends when the server refuses it.
func (c *connection) wait(ctx context.Context, subject string) (context.Context, *waiter, func()) {
	w := &waiter{}
	ctx, w.cancel = context.WithCancelCause(ctx)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.waiting[subject] == nil {
		c.waiting[subject] = map[*waiter]struct{}{}
	}
	c.waiting[subject][w] = struct{}{}
	return ctx, w, func() {
		w.cancel(nil)
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if delete(c.waiting[subject], w); len(c.waiting[subject]) == 0 {
			delete(c.waiting, subject)
		}
	}
}

// handle takes up an error that is no message's own. After a write that has failed the server does not know any more where a message
// begins, so the connection is of no use.
func (c *connection) handle(conn *client.Conn, _ *client.Subscription, err error) {
	var broken net.Error
	if errors.As(err, &broken) {
		conn.Close()
		return
	}
	c.heard(err)
}

// heard takes up an error that the server has sent. It says which subject it is about and not which message, but what may be published
// to is the same for all messages of a connection.
func (c *connection) heard(err error) {
	subject, isPublish := violation(err)
	c.mutex.Lock()
	if isPublish {
		for w := range c.waiting[subject] {
			w.refused = err
			w.cancel(err)
		}
	}
	c.seen = err
	for _, hearing := range c.hearing {
		close(hearing)
	}
	c.hearing = nil
	c.mutex.Unlock()
	if isPublish {
		c.warn("messages are refused: " + err.Error())
	} else {
		c.warn(err.Error())
	}
}

// refusal returns what the server has said of a message before the PONG that was just received, nil if nothing. The library tells of
// errors in a goroutine of its own, so one that came before may be heard of only now.
func (c *connection) refusal(ctx context.Context, w *waiter) error {
	for {
		c.mutex.Lock()
		last := c.LastError() // Asked for here, so that nothing is heard in between: what is not yet heard of, will be.
		if w.refused != nil || last == nil || last == c.seen { //nolint:errorlint // It is the very error, or it is not.
			defer c.mutex.Unlock()
			return w.refused
		}
		hearing := make(chan struct{})
		c.hearing = append(c.hearing, hearing)
		c.mutex.Unlock()
		select {
		case <-hearing:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// violation returns the subject of an error that says that a message may not be published: `Permissions Violation for Publish to "a.b"`.
func violation(err error) (subject string, is bool) {
	if !errors.Is(err, client.ErrPermissionViolation) {
		return "", false
	}
	_, quoted, is := strings.Cut(err.Error(), "Publish to ")
	if !is {
		return "", false
	}
	quoted, quoteErr := strconv.QuotedPrefix(quoted)
	if quoteErr != nil {
		return "", false
	}
	subject, quoteErr = strconv.Unquote(quoted)
	return subject, quoteErr == nil
}
