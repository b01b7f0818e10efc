package amqp

import (
	"errors"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/queue"
)

// protocol is what messages of AMQP 0-9-1 consist of
// (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/amqp-protocol-binding.md).
var protocol = queue.Protocol{
	Address:  address,
	Binding:  queue.Binding{Prefix: "cloudEvents_", Encode: func(value string) string { return value }},
	Reserved: isBrokers,
}

// longestShort is how many bytes a short string of the protocol has at most: names, keys and most properties are such.
const longestShort = 255

// The rules of an address. A broker does not mind wildcards in the key of a message, but those who bind queues by patterns rely on what a
// word of it is, so that a value is one word.
var (
	exchangeRule = queue.Rule{What: "the exchange", Forbidden: " ", Empty: true, Reserved: isReserved, Longest: longestShort}
	keyRule      = queue.Rule{What: "the routing key", Separator: ".", Forbidden: "*#", EmptyParts: true, Empty: true, Longest: longestShort}
	// queueRule is for the key of the default exchange, which is a queue's name.
	queueRule = queue.Rule{What: "the routing key", Separator: ".", Forbidden: "*#", EmptyParts: true, Reserved: isReserved, Longest: longestShort}
)

// nothing is how an empty exchange, which is the default one, and an empty key are written.
const nothing = `""`

// address reads the first line of a target: EXCHANGE ROUTING-KEY.
func address(first string) ([]queue.Part, error) {
	exchange, key, _ := strings.Cut(first, " ")
	key = strings.TrimSpace(key)
	if key == "" {
		return nil, errors.New(`the first line must be EXCHANGE ROUTING-KEY, of which either may be ""`)
	}
	rule := keyRule
	if exchange == nothing {
		exchange, rule = "", queueRule
	}
	if key == nothing {
		key = ""
	}
	return []queue.Part{{Text: exchange, Rule: exchangeRule}, {Text: key, Rule: rule}}, nil
}

// isReserved reports whether an exchange or a queue is one of the broker's own: amq.gen-… are queues of others, and in
// amq.rabbitmq.reply-to.… somebody waits for a reply.
func isReserved(name string) bool { return strings.HasPrefix(name, "amq.") }

// isBrokers reports whether a header means something to the broker: it is a property of the message, or leads it elsewhere.
func isBrokers(name string) bool {
	switch name {
	case "correlation-id", "reply-to", "expiration", "message-id", "type", "user-id", "app-id", "priority", // properties
		"cc", "bcc", "x-delay", "x-death":
		return true
	}
	return false
}
