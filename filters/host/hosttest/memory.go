package hosttest

import (
	"math"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// Memory is a host in memory. It does what the port says and nothing of what Envoy does besides.
type Memory struct {
	// CannotRefuseRoutes makes it a host that tells of a mistake in a per-route configuration by [host.Stream.RouteConfig].
	CannotRefuseRoutes bool
}

var _ Host = Memory{}

func (Memory) HasUpstreamFilters() bool { return true }

func (m Memory) Run(t *testing.T, filter host.Filter, x Exchange) Outcome {
	return m.Session(t, filter, x.FilterConfig)(x)
}

func (m Memory) Session(_ *testing.T, filter host.Filter, filterConfig string) func(Exchange) Outcome {
	block := &Block{Counters: map[string]uint64{}}
	config, err := recovering(func() (host.Config, error) {
		config, err := filter.NewConfig(block, []byte(filterConfig))
		if err == nil {
			block.concerned = host.Chooser(config)
			block.recovery, err = host.NewRecovery(block)
		}
		return config, err
	})
	if err != nil {
		return func(Exchange) Outcome { return Outcome{Refused: err} }
	}
	return func(x Exchange) Outcome {
		s := &memoryStream{
			block: block, exchange: x, work: make(chan func() host.Action, 1),
			routes: map[string]any{}, routeErrs: map[string]error{},
		}
		for _, raw := range x.RouteConfigs() {
			s.routes[raw], s.routeErrs[raw] = recovering(func() (any, error) { return filter.NewRouteConfig([]byte(raw)) })
			if s.routeErrs[raw] != nil && !m.CannotRefuseRoutes {
				return Outcome{Refused: s.routeErrs[raw]}
			}
		}
		return s.run(config)
	}
}

func recovering[T any](f func() (T, error)) (value T, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = host.Refusal(panicked, debug.Stack())
		}
	}()
	return f()
}

// Block is a filter block's side of a host in memory: counters and log lines. It is a [host.ConfigHandle].
type Block struct {
	mutex     sync.Mutex
	concerned func(host.Headers, host.Metadata) bool
	recovery  *host.Recovery
	names     []string
	Counters  map[string]uint64
	Logs      []string
}

var _ host.ConfigHandle = (*Block)(nil)

func (b *Block) Counter(name string) (host.Metric, error) {
	b.names = append(b.names, name)
	return host.Metric(len(b.names) - 1), nil //nolint:gosec // A handful.
}

// nothing is the metric that records nothing.
const nothing host.Metric = math.MaxUint32

func (b *Block) Histogram(string, host.Unit) (host.Metric, error) { return nothing, nil }

func (b *Block) Log(_ host.Level, message string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.Logs = append(b.Logs, message)
}

func (b *Block) record(metric host.Metric, n uint64) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if metric != nothing {
		b.Counters[b.names[metric]] += n
	}
}

// memoryStream is one request. The goroutine that runs it is its worker.
type memoryStream struct {
	block    *Block
	exchange Exchange
	chosen   *Destination // nil once the choice is forgotten, and until someone asks for the route
	filter   host.StreamFilter

	// Per-route configurations by their text, and what is wrong with them.
	routes    map[string]any
	routeErrs map[string]error

	request, answer half
	local           *Reply // the reply that the filter sent
	headers         [][2]string
	fromUpstream    bool
	done            bool
	dynamic         map[string]map[string]string
	work            chan func() host.Action
	gone            atomic.Bool
	waits           bool // the filter has asked for a Resumer
}

