package queue

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/jsontext"
	"github.com/funcroute/funcroute/plugins"
)

// BrokerUnavailable is why a message was not sent: there is no connection, the broker lets nobody in, or nobody is there to take it.
var BrokerUnavailable = plugins.NewReason("broker_unavailable", http.StatusServiceUnavailable)

// retryAfter is when a client should try again what may go well then.
const retryAfter = time.Second

// Unavailable is the error of a message that was not sent and will not be.
func Unavailable(detail string) *plugins.Error {
	failure := plugins.Errorf(BrokerUnavailable, "%s", detail)
	failure.RetryAfter = retryAfter
	return failure
}

// Overloaded is the error of a message for which there is no room now, here or in the broker. It was not taken.
func Overloaded(detail string) *plugins.Error {
	failure := plugins.Errorf(plugins.Overloaded, "%s", detail)
	failure.RetryAfter = retryAfter
	return failure
}

// Rejected is the error of a message that the broker refuses.
func Rejected(detail string) *plugins.Error {
	return plugins.Errorf(plugins.UpstreamRejected, "%s", detail)
}

// TooLarge is the error of a message that is larger than the broker takes.
func TooLarge() *plugins.Error {
	return plugins.Errorf(plugins.BodyTooLarge, "The message is larger than the broker takes.")
}

// Unknown is the error of a message that was sent, or may have been, and of which nothing was heard.
func Unknown() *plugins.Error {
	return plugins.Errorf(plugins.FunctionTimeout, "The broker has not acknowledged the message. Whether it has it is not known: the outcome is unknown.")
}

// Fact is something that a broker has said of a message that it has.
type Fact struct {
	Name string
	// Text is its value; or it is a number, or true.
	Text   string
	Number uint64
	Kind   FactKind
}

// FactKind is what a [Fact] is.
type FactKind int

// The kinds of facts.
const (
	IsText FactKind = iota
	IsNumber
	IsTrue
)

// Accepted is the reply for a message that the broker has: a 202 whose body is a JSON object of the facts, which are in dynamic
// metadata as well.
func Accepted(facts ...Fact) *plugins.Reply {
	reply := &plugins.Reply{Status: http.StatusAccepted, Headers: [][2]string{{"content-type", "application/json"}}}
	body := []byte{'{'}
	for i, fact := range facts {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(jsontext.AppendString(body, fact.Name), ':')
		text := fact.Text
		switch fact.Kind {
		case IsNumber:
			text = strconv.FormatUint(fact.Number, 10)
			body = append(body, text...)
		case IsTrue:
			text = "true"
			body = append(body, text...)
		default:
			body = jsontext.AppendString(body, text)
		}
		reply.Annotations = append(reply.Annotations, plugins.Annotation{Key: fact.Name, Value: text})
	}
	reply.Body = append(body, '}')
	return reply
}

// AddHeader adds a header of a service's reply to the answer, unless it can be none in HTTP, is between Envoy and its peer, or follows from
// the body.
func AddHeader(reply *plugins.Reply, name, value string) {
	name = strings.ToLower(name)
	if httptext.IsFieldName(name) && httptext.ControlByte(value) < 0 && !isConnections(name) {
		reply.Headers = append(reply.Headers, [2]string{name, value})
	}
}

func isConnections(name string) bool {
	switch name {
	case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "host":
		return true
	}
	return strings.HasPrefix(name, "x-envoy-")
}
