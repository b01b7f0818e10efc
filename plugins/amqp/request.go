package amqp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// ask sends a request to a service. What it replies is the answer.
func ask(ctx context.Context, c *connection, m *outgoing) (*plugins.Reply, error) {
	m.ReplyTo, m.CorrelationId = replyTo, rand.Text()
	ch, confirmation, err := c.asking.send(ctx, m)
	if err != nil {
		return nil, err
	}
	reply, err := hear(ctx, ch, confirmation, m.CorrelationId)
	if err != nil {
		c.asking.drop(ch) // What is said later is not for another message.
		return nil, err
	}
	c.asking.put(ch)
	return replied(reply)
}

// hear waits for a service's reply, or for what the broker has against the request.
func hear(ctx context.Context, ch *channel, confirmation *client.DeferredConfirmation, id string) (*client.Delivery, error) {
	confirmed, strange := confirmation.Done(), error(nil)
	for {
		select {
		case reply, open := <-ch.replies:
			switch {
			case !open && !ch.IsClosed():
				return nil, errors.New("the broker has ended the channel's replies")
			case !open: // The channel has ended.
				return nil, ch.refused()
			case reply.CorrelationId == id:
				return &reply, nil
			}
			strange = errors.New("what was replied has not the request's correlation id")
		case <-confirmed:
			if err := outcome(ch, confirmation); err != nil {
				return nil, err
			}
			confirmed = nil
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), strange)
		}
	}
}

// statusHeader is the reply's header that says which status the answer has. Without it that is 200.
const statusHeader = "status"

// replied makes an answer of what a service has replied.
func replied(d *client.Delivery) (*plugins.Reply, error) {
	reply := &plugins.Reply{Status: http.StatusOK, Body: d.Body}
	if said, there := d.Headers[statusHeader]; there {
		status, err := strconv.Atoi(fmt.Sprint(said))
		if err != nil || status < http.StatusOK || status > 599 {
			return nil, plugins.Errorf(plugins.InvalidAnswer, "The service's reply has a status that there is not.")
		}
		reply.Status = status
	}
	if reply.Status >= http.StatusBadRequest && len(d.Body) == 0 {
		failure := plugins.Errorf(plugins.FunctionError, "The service has failed.")
		failure.Status = reply.Status
		return nil, failure
	}
	if d.ContentType != "" {
		queue.AddHeader(reply, "content-type", d.ContentType)
	}
	if d.ContentEncoding != "" {
		queue.AddHeader(reply, "content-encoding", d.ContentEncoding)
	}
	for name, value := range d.Headers {
		switch name = strings.ToLower(name); name {
		case statusHeader, "content-type", "content-encoding":
			continue
		}
		if text, is := textOf(value); is {
			queue.AddHeader(reply, name, text)
		}
	}
	return reply, nil
}

// textOf writes a value of a table as text. What has parts has none.
func textOf(value any) (text string, is bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	case bool, int, int8, int16, int32, int64, uint8, uint16, uint32, float32, float64:
		return fmt.Sprint(v), true
	case time.Time:
		return v.UTC().Format(time.RFC3339), true
	}
	return "", false
}
