package nats

import (
	"context"
	"errors"
	"net/textproto"
	"strings"

	client "github.com/nats-io/nats.go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// outgoing is a message on its way to the server.
type outgoing struct {
	*client.Msg
	// stream is the one that is expected to take it, "" for any.
	stream string
}

// size is how many bytes of the server's max_payload the message takes, which are those of its headers as well.
func (m *outgoing) size() int64 {
	size := len(m.Data)
	if len(m.Header) > 0 {
		size += len("NATS/1.0\r\n\r\n")
	}
	for name, values := range m.Header {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(textproto.TrimString(value))
		}
	}
	return int64(size)
}

// The headers that are set here, as the server knows them.
const (
	idHeader       = "Nats-Msg-Id"
	expectedStream = "Nats-Expected-Stream"
)

// outgoing makes a message of what a request has become. The server's own headers count in the server's letters only.
func (f *function) outgoing(m *queue.Message) *outgoing {
	made := &client.Msg{Subject: m.Address[0], Data: m.Body, Header: client.Header{}}
	set := func(name, value string) {
		if value != "" {
			made.Header[name] = []string{value}
		}
	}
	set("Content-Type", m.ContentType)
	set("Content-Encoding", m.ContentEncoding)
	for _, h := range m.Headers {
		name := serversLetters(h.Name)
		made.Header[name] = append(made.Header[name], h.Value)
	}
	set(idHeader, m.ID)
	set(expectedStream, f.stream)
	return &outgoing{made, f.stream}
}

// serversLetters writes a header's name as the server reads it, if it is one of the server's own: Nats-Msg-Id, Nats-TTL.
func serversLetters(name string) string {
	if !isServers(strings.ToLower(name)) {
		return name
	}
	words := strings.Split(strings.ToLower(name), "-")
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	if name = strings.Join(words, "-"); name == "Nats-Ttl" {
		return "Nats-TTL"
	}
	return name
}

// publish publishes a message of core NATS. It counts once the server has answered a PING that was sent behind it, and has said nothing
// against it before.
func publish(ctx context.Context, c *connection, m *outgoing) (*plugins.Reply, error) {
	ctx, w, done := c.wait(ctx, m.Subject)
	defer done()
	if err := c.PublishMsg(m.Msg); err != nil {
		return nil, notSent(err)
	}
	if err := c.FlushWithContext(ctx); err != nil {
		return nil, unanswered(ctx, err)
	}
	if err := c.refusal(ctx, w); err != nil {
		return nil, unanswered(ctx, err)
	}
	return queue.Accepted(queue.Fact{Name: "subject", Text: m.Subject}), nil
}

// store publishes a message to a stream, which acknowledges it.
func store(ctx context.Context, c *connection, m *outgoing) (*plugins.Reply, error) {
	answer, err := exchange(ctx, c, m)
	if errors.Is(err, client.ErrNoResponders) {
		return nil, queue.Unavailable("No stream takes messages of this subject. The message was not stored.").Because(err)
	}
	if err != nil {
		return nil, err
	}
	return acknowledged(answer.Data)
}

// exchange sends a message and waits for the one that comes back.
func exchange(ctx context.Context, c *connection, m *outgoing) (*client.Msg, error) {
	ctx, _, done := c.wait(ctx, m.Subject)
	defer done()
	// The library keeps what it has noted of a request, as long as the connection lives, if it then does not send it.
	switch {
	case c.IsClosed():
		return nil, notSent(client.ErrConnectionClosed)
	case m.size() > c.MaxPayload():
		return nil, notSent(client.ErrMaxPayload)
	case len(m.Header) > 0 && !c.HeadersSupported():
		return nil, notSent(client.ErrHeadersNotSupported)
	}
	answer, err := c.RequestMsgWithContext(ctx, m.Msg)
	switch {
	case err == nil:
		return answer, nil
	case errors.Is(err, client.ErrNoResponders):
		return nil, err
	case errors.Is(err, client.ErrMaxPayload), errors.Is(err, client.ErrHeadersNotSupported), errors.Is(err, client.ErrBadSubject):
		return nil, notSent(err)
	}
	return nil, unanswered(ctx, err)
}

// notSent is the error of a message that the library has not sent.
func notSent(err error) error {
	switch {
	case errors.Is(err, client.ErrMaxPayload):
		return queue.TooLarge().Because(err)
	case errors.Is(err, client.ErrConnectionClosed), errors.Is(err, client.ErrConnectionDraining):
		return queue.Unavailable("The connection to the broker was lost before the message was sent. Try again.").Because(err)
	case errors.Is(err, client.ErrHeadersNotSupported), errors.Is(err, client.ErrBadSubject):
		return queue.Rejected("The broker does not take such a message.").Because(err)
	}
	return err // A write that has failed may have been done in part.
}

// unanswered is the error of a message that was sent: the server has refused it, or nothing is known.
func unanswered(ctx context.Context, err error) error {
	for _, why := range []error{context.Cause(ctx), err} {
		if _, is := violation(why); is {
			return queue.Rejected("The broker does not let the proxy publish to this subject.").Because(why)
		}
	}
	return err
}
