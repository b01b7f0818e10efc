package cloudevents

import (
	"slices"
	"strings"

	"github.com/funcroute/funcroute/events"
)

// shownPrefix is what the headers begin with that tell Envoy of an event.
const shownPrefix = "x-event-"

// mostShown is how long the value of such a header may be, in bytes. Many servers take 8 KiB of headers and no more, and
// these come on top of what the client has sent.
const mostShown = 1 << 10

// shown are the attributes that become headers. All are dynamic metadata.
var shown = [...]struct{ attribute, header string }{
	{events.Type, shownPrefix + "type"},
	{events.Source, shownPrefix + "source"},
	{events.Subject, shownPrefix + "subject"},
	{events.ID, shownPrefix + "id"},
}

// says reports whether only we say a header of an event. Others that begin alike are the sender's own: Bitbucket has an
// X-Event-Key, LemonSqueezy an X-Event-Name.
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

// show tells Envoy of an event, or of what a batch's events share, and has the route chosen again. held says which of the
// matches hold.
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

// matches tries all matches on an event. Those that do not hold become false in held, which it returns.
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

// share keeps of the attributes that events have had so far those that the next one has too.
func share(shared []events.Attribute, next *events.Event) []events.Attribute {
	return slices.DeleteFunc(shared, func(a events.Attribute) bool {
		other, there := next.Lookup(a.Name)
		return !there || other.Value != a.Value
	})
}
