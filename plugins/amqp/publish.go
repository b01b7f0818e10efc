package amqp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// publish publishes a message, which counts once the broker has confirmed it and has not sent it back before.
func publish(ctx context.Context, c *connection, m *outgoing) (*plugins.Reply, error) {
	ch, confirmation, err := c.publishing.send(ctx, m)
	if err != nil {
		return nil, err
	}
	select {
	case <-confirmation.Done():
		err = outcome(ch, confirmation)
		c.publishing.put(ch)
	case <-ctx.Done():
		err = context.Cause(ctx)
		c.publishing.drop(ch) // What the broker says later is not for another message.
	}
	if err != nil {
		return nil, err
	}
	return queue.Accepted(queue.Fact{Name: "exchange", Text: m.exchange}, queue.Fact{Name: "routing_key", Text: m.key}), nil
}

// send sends a message on a channel that it has for itself.
func (c *channels) send(ctx context.Context, m *outgoing) (*channel, *client.DeferredConfirmation, error) {
	if frame := c.connection.opened.Config.FrameSize; frame > 0 && m.size > frame {
		return nil, nil, queue.TooLarge()
	}
	ch, err := c.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	confirmation, err := ch.PublishWithDeferredConfirm(m.exchange, m.key, m.mandatory, false, m.Publishing)
	switch {
	case err == nil:
		return ch, confirmation, nil
	case errors.Is(err, client.ErrClosed): // At least the end of the message was not written.
		return nil, nil, queue.Unavailable("The connection to the broker was lost before the message was sent. Try again.").Because(err)
	}
	c.connection.Close() // The server does not know any more where a message begins.
	return nil, nil, err
}

// outcome returns nil if a message is taken of which the confirmation is done.
func outcome(ch *channel, confirmation *client.DeferredConfirmation) error {
	// The library says that nothing was acknowledged also where the channel has ended.
	if !confirmation.Acked() && ch.IsClosed() {
		return ch.refused()
	}
	select {
	case back, open := <-ch.returns: // It comes before the confirmation.
		if open { // The library closes it with the channel.
			return queue.Rejected("No queue takes messages of this exchange and routing key. The message was not sent on.").
				Because(fmt.Errorf("the broker has sent the message back: %s (%d)", back.ReplyText, back.ReplyCode))
		}
	default:
	}
	if !confirmation.Acked() {
		return queue.Overloaded("The broker has not taken the message, as a queue is full or has failed. Try again later.")
	}
	return nil
}

// refused is the error of a message over which the broker has closed the channel. Where it was closed for another reason, with the whole
// connection for instance, nobody knows what became of the message.
func (ch *channel) refused() error {
	why := <-ch.closes
	switch {
	case why == nil:
		return errors.New("the channel was closed while the message was under way")
	case !why.Server || ch.connection.IsClosed():
		return why
	case why.Code == client.NotFound:
		return queue.Rejected("The broker has no such exchange. The message was not sent on.").Because(why)
	case why.Code == client.AccessRefused:
		return queue.Rejected("The broker does not let the proxy publish such a message to this exchange.").Because(why)
	case why.Code == client.ContentTooLarge, why.Code == client.PreconditionFailed && strings.Contains(why.Reason, "larger than"):
		return queue.TooLarge().Because(why)
	case why.Code == client.PreconditionFailed:
		return queue.Rejected("The broker does not take such a message.").Because(why)
	}
	return why
}
