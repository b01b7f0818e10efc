package amqp

import (
	"fmt"
	"strconv"
	"strings"

	client "github.com/rabbitmq/amqp091-go"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// outgoing is a message on its way to the broker.
type outgoing struct {
	exchange, key string
	mandatory     bool
	client.Publishing
	// size is about how many bytes the message's header has. It has to fit into one frame.
	size int
}

// outgoing makes a message of what a request has become. The library ends the whole connection over a text that is too long for its place,
// so none gets there.
func (f *function) outgoing(m *queue.Message) (*outgoing, error) {
	made := &outgoing{exchange: m.Address[0], key: m.Address[1], mandatory: f.settings.Mandatory}
	p := &made.Publishing
	p.Body, p.ContentType, p.ContentEncoding, p.DeliveryMode = m.Body, m.ContentType, m.ContentEncoding, client.Transient
	if f.settings.Persistent {
		p.DeliveryMode = client.Persistent
	}
	p.Headers = client.Table{}
	for _, h := range m.Headers {
		if err := set(p, h); err != nil {
			return nil, err
		}
	}
	if m.ID != "" {
		p.MessageId = m.ID
	}
	if f.settings.Mode == request && p.Expiration == "" {
		p.Expiration = strconv.FormatInt(f.settings.Timeout.Milliseconds(), 10) // Nobody waits longer for the reply.
	}
	return made, made.check()
}

// set sets a property of the message, or a header.
func set(p *client.Publishing, h queue.Header) error {
	switch strings.ToLower(h.Name) {
	case "message-id":
		p.MessageId = h.Value
	case "correlation-id":
		p.CorrelationId = h.Value
	case "reply-to":
		p.ReplyTo = h.Value
	case "type":
		p.Type = h.Value
	case "app-id":
		p.AppId = h.Value
	case "user-id":
		p.UserId = h.Value
	case "expiration":
		if _, err := strconv.ParseUint(h.Value, 10, 32); err != nil {
			return badProperty(h.Name, "must be a number of milliseconds")
		}
		p.Expiration = h.Value
	case "priority":
		priority, err := strconv.ParseUint(h.Value, 10, 8)
		if err != nil {
			return badProperty(h.Name, "must be a number from 0 to 255")
		}
		p.Priority = uint8(priority)
	case "cc", "bcc": // Further routing keys, which the broker reads in these letters and as a list.
		name := strings.ToUpper(h.Name)
		keys, _ := p.Headers[name].([]any)
		p.Headers[name] = append(keys, h.Value)
	default:
		if earlier, again := p.Headers[h.Name].(string); again {
			h.Value = earlier + ", " + h.Value // As in HTTP. A table has a name once.
		}
		p.Headers[h.Name] = h.Value
	}
	return nil
}

// check looks for texts that are longer than the protocol lets them be.
func (m *outgoing) check() error {
	p := &m.Publishing
	m.size = 1024 // fixed parts, and the short strings' own bytes at most
	for _, property := range []struct{ name, text string }{
		{"message-id", p.MessageId},
		{"correlation-id", p.CorrelationId},
		{"reply-to", p.ReplyTo},
		{"type", p.Type},
		{"app-id", p.AppId},
		{"user-id", p.UserId},
		{"content-type", p.ContentType},
		{"content-encoding", p.ContentEncoding},
	} {
		if len(property.text) > longestShort {
			return badProperty(property.name, fmt.Sprintf("is longer than %d bytes", longestShort))
		}
		m.size += len(property.text)
	}
	for name, value := range p.Headers {
		if len(name) > longestShort {
			return badProperty(name[:longestShort], fmt.Sprintf("has a name that is longer than %d bytes", longestShort))
		}
		m.size += sizeOf(name, value)
	}
	return nil
}

// sizeOf is how many bytes a header has in a table, or a few less than that.
func sizeOf(name string, value any) int {
	const length, kind, count = 4, 1, 1
	size := count + len(name) + kind + length
	switch v := value.(type) {
	case string:
		size += len(v)
	case []any:
		for _, element := range v {
			text, _ := element.(string)
			size += kind + length + len(text)
		}
	}
	return size
}

// badProperty is the error of a value that cannot be what a property or a header is.
func badProperty(name, problem string) error {
	return plugins.Errorf(plugins.BadParameter, "The message's %s %s.", strings.ToLower(name), problem)
}
