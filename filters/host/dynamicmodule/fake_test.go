package dynamicmodule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"
	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared/fake"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

func TestConforms(t *testing.T) { hosttest.Conform(t, fakeEnvoy{}) }

// fakeEnvoy drives the adapter as stock Envoy and the SDK do. What it imitates is in filter_manager.cc, in
// filters/http/dynamic_modules/{filter,abi_impl}.cc and in the SDK's abi/internal.go; a method it lacks panics.
type fakeEnvoy struct{}

// HasUpstreamFilters implements the same method as documented on hosttest.Host.
func (fakeEnvoy) HasUpstreamFilters() bool { return true }

// Run implements the same method as documented on hosttest.Host.
func (e fakeEnvoy) Run(t *testing.T, filter host.Filter, x hosttest.Exchange) hosttest.Outcome {
	return e.Session(t, filter, x.FilterConfig)(x)
}

// Session implements the same method as documented on hosttest.Host.
func (e fakeEnvoy) Session(_ *testing.T, filter host.Filter, filterConfig string) func(hosttest.Exchange) hosttest.Outcome {
	factory := Factory(filter)
	block := &fakeConfig{counters: map[string]uint64{}}
	config, err := factory.Create(block, []byte(filterConfig))
	return func(x hosttest.Exchange) hosttest.Outcome {
		if err != nil {
			return hosttest.Outcome{Refused: err}
		}
		s := &fakeStream{block: block, exchange: x, dynamic: map[string]map[string]string{}, work: make(chan func(), 1)}
		if x.RouteConfig != "" {
			var err error
			if s.route, err = factory.CreatePerRoute([]byte(x.RouteConfig)); err != nil {
				return hosttest.Outcome{Refused: err}
			}
		}
		return s.run(config)
	}
}

type fakeConfig struct {
	shared.HttpFilterConfigHandle
	mutex    sync.Mutex
	names    []string
	counters map[string]uint64
	logs     []string
}

func (c *fakeConfig) DefineCounter(name string, _ ...string) (shared.MetricID, shared.MetricsResult) {
	c.names = append(c.names, name)
	return shared.MetricID(len(c.names)), shared.MetricsSuccess
}

func (c *fakeConfig) DefineHistogram(name string, _ ...string) (shared.MetricID, shared.MetricsResult) {
	return c.DefineCounter(name)
}

func (c *fakeConfig) Log(_ shared.LogLevel, format string, args ...any) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.logs = append(c.logs, fmt.Sprintf(format, args...))
}

// fakeStream is one request in Envoy. Its goroutine is the worker.
type fakeStream struct {
	shared.HttpFilterHandle
	block    *fakeConfig
	exchange hosttest.Exchange
	chosen   *hosttest.Destination // nil until someone asks for the route
	again    bool
	route    any
	dynamic  map[string]map[string]string
	filter   shared.HttpFilter

	request, response half
	answering         bool // the answer is on its way through the filter
	fromUpstream      bool
	replied           *hosttest.Outcome
	destroyed         bool
	work              chan func()
}

// half is one direction of a stream: Envoy's header map, the data it has buffered and the chunk at hand.
type half struct {
	headers  *fake.FakeHeaderMap
	buffered body
	received body
	resumed  bool
}

// body is one of Envoy's buffers. A received one is only there during its event.
type body struct {
	data  []byte
	there bool
}

func (b *body) GetChunks() []shared.UnsafeEnvoyBuffer {
	if !b.there {
		return nil
	}
	return []shared.UnsafeEnvoyBuffer{view(string(b.data[:len(b.data)/2])), view(string(b.data[len(b.data)/2:]))}
}

func (b *body) GetSize() uint64 { return uint64(len(b.data)) }

func (b *body) Drain(n uint64) { b.data = b.data[min(n, uint64(len(b.data))):] }

func (b *body) Append(data []byte) {
	if len(data) > 0 {
		b.data, b.there = append(b.data, data...), true
	}
}

func view(s string) shared.UnsafeEnvoyBuffer {
	return shared.UnsafeEnvoyBuffer{Ptr: unsafe.StringData(s), Len: uint64(len(s))}
}

