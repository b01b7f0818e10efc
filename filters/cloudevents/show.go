package cloudevents

import (
	"slices"

	"github.com/funcroute/funcroute/events"
)

// shownPrefix is what the headers begin with that tell Envoy of an event. Only we say them of events.
const shownPrefix = "x-event-"

// shown are the attributes that become headers. All are dynamic metadata.
var shown = [...]struct{ attribute, header string }{
	{events.Type, shownPrefix + "type"},
	{events.Source, shownPrefix + "source"},
	{events.Subject, shownPrefix + "subject"},
	{events.ID, shownPrefix + "id"},
}

// show tells Envoy of an event, or of what a batch's events share, and has the route chosen again. held says which of the
// matches hold.
func (s *stream) show(e *events.Event, held []bool) {
	headers := s.host.RequestHeaders()
	for _, name := range s.subject.claims {
		headers.Remove(name)
	}
	for _, show := range shown {
		if value := e.Get(show.attribute); value != "" {
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
			s.host.Add(s.config.metrics.matchErrors, 1)
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
