// Package wrapped tells filters what the client has sent, of a request that `cloudevents` has made an event of: parameters are
// taken from that, whichever filter takes them and whatever the upstream is to get.
//
// Nothing but a note in the dynamic metadata goes from one filter to the other. The client's body is still there, byte for byte:
// it has become the event's data.
package wrapped

import (
	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
)

// The note is the client's content-type, which may be empty. No event can make it, for the attributes of events have another
// namespace.
const (
	namespace = "funcroute"
	key       = "wrapped"
)

// Note notes that a request with that content-type has been made an event, and that its body or its content-type is another now.
func Note(s host.Stream, contentType string) { s.SetDynamicMetadata(namespace, key, contentType) }

// Request is a request as its filter finds it, with what the client has sent.
type Request struct {
	contentType string
	is          bool
}

// Look looks whether a request has been made an event.
func Look(s host.Stream) Request {
	if !s.HasDynamicMetadata(namespace, key) {
		return Request{}
	}
	return Request{contentType: s.DynamicMetadata(namespace, key), is: true}
}

// ContentType is the client's, given that of the request.
func (r Request) ContentType(now string) string {
	if r.is {
		return r.contentType
	}
	return now
}

// Body is the client's, given that of the request and the request's content-type. A body that is no event any more has been
// changed by somebody else, and counts as it is.
func (r Request) Body(now []byte, contentType string) []byte {
	if !r.is || events.ModeOf(contentType, "") != events.Structured {
		return now
	}
	var event events.Event
	if event.Read(now) != nil {
		return now
	}
	return event.AppendData(nil)
}
