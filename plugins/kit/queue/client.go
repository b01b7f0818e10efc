package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/reminder"
)

// Connection is a connection to a broker as a type's library has it.
type Connection interface {
	// Alive ends when the connection cannot be used any more.
	Alive() context.Context
	// Leaving is closed when the broker will soon end the connection, so that another one should be there by then. It may be nil.
	Leaving() <-chan struct{}
	// Close ends it. Nothing uses it any more.
	Close()
}

// Options say which broker a client is for.
type Options[C Connection] struct {
	// Dial connects. It may block until the context ends, and its error is for operators. What the broker later says of the connection that
	// no client hears of is told by warn, which keeps the log from filling with the same.
	Dial func(ctx context.Context, warn func(string)) (C, error)
	// Changed reports whether what the last Dial has used to get in has been replaced since, by rotation. It must not block, and may
	// be nil.
	Changed func() bool
	// MaxInFlight is how many messages may be under way.
	MaxInFlight int
	// Subject is what the log calls it, with the type in front: "nats: the broker at nats://…".
	Subject string
	// Connected counts connections, Lost those that have ended by themselves, Failed attempts that have led to none.
	Connected, Lost, Failed plugins.Counter
}

// Client keeps a connection to a broker while it is used. It is safe for concurrent use.
type Client[C Connection] struct {
	of          Options[C]
	environment latest
	slots       chan struct{}
	told        reminder.Reminder

	mutex   sync.Mutex
	changed chan struct{} // closed and replaced when anything of the following changes
	current *held[C]
	failure error // what the last attempt has ended with, nil while there has been none since the connection was lost
}

// held is a connection with those who use it.
type held[C Connection] struct {
	connection C
	uses       int
	retired    bool
}

func newClient[C Connection](of Options[C]) *Client[C] {
	return &Client[C]{of: of, slots: make(chan struct{}, of.MaxInFlight), changed: make(chan struct{})}
}

// errStopped is why there is no connection when nobody has used it any more.
var errStopped = errors.New("the connection was closed, as nobody has used it")

// errLost is why a context ends whose connection is lost.
var errLost = errors.New("the connection to the broker was lost while the message was under way")

// do has work done on a connection. Errors of work that are no [plugins.Error] mean that the outcome is unknown.
func (c *Client[C]) do(ctx context.Context, timeout time.Duration, work func(context.Context, C) (*plugins.Reply, error)) (*plugins.Reply, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	default:
		return nil, Overloaded("Too many messages are under way to the broker. This one was not sent; try again later.")
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	held, err := c.take(ctx)
	if err != nil {
		return nil, notConnected(err)
	}
	defer c.giveBack(held)
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	stop := context.AfterFunc(held.connection.Alive(), func() {
		defer plugins.Catch(&c.environment)
		lose(errLost)
	})
	defer stop()
	reply, err := work(ctx, held.connection)
	var known *plugins.Error
	switch {
	case err == nil || errors.As(err, &known):
		return reply, err
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	}
	return nil, Unknown().Because(err)
}

// notConnected is the error of a message that was not sent for want of a connection, and why there is none.
func notConnected(why error) error {
	var known *plugins.Error
	if errors.As(why, &known) {
		return known
	}
	return Unavailable("The broker cannot be reached. The message was not sent; try again later.").Because(why)
}

// take returns the connection. It waits for one that is being opened, but not for one after an attempt that has failed.
func (c *Client[C]) take(ctx context.Context) (*held[C], error) {
	for {
		c.mutex.Lock()
		if c.current != nil && c.current.connection.Alive().Err() == nil {
			c.current.uses++
			defer c.mutex.Unlock()
			return c.current, nil
		}
		failure, changed := c.failure, c.changed
		c.mutex.Unlock()
		if failure != nil {
			return nil, failure
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, errors.New("there was no connection in time")
		}
	}
}

func (c *Client[C]) giveBack(h *held[C]) {
	c.mutex.Lock()
	h.uses--
	unused := h.retired && h.uses == 0
	c.mutex.Unlock()
	if unused {
		h.connection.Close()
	}
}

// retire has a connection be closed when nobody uses it any more.
func (c *Client[C]) retire(h *held[C]) {
	if h == nil {
		return
	}
	c.mutex.Lock()
	h.retired = true
	unused := h.uses == 0
	c.mutex.Unlock()
	if unused {
		h.connection.Close()
	}
}

// set has another connection serve, or none for a reason or without one, and wakes up who waits. It returns the one that has served.
func (c *Client[C]) set(h *held[C], failure error) (was *held[C]) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	was, c.current, c.failure = c.current, h, failure
	close(c.changed)
	c.changed = make(chan struct{})
	return was
}
