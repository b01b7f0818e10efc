package dynamicmodule

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/filters/host/memory"
	"github.com/funcroute/funcroute/headermap"
)

func TestConforms(t *testing.T) { hosttest.Conform(t, fakeEnvoy{}) }

// fakeEnvoy drives the adapter as stock Envoy and package abi do. What it imitates is in filter_manager.cc, in
// filters/http/dynamic_modules/{filter,abi_impl}.cc and in abi/.
type fakeEnvoy struct{}

func (fakeEnvoy) HasUpstreamFilters() bool { return true }

func (e fakeEnvoy) Run(t *testing.T, filter host.Filter, x hosttest.Exchange) hosttest.Outcome {
	return e.Session(t, filter, x.FilterConfig)(x)
}

func (e fakeEnvoy) Session(_ *testing.T, filter host.Filter, filterConfig string) func(hosttest.Exchange) hosttest.Outcome {
	block := &fakeConfig{counters: map[string]uint64{}}
	config, err := NewConfig(filter, block, []byte(filterConfig))
	return func(x hosttest.Exchange) hosttest.Outcome {
		if err != nil {
			return hosttest.Outcome{Refused: err}
		}
		s := &fakeStream{
			block: block, exchange: x, dynamic: map[string]map[string]string{}, work: make(chan func(), 1), routes: map[string]any{},
		}
		for _, raw := range x.RouteConfigs() {
			var err error
			if s.routes[raw], err = NewRouteConfig(filter, []byte(raw)); err != nil {
				return hosttest.Outcome{Refused: err}
			}
		}
		s.shown = x.First()
		if !x.RouteForgotten {
			s.chosen = s.shown
		}
		return s.run(config)
	}
}

type fakeConfig struct {
	mutex    sync.Mutex
	names    []string
	counters map[string]uint64
	logs     []string
}

func (c *fakeConfig) DefineCounter(name string) (uint32, bool) {
	c.names = append(c.names, name)
	return uint32(len(c.names)), true
}

func (c *fakeConfig) DefineHistogram(name string) (uint32, bool) { return c.DefineCounter(name) }

func (c *fakeConfig) Log(_ host.Level, message string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.logs = append(c.logs, message)
}

// fakeStream is one request in Envoy. Its goroutine is the worker.
type fakeStream struct {
	block    *fakeConfig
	exchange hosttest.Exchange
	chosen   *hosttest.Destination // nil until someone asks for the route
	shown    *hosttest.Destination // the route that was chosen last, which is what StreamInfo::route is
	routes   map[string]any        // per-route configurations by their text
	dynamic  map[string]map[string]string
	filter   *Stream

	interest        Interest
	collecting      bool
	request, answer half
	schedulers      int // how many are open
	fromUpstream    bool
	replied         *hosttest.Outcome
	destroyed       bool
	work            chan func()
}

// half is one direction of a stream: Envoy's header map and the two parts of its body.
type half struct {
	headers  *headermap.Map
	trailers *headermap.Map // nil until they have come
	body     [2][]byte      // by Part
	resumed  bool
}

func (s *fakeStream) run(config *Config) hosttest.Outcome {
	for namespace, entries := range s.exchange.Marked {
		for key, value := range entries {
			s.setText(namespace, key, value)
		}
	}
	var outcome hosttest.Outcome
	s.request.headers = headermap.New(s.exchange.Request.Headers...)
	goesOn := true
	if s.open(config) {
		s.filter = config.NewStream(s)
		goesOn = s.direction(&s.request, s.exchange.Request, s.requestHeaders, s.requestBody, s.requestTrailers)
	} else {
		s.request.body[Buffered] = []byte(s.exchange.Request.Body())
	}
	if goesOn {
		answer := s.exchange.Answer
		if reply := s.exchange.LocalReply; reply != nil {
			outcome.Details = reply.Details
			answer = hosttest.Message{Headers: [][2]string{{":status", strconv.Itoa(reply.Status)}}, Chunks: [][]byte{[]byte(reply.Body)}}
		} else {
			s.fromUpstream = true
			outcome.Sent = s.request.message(s.exchange.Request.Trailers)
		}
		s.answer.headers = headermap.New(answer.Headers...)
		if s.filter == nil {
			s.answer.body[Buffered] = []byte(answer.Body())
			outcome.Received = *s.answer.message(answer.Trailers)
		} else if s.direction(&s.answer, answer, s.answerHeaders, s.answerBody, s.answerTrailers) {
			outcome.Received = *s.answer.message(answer.Trailers)
		}
	}
	if s.replied != nil {
		outcome.Received, outcome.Details = s.replied.Received, s.replied.Details
	}
	if s.filter != nil {
		if s.interest&End != 0 {
			s.filter.OnDestroy()
		}
		s.filter.Recycle()
	}
	if s.schedulers != 0 {
		panic("a scheduler was not closed") // It is Envoy's memory.
	}
	s.destroyed = true
	s.block.mutex.Lock()
	defer s.block.mutex.Unlock()
	outcome.DynamicMetadata, outcome.Counters, outcome.Logs = s.dynamic, s.block.counters, slices.Clone(s.block.logs)
	return outcome
}