func (s *fakeStream) run(factory shared.HttpFilterFactory) hosttest.Outcome {
	for namespace, entries := range s.exchange.Marked {
		for key, value := range entries {
			s.SetMetadata(namespace, key, value)
		}
	}
	var outcome hosttest.Outcome
	s.request.headers = headerMap(s.exchange.Request.Headers)
	s.filter = factory.Create(s)
	if s.direction(&s.request, s.exchange.Request, s.filter.OnRequestHeaders, s.filter.OnRequestBody, s.filter.OnRequestTrailers) {
		answer := s.exchange.Answer
		if reply := s.exchange.LocalReply; reply != nil {
			outcome.Details = reply.Details
			answer = hosttest.Message{Headers: [][2]string{{":status", strconv.Itoa(reply.Status)}}, Chunks: [][]byte{[]byte(reply.Body)}}
		} else {
			s.fromUpstream = true
			outcome.Sent = s.request.message(s.exchange.Request.Trailers)
		}
		s.answering = true
		s.response.headers = headerMap(answer.Headers)
		if s.direction(&s.response, answer, s.filter.OnResponseHeaders, s.filter.OnResponseBody, s.filter.OnResponseTrailers) {
			outcome.Received = *s.response.message(answer.Trailers)
		}
	}
	if s.replied != nil {
		outcome.Received, outcome.Details = s.replied.Received, s.replied.Details
	}
	s.filter.OnStreamComplete()
	s.filter.OnDestroy()
	s.destroyed = true
	s.block.mutex.Lock()
	defer s.block.mutex.Unlock()
	outcome.DynamicMetadata, outcome.Counters, outcome.Logs = s.dynamic, s.block.counters, slices.Clone(s.block.logs)
	return outcome
}

func headerMap(list [][2]string) *fake.FakeHeaderMap {
	m := fake.NewFakeHeaderMap(nil)
	for _, header := range list {
		m.Add(header[0], header[1])
	}
	return m
}

func (h *half) message(trailers [][2]string) *hosttest.Message {
	m := &hosttest.Message{Trailers: trailers}
	for _, name := range slices.Sorted(maps.Keys(h.headers.Headers)) {
		for _, value := range h.headers.Headers[name] {
			m.Headers = append(m.Headers, [2]string{name, value})
		}
	}
	if len(h.buffered.data) > 0 {
		m.Chunks = [][]byte{h.buffered.data}
	}
	return m
}

// direction sends a message through the filter, as FilterManager::decodeHeaders and its kin do. It reports whether the
// message goes on.
func (s *fakeStream) direction(
	h *half, m hosttest.Message,
	onHeaders func(shared.HeaderMap, bool) shared.HeadersStatus,
	onBody func(shared.BodyBuffer, bool) shared.BodyStatus,
	onTrailers func(shared.HeaderMap) shared.TrailersStatus,
) bool {
	stopped := false
	ended := m.Chunks == nil && m.Trailers == nil
	switch onHeaders(h.headers, ended) {
	case shared.HeadersStatusStop:
		stopped = true
		if ended {
			return s.await(h)
		}
	case shared.HeadersStatusStopAllAndBuffer, shared.HeadersStatusStopAllAndWatermark:
		if !s.await(h) {
			return false
		}
		if ended {
			h.buffered = body{} // Lost, see FilterManager::decodeData on end_stream_.
		}
	}
	for i, chunk := range m.Chunks {
		if s.over() {
			return false
		}
		last := i == len(m.Chunks)-1 && m.Trailers == nil
		h.received = body{data: slices.Clone(chunk), there: true}
		status := onBody(&h.received, last)
		if status != shared.BodyStatusStopNoBuffer {
			// FilterManager::commonHandleBufferData: the chunk joins what is buffered.
			h.buffered.data, h.buffered.there = append(h.buffered.data, h.received.data...), true
		}
		h.received = body{}
		stopped = stopped && status != shared.BodyStatusContinue
		if last && status == shared.BodyStatusStopAndBuffer {
			stopped = !s.await(h)
		}
	}
	if m.Trailers != nil && !s.over() {
		stopped = false
		if onTrailers(headerMap(m.Trailers)) == shared.TrailersStatusStop {
			stopped = !s.await(h)
		}
	}
	return !stopped && !s.over()
}

func (s *fakeStream) over() bool { return s.replied != nil }

