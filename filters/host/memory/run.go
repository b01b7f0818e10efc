package memory

import (
	"errors"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/headermap"
)

// longestWait bounds a wait of a filter's.
const longestWait = 10 * time.Second

var errStuck = errors.New("the filter waits and nothing resumes it")

// stream is one request. The goroutine that runs it is its worker.
type stream struct {
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
	stuck           bool // it waits, and nothing resumes it
}

func (s *stream) run() Outcome {
	s.dynamic = map[string]map[string]string{}
	for namespace, entries := range s.exchange.Marked {
		for key, value := range entries {
			s.SetDynamicMetadata(namespace, key, value)
		}
	}
	request, answer := s.exchange.Request, s.exchange.Answer
	s.request = newHalf(request)
	if !s.exchange.RouteForgotten {
		s.chosen = s.exchange.First()
	}
	outcome := Outcome{DynamicMetadata: s.dynamic}
	goesOn := true
	if s.block.concerned(s.request.headers, s) {
		s.guard(func() host.Action { s.filter = s.block.config.NewStream(s); return host.Continue })
		if s.filter == nil {
			s.end()
		}
		goesOn = s.filter != nil && s.direction(&s.request, request, s.filter.RequestHeaders, s.filter.RequestBody, s.filter.RequestPiece)
	}
	if goesOn {
		s.fromUpstream = s.exchange.LocalReply == nil
		if s.fromUpstream {
			outcome.Sent = s.request.message()
		} else {
			outcome.Details = s.exchange.LocalReply.Details
			answer = Message{
				Headers: [][2]string{{":status", strconv.Itoa(s.exchange.LocalReply.Status)}},
				Chunks:  [][]byte{[]byte(s.exchange.LocalReply.Body)},
			}
		}
		s.answer = newHalf(answer)
		if s.filter == nil || s.done || s.direction(&s.answer, answer, s.filter.AnswerHeaders, s.filter.AnswerBody, s.filter.AnswerPiece) {
			outcome.Received = *s.answer.message()
		}
	}
	if s.local != nil {
		outcome.Details = s.local.Details
		headers := append([][2]string{{":status", strconv.Itoa(s.local.Status)}}, s.headers...)
		outcome.Received = Message{Headers: headers, Chunks: [][]byte{[]byte(s.local.Body)}}
	}
	if s.stuck {
		outcome.Refused = errStuck
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
	outcome.Counters, outcome.Logs = maps.Clone(s.block.counters), slices.Clone(s.block.logs)
	return outcome
}

func newHalf(m Message) half {
	h := half{headers: headermap.New(m.Headers...), body: []byte(m.Body())}
	if m.Trailers != nil {
		h.trailers = headermap.New(m.Trailers...)
	}
	return h
}

// message is what goes on.
func (h *half) message() *Message {
	m := &Message{Headers: h.headers.List()}
	if len(h.body) > 0 {
		m.Chunks = [][]byte{h.body}
	}
	if h.trailers != nil {
		m.Trailers = h.trailers.List()
	}
	return m
}

// direction runs the events of one direction. It reports whether the message goes on.
func (s *stream) direction(
	h *half, m Message, onHeaders func(bool) host.Action, onBody func() host.Action, onPiece func([]byte, bool) ([]byte, host.Action),
) bool {
	ends := m.Chunks == nil && m.Trailers == nil
	action := s.settle(func() host.Action { return onHeaders(ends) })
	switch action {
	case host.Buffer:
		h.trailed = true
		action = s.settle(onBody)
	case host.Pieces:
		action = s.pieces(h, m, onPiece)
	}
	return action.GoesOn()
}

// pieces hands a body to the filter piece by piece.
func (s *stream) pieces(h *half, m Message, onPiece func([]byte, bool) ([]byte, host.Action)) host.Action {
	h.body = nil
	action := host.Hold
	hand := func(piece []byte, last bool) {
		action = s.guard(func() (action host.Action) {
			piece, action = onPiece(piece, last)
			return action
		})
		if action.GoesOn() {
			h.body = append(h.body, piece...)
		}
	}
	for i, piece := range m.Chunks {
		if s.done {
			h.body = append(h.body, piece...)
			continue
		}
		if hand(piece, i == len(m.Chunks)-1 && m.Trailers == nil); action == host.Replied {
			return action
		}
	}
	if m.Trailers != nil && !s.done {
		h.trailed = true
		hand(nil, true)
	}
	return action
}

// settle runs an event, and what takes the place of its Wait.
func (s *stream) settle(event func() host.Action) host.Action {
	action := s.guard(event)
	for action == host.Wait {
		if s.exchange.Leaves() {
			return host.Replied
		}
		select {
		case f := <-s.work:
			action = s.guard(f)
		case <-time.After(longestWait):
			s.stuck = true
			return host.Replied
		}
	}
	return action
}

func (s *stream) guard(event func() host.Action) (action host.Action) {
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

func (s *stream) end() {
	if s.local == nil {
		s.SendReply(500, nil, nil, "funcroute_internal_error")
	}
}
