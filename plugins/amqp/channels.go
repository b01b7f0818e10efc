package amqp

import (
	"context"
	"errors"
	"sync"
	"time"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// channel is a channel of a connection. It has one message under way at a time, so that what the broker says on it is about that message: it
// sends an unroutable one back without saying which it was, and closes the channel over a message for an exchange that there is not,
// with all others that are under way on it.
type channel struct {
	*client.Channel
	connection *client.Connection
	returns    chan client.Return
	closes     chan *client.Error
	replies    <-chan client.Delivery // nil unless it is for messages that get replies
	since      time.Time              // when it was last used
}

// channels are those of a connection that have no message under way. They are safe for concurrent use.
type channels struct {
	connection *connection
	replies    bool

	mutex sync.Mutex
	idle  []*channel // The one that was used last is the last.
}

// longestIdle is how long a channel is kept that was not needed.
const longestIdle = time.Minute

// replyTo is the broker's pseudo-queue for replies, which costs no queue and ends with the channel
// (https://www.rabbitmq.com/docs/direct-reply-to).
const replyTo = "amq.rabbitmq.reply-to"

// take returns a channel without a message under way. Nothing was sent when it returns an error.
func (c *channels) take(ctx context.Context) (*channel, error) {
	if c.connection.blocked.Load() {
		return nil, queue.Overloaded("The broker takes no messages for now. This one was not sent; try again later.")
	}
	for {
		ch := c.last()
		if ch == nil {
			break
		}
		if !ch.IsClosed() {
			return ch, nil
		}
	}
	return c.open(ctx)
}

func (c *channels) last() *channel {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	n := len(c.idle) - 1
	if n < 0 {
		return nil
	}
	ch := c.idle[n]
	c.idle = c.idle[:n]
	return ch
}

// put takes a channel back whose message is done with, unless the broker has closed it, and closes one that was not needed for long.
func (c *channels) put(ch *channel) {
	if ch.IsClosed() {
		return
	}
	ch.since = time.Now()
	c.mutex.Lock()
	c.idle = append(c.idle, ch)
	var needless *channel
	if oldest := c.idle[0]; len(c.idle) > 1 && time.Since(oldest.since) > longestIdle {
		needless, c.idle = oldest, c.idle[1:]
	}
	c.mutex.Unlock()
	if needless != nil {
		c.drop(needless)
	}
}

// drop closes a channel, whatever is under way on it. The broker may take its time to say that it has done so.
func (c *channels) drop(ch *channel) {
	plugins.Go(c.connection.environment, func() { _ = ch.Close() })
}

// open opens a channel. The library would wait for the broker without end; one that is open too late is kept for the next message.
func (c *channels) open(ctx context.Context) (*channel, error) {
	type result struct {
		*channel
		error
	}
	opened := make(chan result)
	plugins.Go(c.connection.environment, func() {
		ch, err := c.openNow()
		select {
		case opened <- result{ch, err}:
		case <-ctx.Done():
			if err == nil {
				c.put(ch)
			}
		}
	})
	select {
	case r := <-opened:
		return r.channel, notOpened(r.error)
	case <-ctx.Done():
		return nil, notOpened(context.Cause(ctx))
	}
}

func (c *channels) openNow() (*channel, error) {
	opened, err := c.connection.opened.Channel()
	if err != nil {
		return nil, err
	}
	ch := &channel{
		Channel:    opened,
		connection: c.connection.opened,
		returns:    opened.NotifyReturn(make(chan client.Return, 1)),
		closes:     opened.NotifyClose(make(chan *client.Error, 1)),
	}
	if err = opened.Confirm(false); err == nil && c.replies {
		ch.replies, err = opened.Consume(replyTo, "", true, false, false, false, nil)
	}
	if err != nil {
		c.drop(ch)
		return nil, err
	}
	return ch, nil
}

// notOpened is the error of a message for which there is no channel.
func notOpened(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, client.ErrChannelMax):
		return queue.Overloaded("Too many messages are under way to the broker. This one was not sent; try again later.").Because(err)
	}
	return queue.Unavailable("The broker did not open a channel in time. The message was not sent; try again later.").Because(err)
}