// await runs what other goroutines have scheduled until the direction is resumed.
func (s *fakeStream) await(h *half) bool {
	for !h.resumed && s.replied == nil {
		if s.exchange.GoneWhileWaiting {
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

func (s *fakeStream) ContinueRequest()  { s.request.resumed = true }
func (s *fakeStream) ContinueResponse() { s.response.resumed = true }

func (s *fakeStream) RequestHeaders() shared.HeaderMap  { return s.request.headers }
func (s *fakeStream) ResponseHeaders() shared.HeaderMap { return s.response.headers }

func (s *fakeStream) BufferedRequestBody() shared.BodyBuffer  { return &s.request.buffered }
func (s *fakeStream) BufferedResponseBody() shared.BodyBuffer { return &s.response.buffered }
func (s *fakeStream) ReceivedBufferedRequestBody() bool       { return false }
func (s *fakeStream) ReceivedBufferedResponseBody() bool      { return false }

func (s *fakeStream) GetMostSpecificConfig() any { return s.route }

func (s *fakeStream) GetScheduler() shared.Scheduler { return s }

// Schedule drops what comes for a stream that is gone, as on_http_filter_scheduled does.
func (s *fakeStream) Schedule(f func()) {
	if !s.destroyed && !s.exchange.GoneWhileWaiting {
		s.work <- f
	}
}

func (s *fakeStream) SendLocalResponse(status uint32, headers [][2]string, body []byte, detail string) {
	if s.replied != nil {
		panic("two local replies")
	}
	s.replied = &hosttest.Outcome{Details: detail, Received: hosttest.Message{
		Headers: append([][2]string{{":status", strconv.Itoa(int(status))}}, headers...),
		Chunks:  [][]byte{slices.Clone(body)},
	}}
}

func (s *fakeStream) SetMetadata(namespace, key string, value any) {
	if s.dynamic[namespace] == nil {
		s.dynamic[namespace] = map[string]string{}
	}
	s.dynamic[namespace][key] = value.(string)
}

func (s *fakeStream) routed() *hosttest.Destination {
	if s.chosen == nil {
		chosen := hosttest.Destination{Cluster: s.exchange.Cluster, Route: s.exchange.Route}
		if s.again {
			chosen = s.exchange.Chosen(func(name string) string { return s.request.headers.GetOne(name).ToString() })
		}
		s.chosen = &chosen
	}
	return s.chosen
}

// ClearRouteCache does nothing in a cluster, see envoy_dynamic_module_callback_http_clear_route_cache.
func (s *fakeStream) ClearRouteCache() {
	if !s.exchange.Upstream {
		s.chosen, s.again = nil, true
	}
}

func (s *fakeStream) namespace(source shared.MetadataSourceType, namespace string) map[string]any {
	switch source {
	case shared.MetadataSourceTypeCluster:
		return s.routed().Cluster[namespace]
	case shared.MetadataSourceTypeRoute:
		return s.routed().Route[namespace]
	}
	texts := map[string]any{}
	for key, value := range s.dynamic[namespace] {
		texts[key] = value
	}
	return texts
}

func (s *fakeStream) GetMetadataKeys(source shared.MetadataSourceType, namespace string) []shared.UnsafeEnvoyBuffer {
	var keys []shared.UnsafeEnvoyBuffer
	for _, key := range slices.Sorted(maps.Keys(s.namespace(source, namespace))) {
		keys = append(keys, view(key))
	}
	return keys
}

func (s *fakeStream) GetMetadataString(source shared.MetadataSourceType, namespace, key string) (shared.UnsafeEnvoyBuffer, bool) {
	text, ok := s.namespace(source, namespace)[key].(string)
	return view(text), ok && text != ""
}

func (s *fakeStream) GetMetadataNumber(source shared.MetadataSourceType, namespace, key string) (float64, bool) {
	number, ok := s.namespace(source, namespace)[key].(float64)
	return number, ok
}

func (s *fakeStream) GetMetadataBool(source shared.MetadataSourceType, namespace, key string) (value, ok bool) {
	value, ok = s.namespace(source, namespace)[key].(bool)
	return value, ok
}

func (s *fakeStream) GetMetadataListSize(source shared.MetadataSourceType, namespace, key string) (int, bool) {
	list, ok := s.namespace(source, namespace)[key].([]string)
	return len(list), ok
}

func (s *fakeStream) GetMetadataListString(source shared.MetadataSourceType, namespace, key string, i int) (shared.UnsafeEnvoyBuffer, bool) {
	list, ok := s.namespace(source, namespace)[key].([]string)
	return view(list[i]), ok
}

func (s *fakeStream) GetAttributeString(id shared.AttributeID) (shared.UnsafeEnvoyBuffer, bool) {
	values := map[shared.AttributeID]string{
		shared.AttributeIDSourceAddress:   hosttest.SourceAddress,
		shared.AttributeIDRequestProtocol: hosttest.Protocol,
		shared.AttributeIDXdsClusterName:  hosttest.ClusterName,
		shared.AttributeIDXdsRouteName:    hosttest.RouteName,

		shared.AttributeIDConnectionSha256PeerCertificateDigest: s.exchange.PeerCertificateDigest,
	}
	if s.exchange.Upstream {
		values[shared.AttributeIDUpstreamAddress] = "192.0.2.1:80"
	}
	if s.answering && s.fromUpstream {
		values[shared.AttributeIDResponseCodeDetails] = "via_upstream"
	} else if s.answering {
		values[shared.AttributeIDResponseCodeDetails] = s.exchange.LocalReply.Details
	}
	return view(values[id]), values[id] != ""
}

func (s *fakeStream) IncrementCounterValue(id shared.MetricID, n uint64, _ ...string) shared.MetricsResult {
	s.block.mutex.Lock()
	defer s.block.mutex.Unlock()
	s.block.counters[s.block.names[id-1]] += n
	return shared.MetricsSuccess
}

func (s *fakeStream) RecordHistogramValue(shared.MetricID, uint64, ...string) shared.MetricsResult {
	return shared.MetricsSuccess
}

func (s *fakeStream) Log(level shared.LogLevel, format string, args ...any) {
	s.block.Log(level, format, args...)
}
