package cloudevents

import (
	"slices"
	"strings"

	"github.com/funcroute/funcroute/events"
)

// shownPrefix begins the names of the headers that tell Envoy of an event.
const shownPrefix = "x-event-"

// mostShown is the longest value of such a header, in bytes. Many servers take no more than 8 KiB of headers, and these headers come on
// top of the client's.
const mostShown = 1 << 10

// shown are the attributes that become headers. All attributes become dynamic metadata.
var shown = [...]struct{ attribute, header string }{
	{events.Type, shownPrefix + "type"},
	{events.Source, shownPrefix + "source"},
	{events.Subject, shownPrefix + "subject"},
	{events.ID, shownPrefix + "id"},
}

// says reports whether a header is one that only this filter may set. Other headers that begin alike are the sender's own: Bitbucket has
// an X-Event-Key, LemonSqueezy an X-Event-Name.
func (o *options) says(name string) bool {
	rest, begins := strings.CutPrefix(name, shownPrefix)
	if !begins {
		return false
	}
	switch rest {
	case events.Type, events.Source, events.Subject, events.ID:
		return true
	}
	return slices.ContainsFunc(o.matches, func(m match) bool { return m.header == name })
}

// show tells Envoy of an event, or of what the events of a batch share, and has the route chosen again. held says which of the matches
// hold.
func (s *stream) show(e *events.Event, held []bool) {
	headers := s.host.Request().Headers()
	for _, name := range s.subject.claims {
		headers.Remove(name)
	}
	for _, show := range shown {
		if value := e.Get(show.attribute); value != "" && events.EncodedLength(value) <= mostShown {
			headers.Set(show.header, events.Encode(value))
		}
	}
	for i, holds := range held {
		if holds {
			headers.Set(s.config.options.matches[i].header, "true")
		}
	}
	for i := range e.Attributes {
		s.host.SetDynamicMetadata(namespace, e.Attributes[i].Name, e.Attributes[i].Value)
	}
	s.host.ChooseRouteAgain()
}

// matches tries all matches on an event. It sets to false in held those that do not hold, and returns held.
func (s *stream) matches(e *subject, held []bool) []bool {
	for i := range held {
		if !held[i] {
			continue
		}
		holds, err := s.config.options.matches[i].matcher.match(e)
		if err != nil {
			s.host.Record(s.config.metrics.matchErrors, 1)
		}
		held[i] = holds && err == nil
	}
	return held
}

// share keeps those of the attributes that the event has too, with the same value. The attributes are what the events before it share.
func share(shared []events.Attribute, next *events.Event) []events.Attribute {
	return slices.DeleteFunc(shared, func(a events.Attribute) bool {
		other, there := next.Lookup(a.Name)
		return !there || other.Value != a.Value
	})
}