// open is what gate.c does.
func (s *fakeStream) open(config *Config) bool {
	concerns, selective := config.Concerns()
	return !selective || slices.ContainsFunc(concerns, func(c host.Concern) bool {
		header := func(name string) string { return s.request.headers.Get(name) }
		if c.Method != "" && header(":method") != c.Method {
			return false
		}
		if c.Header != "" && (header(c.Header) == "" || !strings.HasPrefix(strings.ToLower(header(c.Header)), strings.ToLower(c.Prefix))) {
			return false
		}
		if c.Namespace != "" && len(s.namespace(host.Route, c.Namespace)) == 0 {
			return false
		}
		return c.ClusterKey == "" || s.Value(host.Cluster, c.ClusterNamespace, c.ClusterKey).Text != ""
	})
}

func (h *half) message(trailers [][2]string) *hosttest.Message {
	m := &hosttest.Message{Headers: h.headers.List(), Trailers: trailers}
	if h.trailers != nil {
		m.Trailers = h.trailers.List()
	}
	if len(h.body[Buffered]) > 0 {
		m.Chunks = [][]byte{h.body[Buffered]}
	}
	return m
}

// direction sends a message through the filter, as FilterManager::decodeHeaders and its kin do. It reports whether the
// message goes on.
func (s *fakeStream) direction(
	h *half, m hosttest.Message,
	onHeaders, onBody func(bool) Status, onTrailers func() Status,
) bool {
	stopped := false
	ended := m.Chunks == nil && m.Trailers == nil
	switch onHeaders(ended) {
	case StatusStop:
		stopped = true
		if ended {
			return s.await(h)
		}
	case StatusStopAllAndWatermark:
		if !s.await(h) {
			return false
		}
		if ended {
			h.body[Buffered] = nil // Lost, see FilterManager::decodeData on end_stream_.
		}
	}
	for i, chunk := range m.Chunks {
		if s.over() {
			return false
		}
		last := i == len(m.Chunks)-1 && m.Trailers == nil
		h.body[Received] = slices.Clone(chunk)
		status := onBody(last)
		if status != StatusNoBuffer {
			// FilterManager::commonHandleBufferData: the chunk joins what is buffered.
			h.body[Buffered] = append(h.body[Buffered], h.body[Received]...)
		}
		h.body[Received] = nil
		stopped = stopped && status != StatusContinue
		if last && status == StatusBuffer {
			stopped = !s.await(h)
		}
	}
	if m.Trailers != nil && !s.over() {
		held, buffered := stopped, len(h.body[Buffered])
		h.trailers = headermap.New(m.Trailers...)
		stopped = false
		if onTrailers() == StatusStop {
			stopped = !s.await(h)
		} else if !held && !s.over() {
			h.body[Buffered] = h.body[Buffered][:buffered] // Nobody looks at it any more.
		}
	}
	return !stopped && !s.over()
}

func (s *fakeStream) over() bool { return s.replied != nil }

// await runs what other goroutines have scheduled until the direction is resumed.
func (s *fakeStream) await(h *half) bool {
	for !h.resumed && s.replied == nil {
		if s.exchange.Leaves() {
			return false
		}
		select {
		case f := <-s.work:
			f()
		case <-time.After(10 * time.Second):
			panic(errors.New("the filter waits and nothing resumes it"))
		}
	}
	return s.replied == nil
}

func (s *fakeStream) half(d Direction) *half {
	if d == Answer {
		return &s.answer
	}
	return &s.request
}

func (s *fakeStream) headers(m Map) *headermap.Map {
	return [...]*headermap.Map{
		RequestHeaderMap: s.request.headers, RequestTrailerMap: s.request.trailers,
		AnswerHeaderMap: s.answer.headers, AnswerTrailerMap: s.answer.trailers,
	}[m]
}

func (s *fakeStream) Headers(m Map, to [][2]string) [][2]string {
	return append(to, s.headers(m).List()...)
}

// Write is what writes.c does.
func (s *fakeStream) Write(writes []Write) {
	for _, w := range writes {
		switch w.Kind {
		case SetHeader:
			headers := s.headers(w.Map)
			if w.Value == "" {
				headers.Remove(w.Name)
			} else {
				headers.Set(w.Name, w.Value)
			}
		case AddHeader:
			s.headers(w.Map).Add(w.Name, w.Value)
		case SetDynamicText:
			s.setText(w.Namespace, w.Name, w.Value)
		case AddCounter:
			s.block.mutex.Lock()
			s.block.counters[s.block.names[w.Metric-1]] += w.Number
			s.block.mutex.Unlock()
		}
	}
}

