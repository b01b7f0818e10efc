package amqp

import (
	"context"
	"sync/atomic"
	"time"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// connection is a connection to a server. It is safe for concurrent use.
type connection struct {
	opened      *client.Connection
	environment plugins.Environment
	alive       context.Context
	die         func()
	// blocked is whether the broker has said that it takes no messages, as it is short of memory or disk.
	blocked atomic.Bool
	// publishing are channels for messages that are published, asking those that get replies.
	publishing, asking channels
}

var _ queue.Connection = (*connection)(nil)

func newConnection(opened *client.Connection, environment plugins.Environment, warn func(string)) *connection {
	c := &connection{opened: opened, environment: environment}
	c.alive, c.die = context.WithCancel(context.Background())
	c.publishing = channels{connection: c}
	c.asking = channels{connection: c, replies: true}
	closed := opened.NotifyClose(make(chan *client.Error, 1))
	blocked := opened.NotifyBlocked(make(chan client.Blocking, 1))
	plugins.Go(environment, func() { c.watch(closed, blocked, warn) })
	return c
}

// watch heeds what the broker says of the connection until it ends.
func (c *connection) watch(closed chan *client.Error, blocked chan client.Blocking, warn func(string)) {
	defer c.die()
	for {
		select {
		case err := <-closed:
			if err != nil {
				warn("the connection has ended: " + err.Error())
			}
			return
		case said, open := <-blocked:
			if !open {
				blocked = nil // closed will be, too.
				continue
			}
			c.blocked.Store(said.Active)
			if said.Active {
				warn("the broker takes no messages for now: " + said.Reason)
			}
		}
	}
}

func (c *connection) Alive() context.Context { return c.alive }

func (c *connection) Leaving() <-chan struct{} { return nil }

// closing is how long a broker may take to say goodbye.
const closing = 2 * time.Second

func (c *connection) Close() {
	plugins.Go(c.environment, func() {
		defer c.die()
		_ = c.opened.CloseDeadline(time.Now().Add(closing)) // It is closed in any case.
	})
}