func (s *memoryStream) run(config host.Config) Outcome {
	s.dynamic = map[string]map[string]string{}
	for namespace, entries := range s.exchange.Marked {
		for key, value := range entries {
			s.SetDynamicMetadata(namespace, key, value)
		}
	}
	request, answer := s.exchange.Request, s.exchange.Answer
	s.request = half{plugintest.NewHeaders(request.Headers...), []byte(request.Body())}
	if !s.exchange.RouteForgotten {
		s.chosen = s.exchange.First()
	}
	outcome := Outcome{DynamicMetadata: s.dynamic, Counters: s.block.Counters}
	goesOn := true
	if s.block.concerned(s.request.headers, s) {
		s.guard(func() host.Action { s.filter = config.NewStream(s); return host.Continue })
		if s.filter == nil {
			s.end()
		}
		goesOn = s.filter != nil && s.direction(request, s.filter.RequestHeaders, s.filter.RequestBody)
	}
	if goesOn {
		s.fromUpstream = s.exchange.LocalReply == nil
		if s.fromUpstream {
			outcome.Sent = s.request.message(request.Trailers)
		} else {
			outcome.Details = s.exchange.LocalReply.Details
			answer = Message{
				Headers: [][2]string{{":status", strconv.Itoa(s.exchange.LocalReply.Status)}},
				Chunks:  [][]byte{[]byte(s.exchange.LocalReply.Body)},
			}
		}
		s.answer = half{plugintest.NewHeaders(answer.Headers...), []byte(answer.Body())}
		if s.filter == nil || s.done || s.direction(answer, s.filter.AnswerHeaders, s.filter.AnswerBody) {
			outcome.Received = *s.answer.message(answer.Trailers)
		}
	}
	if s.local != nil {
		outcome.Details = s.local.Details
		headers := append([][2]string{{":status", strconv.Itoa(s.local.Status)}}, s.headers...)
		outcome.Received = Message{Headers: headers, Chunks: [][]byte{[]byte(s.local.Body)}}
	}
	s.gone.Store(true)
	s.guard(func() host.Action {
		if s.filter != nil && !s.done {
			s.filter.Destroy()
		}
		return host.Continue
	})
	if recycler, ok := s.filter.(host.Recycler); ok && !s.waits {
		s.guard(func() host.Action { recycler.Recycle(); return host.Continue })
	}
	s.block.mutex.Lock()
	defer s.block.mutex.Unlock()
	outcome.Logs = append([]string(nil), s.block.Logs...)
	return outcome
}

func (h *half) message(trailers [][2]string) *Message {
	m := &Message{Headers: h.headers.List(), Trailers: trailers}
	if len(h.body) > 0 {
		m.Chunks = [][]byte{h.body}
	}
	return m
}

// direction runs the events of one direction. It reports whether the message goes on.
func (s *memoryStream) direction(m Message, onHeaders func(bool) host.Action, onBody func() host.Action) bool {
	ends := m.Chunks == nil && m.Trailers == nil
	action := s.settle(func() host.Action { return onHeaders(ends) })
	switch action {
	case host.Buffer:
		action = s.settle(onBody)
	case host.Chunks:
		action = s.chunks(m)
	}
	return action.GoesOn()
}

// chunks hands the answer's body to the filter piece by piece.
func (s *memoryStream) chunks(m Message) host.Action {
	s.answer.body = nil
	action := host.Hold
	hand := func(piece []byte, last bool) {
		action = s.guard(func() (action host.Action) {
			piece, action = s.filter.AnswerPiece(piece, last)
			return action
		})
		if action.GoesOn() {
			s.answer.body = append(s.answer.body, piece...)
		}
	}
	for i, piece := range m.Chunks {
		if hand(piece, i == len(m.Chunks)-1 && m.Trailers == nil); action == host.Replied {
			return action
		}
	}
	if m.Trailers != nil {
		hand(nil, true)
	}
	return action
}

// settle runs an event, and what takes the place of its Wait.
func (s *memoryStream) settle(event func() host.Action) host.Action {
	action := s.guard(event)
	for action == host.Wait {
		if s.exchange.Leaves() {
			return host.Replied
		}
		select {
		case f := <-s.work:
			action = s.guard(f)
		case <-time.After(10 * time.Second):
			panic("hosttest: a filter waits and nothing resumes it")
		}
	}
	return action
}

func (s *memoryStream) guard(event func() host.Action) (action host.Action) {
	defer func() {
		if value := recover(); value != nil {
			filter := s.filter
			if s.gone.Load() {
				filter = nil
			}
			action = s.block.recovery.Recover(s, filter, value, debug.Stack(), s.end)
		}
		s.done = s.done || action == host.Done
	}()
	return event()
}

func (s *memoryStream) end() {
	if s.local == nil {
		s.SendReply(500, nil, nil, "funcroute_internal_error")
	}
}