func (s *fakeStream) AppendBody(to []byte, d Direction, p Part) []byte {
	return append(to, s.half(d).body[p]...)
}

func (s *fakeStream) ReplaceBody(d Direction, p Part, body []byte) {
	s.half(d).body[p] = slices.Clone(body)
}

func (s *fakeStream) AddBody(d Direction, p Part, body []byte) {
	s.half(d).body[p] = append(s.half(d).body[p], body...)
}

func (s *fakeStream) ReceivedIsBuffered(Direction) bool { return false }

// RouteConfig asks for the route, as ActiveStreamFilterBase::mostSpecificPerFilterConfig does.
func (s *fakeStream) RouteConfig() any {
	s.choose()
	return s.routes[s.chosen.RouteConfig]
}

// AppendExcerpt is what excerpt.c does.
func (s *fakeStream) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	return host.AppendExcerpt(to, s, excerpt, name)
}

// FollowRoutine leaves all answers to the filter; e2e has a host that does not.
func (s *fakeStream) FollowRoutine(*host.Routine) {}

func (s *fakeStream) ContinueRequest() { s.request.resumed = true }

func (s *fakeStream) ContinueAnswer() { s.answer.resumed = true }

func (s *fakeStream) Scheduler() Scheduler {
	s.schedulers++
	return s
}

// Wake drops what comes for a stream that is gone, as DynamicModuleHttpFilter::onScheduled does.
func (s *fakeStream) Wake() {
	if !s.destroyed && !s.exchange.Leaves() {
		s.work <- func() {
			s.filter.OnResumed()
			s.hand(StatusContinue)
		}
	}
}

func (s *fakeStream) Close() { s.schedulers-- }

func (s *fakeStream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.replied != nil {
		panic("two local replies")
	}
	s.replied = &hosttest.Outcome{Details: details, Received: hosttest.Message{
		Headers: append([][2]string{{":status", strconv.Itoa(status)}}, headers...),
		Chunks:  [][]byte{slices.Clone(body)},
	}}
}

func (s *fakeStream) setText(namespace, key, value string) {
	if s.dynamic[namespace] == nil {
		s.dynamic[namespace] = map[string]string{}
	}
	s.dynamic[namespace][key] = value
}

func (s *fakeStream) namespace(source host.Source, namespace string) map[string]any {
	s.choose() // For a route route.c does that, for a cluster Envoy does (ConnectionManagerImpl::ActiveStream::clusterInfo).
	if source == host.Route {
		return s.shown.Route[namespace]
	}
	return s.chosen.Cluster[namespace]
}

// choose is what ConnectionManagerImpl::ActiveStream::route does.
func (s *fakeStream) choose() {
	if s.chosen == nil {
		s.chosen = s.exchange.Chosen(s.request.headers.Get)
		s.shown = s.chosen
	}
}

// ChooseRouteAgain is what route.c does. In a cluster, clearing the route cache does nothing, see
// envoy_dynamic_module_callback_http_clear_route_cache.
func (s *fakeStream) ChooseRouteAgain() {
	if !s.exchange.Upstream {
		s.chosen = nil
	}
	s.choose()
}

func (s *fakeStream) Keys(source host.Source, namespace string) []string {
	return slices.Sorted(maps.Keys(s.namespace(source, namespace)))
}

func (s *fakeStream) Value(source host.Source, namespace, key string) host.Value {
	return memory.ValueOf(s.namespace(source, namespace)[key])
}

func (s *fakeStream) DynamicText(namespace, key string) string { return s.dynamic[namespace][key] }

func (s *fakeStream) HasDynamic(namespace, key string) bool {
	_, there := s.dynamic[namespace][key]
	return there
}

func (s *fakeStream) ClusterName() string {
	if s.exchange.NoRoute {
		return ""
	}
	return memory.ClusterName
}

func (s *fakeStream) Attribute(which Attribute) string {
	switch {
	case which == SourceAddress:
		return memory.SourceAddress
	case which == RequestProtocol:
		return memory.Protocol
	case which == RouteName:
		return memory.RouteName
	case which == PeerCertificateDigest:
		return s.exchange.PeerCertificateDigest
	case which == UpstreamAddress && s.exchange.Upstream:
		return "192.0.2.1:80"
	}
	return ""
}

// FromUpstream is what origin.c finds out.
func (s *fakeStream) FromUpstream() bool { return s.fromUpstream }

// KeepHeaders keeps nothing, as Envoys do that destroy a filter before its headers are gone.
func (s *fakeStream) KeepHeaders([][2]string)  {}
func (s *fakeStream) KeptHeaders() [][2]string { return nil }
