// Package wrapped tells filters what the client has sent, if the filter cloudevents has made the request an event. Parameters are always taken
// from what the client has sent, whichever filter takes them and whatever goes to the upstream.
//
// Only a note in the dynamic metadata goes from one filter to the other. The client's body needs no note: it is the event's data, byte for
// byte.
package wrapped

import (
	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
)

// The place of the note, which is the client's content-type and may be empty. No event can forge it, because the attributes of events stand
// in another namespace.
const (
	namespace = "funcroute"
	key       = "wrapped"
)

// Note notes that a request has been made an event, so that its body or its content-type is no longer the client's. contentType is the
// client's.
func Note(s host.Stream, contentType string) { s.SetDynamicMetadata(namespace, key, contentType) }

// Request says what the client has sent for a request.
type Request struct {
	contentType string
	is          bool
}

// Look finds out whether a request has been made an event.
func Look(s host.Stream) Request {
	if !s.HasDynamicMetadata(namespace, key) {
		return Request{}
	}
	return Request{contentType: s.DynamicMetadata(namespace, key), is: true}
}

// ContentType returns the client's content-type. now is that of the request as it is.
func (r Request) ContentType(now string) string {
	if r.is {
		return r.contentType
	}
	return now
}

// Body returns the client's body. now and contentType are those of the request as it is. If the body is no event, another filter has
// changed it, and it counts as it is.
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
