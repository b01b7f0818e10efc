package mqtt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// idProperty is the user property with the message's id.
const idProperty = "message_id"

// outgoing is a message on its way to the broker.
type outgoing struct {
	*paho.Publish
	// size is how many bytes its packet has.
	size int
	// mandatory has it be an error that nobody subscribes to its topic.
	mandatory bool
}

// outgoing makes a message of what a request has become. The error is the request's fault.
func (f *function) outgoing(m *queue.Message) (*outgoing, error) {
	topic := m.Address[0]
	if problem := topicProblem(topic); problem != "" {
		return nil, plugins.Errorf(plugins.BadParameter, "the topic %s", problem)
	}
	properties := &paho.PublishProperties{ContentType: m.ContentType}
	if problem := problemOf(m.ContentType); problem != "" {
		return nil, plugins.Errorf(plugins.BadParameter, "the content type %s, so MQTT cannot carry it", problem)
	}
	set := func(name, value string) {
		if value != "" {
			properties.User.Add(name, value)
		}
	}
	set("content-encoding", m.ContentEncoding)
	for _, h := range m.Headers {
		properties.User.Add(h.Name, h.Value)
	}
	set(idProperty, m.ID)
	for _, user := range properties.User {
		if problem := problemOf(user.Value); problem != "" {
			return nil, plugins.Errorf(plugins.BadParameter, "the header %s %s, so MQTT cannot carry it", user.Key, problem)
		}
	}
	made := &paho.Publish{Topic: topic, QoS: f.qos, Retain: f.retain, Properties: properties, Payload: m.Body}
	size, err := made.Packet().WriteTo(io.Discard)
	if err != nil {
		return nil, err
	}
	return &outgoing{made, int(size), f.mandatory}, nil
}

// publish sends a message, and waits for what the broker says of it.
func (c *connection) publish(ctx context.Context, environment plugins.Environment, m *outgoing) (*plugins.Reply, error) {
	if c.largest > 0 && m.size > c.largest {
		return nil, queue.TooLarge().Because(fmt.Errorf("the packet has %d bytes, the broker takes %d", m.size, c.largest))
	}
	if m.QoS == 0 {
		said, err := c.client.Publish(ctx, m.Publish)
		if err == nil {
			err = c.wire.failure()
		}
		return m.outcome(said, err)
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, c.notSent(ctx)
	}
	answered := make(chan answer, 1)
	plugins.Go(environment, func() {
		defer func() { <-c.slots }()
		said, err := c.client.Publish(context.WithoutCancel(ctx), m.Publish)
		answered <- answer{said, err}
	})
	select {
	case a := <-answered:
		return m.outcome(a.said, a.err)
	case <-ctx.Done():
	}
	select {
	case a := <-answered: // at the same moment
		return m.outcome(a.said, a.err)
	default:
		return nil, context.Cause(ctx)
	}
}

// answer is what has become of a message.
type answer struct {
	said *paho.PublishResponse
	err  error
}

// notSent is the error of a message that has waited in vain for others to be acknowledged.
func (c *connection) notSent(ctx context.Context) error {
	if c.alive.Err() != nil {
		return connectionLost(context.Cause(ctx))
	}
	return queue.Overloaded("The broker has not acknowledged earlier messages, and takes no more before. This one was not sent; try again later.")
}

func connectionLost(err error) error {
	return queue.Unavailable("The connection to the broker was lost before the message was sent. Try again.").Because(err)
}

// outcome is what the client gets for what has become of a message.
func (m *outgoing) outcome(said *paho.PublishResponse, err error) (*plugins.Reply, error) {
	switch {
	case errors.Is(err, session.ErrNoConnection):
		return nil, connectionLost(err)
	case errors.Is(err, paho.ErrInvalidArguments):
		return nil, queue.Rejected("The broker does not take messages of this quality of service, or none that are to be retained.").Because(err)
	case err != nil && said == nil:
		return nil, err // It was sent, or a part of it.
	}
	switch code := said.ReasonCode; code {
	case packets.PubackNoMatchingSubscribers:
		if m.mandatory {
			return nil, queue.Rejected("Nobody subscribes to the topic, so the broker has not kept the message.")
		}
	case packets.PubackQuotaExceeded:
		return nil, queue.Overloaded("The broker has no room for the message. It was not taken; try again later.").Because(err)
	case packets.PubackNotAuthorized:
		return nil, queue.Rejected("The broker does not let the proxy publish to this topic.").Because(err)
	case packets.DisconnectPacketTooLarge: // Mosquitto says so of a message, too.
		return nil, queue.TooLarge().Because(err)
	default:
		if err != nil {
			return nil, queue.Rejected("The broker does not take the message.").Because(fmt.Errorf("reason %#x: %w", code, err))
		}
	}
	return queue.Accepted(queue.Fact{Name: "topic", Text: m.Topic}), nil
}
