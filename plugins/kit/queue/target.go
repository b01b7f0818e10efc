package queue

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins/kit/message"
	"github.com/funcroute/funcroute/plugins/kit/template/expression"
)

// Protocol is what a type's messages consist of.
type Protocol struct {
	// Address reads the first line of a target: the texts that the address consists of, each with its rule.
	Address func(first string) ([]Part, error)
	Binding Binding
	// Reserved says of the names of headers, in lower case, that mean something to the broker: a client cannot set them.
	Reserved func(name string) bool
}

// Part is one of the texts that an address consists of.
type Part struct {
	Text string
	Rule Rule
}

// Target is a target, compiled: the message that a request becomes. It does not change and is safe for concurrent use.
type Target struct {
	settings    Publishing
	protocol    Protocol
	environment *expression.Environment
	address     []*Text
	id          *Text // nil if there is none
	headers     message.Headers
	body        *message.Body // nil if the client's body or event is the message
	contentType string        // of a body that does not say it in its headers
}

// idRule is what a message's id consists of. It is a header of some protocols, and short in the memory of brokers that compare.
var idRule = Rule{What: "message_id", Longest: 256}

// CompileTarget compiles a target. The error says what is wrong and where.
func CompileTarget(text string, settings Publishing, set *parameters.Set, protocol Protocol) (*Target, error) {
	t := &Target{settings: settings, protocol: protocol, environment: expression.ForRequest(set)}
	parsed, err := message.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	parts, err := protocol.Address(parsed.First)
	if err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	for _, part := range parts {
		compiled, err := CompileText(part.Text, part.Rule, t.environment)
		if err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
		t.address = append(t.address, compiled)
	}
	if settings.MessageID != "" {
		if t.id, err = CompileText(settings.MessageID, idRule, t.environment); err != nil {
			return nil, fmt.Errorf("setting %w", err)
		}
	}
	if t.headers, err = message.CompileHeaders(parsed.Headers, t.environment); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	if t.body, err = parsed.CompileBody(t.headers, t.environment); err != nil {
		return nil, fmt.Errorf("target: %w", err)
	}
	if t.body != nil {
		t.contentType = t.body.ContentType()
		if settings.Payload == cloudEvent {
			return nil, errors.New(`a body of the target's own and "payload: cloudevent" exclude each other`)
		}
	}
	return t, t.checkForwarded()
}

func (t *Target) checkForwarded() error {
	for _, name := range t.settings.ForwardHeaders {
		switch {
		case !httptext.IsToken(name):
			return fmt.Errorf(`setting "forward_headers": %q is no name of a header`, name)
		case t.protocol.Reserved(strings.ToLower(name)):
			return fmt.Errorf(`setting "forward_headers": %q means something to the broker, so a client cannot set it; a header line of the target can`, name)
		}
	}
	return nil
}
