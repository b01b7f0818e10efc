// Package panicking has a filter panic within its own entry points, wherever a test wants: as if its host had failed it.
// The filter is wrapped and needs no hooks for it.
package panicking

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// Header says where a request panics: the name of an [Event], or two joined by "+", and after a colon the number of the
// call of the host's at which. If the event makes fewer, it panics at its end.
const Header = "x-panic"

// ConfigKey says the same in a filter block's configuration and in a route's, for Events outside of streams.
const ConfigKey = "panic"

// Event is an entry point of a filter.
type Event string

// The events, by the methods of host.Filter, host.Config, host.StreamFilter and host.Recycler.
const (
	NewConfig      Event = "new-config"
	NewRouteConfig Event = "new-route-config"
	Concerns       Event = "concerns"
	NewStream      Event = "new-stream"
	RequestHeaders Event = "request-headers"
	RequestBody    Event = "request-body"
	RequestPiece   Event = "request-piece"
	Resumed        Event = "resumed" // The function given to host.Resumer.
	AnswerHeaders  Event = "answer-headers"
	AnswerBody     Event = "answer-body"
	AnswerPiece    Event = "answer-piece"
	Recovered      Event = "recovered" // Wants another event before it: there must be something to recover from.
	Destroy        Event = "destroy"
	Recycle        Event = "recycle"
)

// StreamEvents are those of one request.
func StreamEvents() []Event {
	return []Event{
		NewStream, RequestHeaders, RequestBody, RequestPiece, Resumed, AnswerHeaders, AnswerBody, AnswerPiece, Recovered, Destroy, Recycle,
	}
}

// Secret begins each panic's value, which nobody must show.
const Secret = "s3cr3t of "

// Filter is a filter that panics where it is told to. Make it with [Wrap].
type Filter struct {
	host.Filter
	name string

	mutex  sync.Mutex
	calls  map[Event]int
	panics int
}

var _ host.Filter = (*Filter)(nil)

// Wrap returns a filter under another name.
func Wrap(filter host.Filter, name string) *Filter {
	return &Filter{Filter: filter, name: name, calls: map[Event]int{}}
}

// Calls is how many calls of the host's an event has made at most, and whether there ever was such an event.
func (f *Filter) Calls(event Event) (most int, happened bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	most, happened = f.calls[event]
	return most, happened
}

// Panics is how often it has panicked.
func (f *Filter) Panics() int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.panics
}

// panic does.
func (f *Filter) panic(where string) {
	f.mutex.Lock()
	f.panics++
	f.mutex.Unlock()
	panic(Secret + where)
}

func (f *Filter) note(event Event, calls int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls[event] = max(f.calls[event], calls)
}

func (f *Filter) Name() string { return f.name }

func (f *Filter) NewConfig(handle host.ConfigHandle, raw []byte) (host.Config, error) {
	where, raw, err := taken(raw)
	if err != nil {
		return nil, err
	}
	p := &panics{filter: f, where: where}
	defer p.during(NewConfig)()
	inner, err := f.Filter.NewConfig(configHandle{handle, p}, raw)
	if err != nil {
		return nil, err
	}
	return config{inner.(host.Selective), f, where}, nil
}

func (f *Filter) NewRouteConfig(raw []byte) (any, error) {
	where, raw, err := taken(raw)
	if err != nil {
		return nil, err
	}
	p := &panics{filter: f, where: where}
	defer p.during(NewRouteConfig)()
	return f.Filter.NewRouteConfig(raw)
}

// taken takes our key out of a configuration, for filters refuse what they do not know.
func taken(raw []byte) (where places, rest []byte, err error) {
	fields := map[string]json.RawMessage{}
	if len(raw) == 0 {
		return nil, raw, nil
	}
	if err := json.Unmarshal(raw, &fields); err != nil || fields[ConfigKey] == nil {
		return nil, raw, err
	}
	var text string
	if err := json.Unmarshal(fields[ConfigKey], &text); err != nil {
		return nil, nil, err
	}
	delete(fields, ConfigKey)
	if len(fields) == 0 {
		return parsePlaces(text), nil, nil
	}
	rest, err = json.Marshal(fields)
	return parsePlaces(text), rest, err
}

type config struct {
	host.Selective
	filter *Filter
	where  places
}

var _ host.Config = config{}

var _ host.Selective = config{}

func (c config) Concerns() []host.Concern {
	p := &panics{filter: c.filter, where: c.where}
	defer p.during(Concerns)()
	return c.Selective.Concerns()
}

func (c config) NewStream(s host.Stream) host.StreamFilter {
	p := &panics{filter: c.filter, where: parsePlaces(s.Request().Headers().Get(Header))}
	defer p.during(NewStream)()
	return &streamFilter{c.Selective.NewStream(&stream{s, p}), p}
}

// places says at which call of the host's, the first is 1, an event panics.
type places map[Event]int

func parsePlaces(text string) places {
	if text == "" {
		return nil
	}
	where := places{}
	for part := range strings.SplitSeq(text, "+") {
		event, number, _ := strings.Cut(part, ":")
		at, err := strconv.Atoi(number)
		if err != nil {
			at = 1
		}
		where[Event(event)] = at
	}
	return where
}

// panics counts the calls of the event at hand, and panics when it is time.
type panics struct {
	filter *Filter
	where  places
	event  Event
	calls  int
}

// during begins an event and returns what ends it. One may happen within another: Recovered does.
func (p *panics) during(event Event) (end func()) {
	before, calls := p.event, p.calls
	p.event, p.calls = event, 0
	return func() {
		p.filter.note(event, p.calls)
		at := p.where[event]
		tooLate := at > p.calls
		p.event, p.calls = before, calls
		if tooLate {
			p.filter.panic(string(event))
		}
	}
}

// call is one call of the host's.
func (p *panics) call() {
	p.calls++
	if p.event != "" && p.where[p.event] == p.calls {
		p.filter.panic(string(p.event))
	}
}
