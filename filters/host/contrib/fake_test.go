package contrib

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/filters/host/memory"
)

func TestConforms(t *testing.T) { hosttest.Conform(t, fakeEnvoy{}) }

// fakeEnvoy drives the adapter as contrib Envoy and its SDK do. What it imitates is in
// contrib/golang/filters/http/source/{golang_filter,processor_state}.cc; a method it lacks panics.
type fakeEnvoy struct{}

func (fakeEnvoy) HasUpstreamFilters() bool { return false }

func (e fakeEnvoy) Run(t *testing.T, filter host.Filter, x hosttest.Exchange) hosttest.Outcome {
	return e.Session(t, filter, x.FilterConfig)(x)
}

func (e fakeEnvoy) Session(t *testing.T, filter host.Filter, filterConfig string) func(hosttest.Exchange) hosttest.Outcome {
	t.Helper()
	return e.load(t, Registrations(filter)[0], filterConfig)
}

// load loads a filter block.
func (fakeEnvoy) load(t *testing.T, registration Registration, filterConfig string) func(hosttest.Exchange) hosttest.Outcome {
	t.Helper()
	block := &fakeConfig{counters: map[string]uint64{}}
	api.SetCommonCAPI(block)
	config, err := registration.Parser.Parse(asAny(t, filterConfig), block)
	return func(x hosttest.Exchange) hosttest.Outcome {
		if err != nil {
			return hosttest.Outcome{Refused: err}
		}
		s := &fakeStream{t: t, block: block, exchange: x, dynamic: map[string]map[string]string{}, work: make(chan func(), 16)}
		s.chosen = x.First()
		if x.RouteForgotten {
			// The per-route configuration is asked for before the filter is (golang_filter.cc, Filter::initRequest), and with it
			// the route.
			s.chosen = x.Chosen(x.Request.Header)
		}
		merged := config
		if raw := s.chosen.RouteConfig; raw != "" {
			route, err := registration.Parser.Parse(asAny(t, raw), nil)
			if err != nil { // RoutePluginConfig::getMergedConfigId in golang_filter.cc.
				t.Fatalf("contrib Envoy ends the process: %v", err)
			}
			merged = registration.Parser.Merge(config, route)
		}
		return s.run(registration.Factory, merged)
	}
}

func asAny(t *testing.T, config string) *anypb.Any {
	t.Helper()
	if config == "" {
		return &anypb.Any{}
	}
	message := &structpb.Struct{}
	if err := protojson.Unmarshal([]byte(config), message); err != nil {
		t.Fatal(err)
	}
	wrapped, err := anypb.New(message)
	if err != nil {
		t.Fatal(err)
	}
	return wrapped
}

type fakeConfig struct {
	mutex    sync.Mutex
	counters map[string]uint64
	logs     []string
}

func (c *fakeConfig) DefineCounterMetric(name string) api.CounterMetric { return fakeCounter{c, name} }
func (c *fakeConfig) DefineGaugeMetric(string) api.GaugeMetric          { panic("no gauges") }
func (c *fakeConfig) LogLevel() api.LogType                             { return api.Debug }
func (c *fakeConfig) Log(_ api.LogType, message string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.logs = append(c.logs, message)
}

type fakeCounter struct {
	block *fakeConfig
	name  string
}

func (c fakeCounter) Increment(n int64) {
	c.block.mutex.Lock()
	defer c.block.mutex.Unlock()
	c.block.counters[c.name] += uint64(n)
}
func (c fakeCounter) Get() uint64   { panic("not used") }
func (c fakeCounter) Record(uint64) { panic("not used") }

// fakeStream is one request in Envoy. Its goroutine is the worker; what others want done there is posted to work.
type fakeStream struct {
	api.FilterCallbackHandler
	t        *testing.T
	block    *fakeConfig
	exchange hosttest.Exchange
	chosen   *hosttest.Destination
	dynamic  map[string]map[string]string
	filter   api.StreamFilter

	request, answer fakeState
	answering       bool
	replied         *hosttest.Outcome
	gone            bool
	work            chan func()
}

// fakeState is a ProcessorState: one direction.
type fakeState struct {
	stream    *fakeStream
	headers   *fakeHeaders
	trailers  *fakeHeaders // nil until they have come
	data      []byte
	status    api.StatusType
	continued bool
}

func (s *fakeStream) run(factory api.StreamFilterFactory, config any) hosttest.Outcome {
	for namespace, entries := range s.exchange.Marked {
		for key, value := range entries {
			s.Set(namespace, key, value)
		}
	}
	s.request.stream, s.answer.stream = s, s
	s.request.headers = newFakeHeaders(s.exchange.Request.Headers)
	s.filter = factory(config, s)
	var outcome hosttest.Outcome
	goesOn := s.request.process(s.exchange.Request,
		func(end bool) api.StatusType { return s.filter.DecodeHeaders(s.request.headers, end) },
		s.filter.DecodeData,
		func() api.StatusType { return s.filter.DecodeTrailers(s.request.trailers) })
	if goesOn {
		answer := s.exchange.Answer
		if reply := s.exchange.LocalReply; reply != nil {
			outcome.Details = reply.Details
			answer = hosttest.Message{Headers: [][2]string{{":status", strconv.Itoa(reply.Status)}}, Chunks: [][]byte{[]byte(reply.Body)}}
		} else {
			outcome.Sent = s.request.message(s.exchange.Request.Trailers)
		}
		if s.takeAnswer(answer) {
			outcome.Received = *s.answer.message(answer.Trailers)
		}
	}
	if s.replied != nil {
		outcome.Received, outcome.Details = s.replied.Received, s.replied.Details
		if !s.answering {
			// In contrib a filter does see its own local reply.
			s.takeAnswer(s.replied.Received)
		}
	}
	s.gone = true
	s.filter.OnStreamComplete()
	s.filter.OnDestroy(api.Normal)
	s.block.mutex.Lock()
	defer s.block.mutex.Unlock()
	outcome.DynamicMetadata, outcome.Counters, outcome.Logs = s.dynamic, maps.Clone(s.block.counters), slices.Clone(s.block.logs)
	return outcome
}

func (s *fakeStream) takeAnswer(answer hosttest.Message) bool {
	s.answering = true
	s.answer.headers = newFakeHeaders(answer.Headers)
	return s.answer.process(answer,
		func(end bool) api.StatusType { return s.filter.EncodeHeaders(s.answer.headers, end) },
		s.filter.EncodeData,
		func() api.StatusType { return s.filter.EncodeTrailers(s.answer.trailers) })
}

// process sends a message through the filter, as Filter::doHeaders, doData and doTrailer do. It reports whether the
// message goes on.
func (p *fakeState) process(m hosttest.Message, onHeaders func(bool) api.StatusType, onData func(api.BufferInstance, bool) api.StatusType, onTrailers func() api.StatusType) bool {
	status := p.settle(func() api.StatusType { return onHeaders(m.Chunks == nil && m.Trailers == nil) })
	if status == api.LocalReply {
		return false
	}
	waitingAll := status == api.StopAndBuffer
	hand := func(data []byte, end bool) bool {
		buffer := &fakeBuffer{data: data}
		status := p.settle(func() api.StatusType { return onData(buffer, end) })
		waitingAll = false
		if status == api.StopNoBuffer {
			return !end // The data is gone, the headers still wait.
		}
		p.data = append(p.data, buffer.data...)
		return status == api.Continue
	}
	var held []byte
	for i, chunk := range m.Chunks {
		last := i == len(m.Chunks)-1 && m.Trailers == nil
		if waitingAll && !last {
			held = append(held, chunk...)
			continue
		}
		if !hand(append(held, chunk...), last) {
			return false
		}
		held = nil
	}
	if m.Trailers == nil {
		return true
	}
	// doTrailer: what is buffered comes first, and nothing if nothing is.
	if len(held) > 0 && !hand(held, false) {
		return false
	}
	p.trailers = newFakeHeaders(m.Trailers)
	return p.settle(onTrailers) == api.Continue
}

// settle runs a callback; if the filter goes on in a goroutine, it works off what is posted until Continue comes.
func (p *fakeState) settle(callback func() api.StatusType) api.StatusType {
	p.continued = false
	status := callback()
	for status == api.Running && !p.continued && p.stream.replied == nil {
		if p.stream.exchange.Leaves() {
			return api.LocalReply
		}
		select {
		case <-p.stream.exchange.Gone:
		case f := <-p.stream.work:
			f()
		case <-time.After(10 * time.Second):
			panic(errors.New("the filter is running and never continues"))
		}
	}
	if status == api.LocalReply {
		// A local reply is always posted.
		(<-p.stream.work)()
	}
	if p.stream.replied != nil && !p.stream.answering || status == api.LocalReply {
		return api.LocalReply
	}
	if status == api.Running {
		return p.status
	}
	return status
}

func (p *fakeState) message(trailers [][2]string) *hosttest.Message {
	m := &hosttest.Message{Headers: p.headers.list(), Trailers: trailers}
	if p.trailers != nil {
		m.Trailers = p.trailers.list()
	}
	if len(p.data) > 0 {
		m.Chunks = [][]byte{p.data}
	}
	return m
}

func (s *fakeStream) DecoderFilterCallbacks() api.DecoderFilterCallbacks {
	return fakeCallbacks{state: &s.request}
}

func (s *fakeStream) EncoderFilterCallbacks() api.EncoderFilterCallbacks {
	return fakeCallbacks{state: &s.answer}
}

type fakeCallbacks struct {
	api.DecoderFilterCallbacks
	state *fakeState
}

func (c fakeCallbacks) Continue(status api.StatusType) {
	c.state.stream.work <- func() { c.state.status, c.state.continued = status, true }
}

func (c fakeCallbacks) SendLocalReply(status int, body string, headers map[string][]string, _ int64, details string) {
	s := c.state.stream
	s.work <- func() {
		if s.replied != nil {
			panic("two local replies")
		}
		received := hosttest.Message{Headers: [][2]string{{":status", strconv.Itoa(status)}}, Chunks: [][]byte{[]byte(body)}}
		for name, values := range headers {
			for _, value := range values {
				received.Headers = append(received.Headers, [2]string{name, value})
			}
		}
		s.replied = &hosttest.Outcome{Received: received, Details: details}
	}
}

func (c fakeCallbacks) AddData(data []byte, _ bool) {
	c.state.data = append(c.state.data, data...)
}

func (s *fakeStream) RefreshRouteCache() {
	s.chosen = s.exchange.Chosen(func(name string) string { value, _ := s.request.headers.Get(name); return value })
}

func (s *fakeStream) Log(_ api.LogType, message string) { s.block.Log(api.Info, message) }

func (s *fakeStream) GetProperty(name string) (string, error) {
	source := map[string]hosttest.Metadata{"xds.cluster_metadata": s.chosen.Cluster, "xds.route_metadata": s.chosen.Route}[name]
	if source == nil {
		return "", errors.New("value not found")
	}
	metadata := &core.Metadata{FilterMetadata: map[string]*structpb.Struct{}}
	for namespace, fields := range source {
		encoded := &structpb.Struct{Fields: map[string]*structpb.Value{}}
		for key, value := range fields {
			if list, ok := value.([]string); ok {
				var elements []any
				for _, element := range list {
					elements = append(elements, element)
				}
				value = elements
			}
			var err error
			if encoded.Fields[key], err = structpb.NewValue(value); err != nil {
				s.t.Fatal(err)
			}
		}
		metadata.FilterMetadata[namespace] = encoded
	}
	serialized, err := proto.MarshalOptions{Deterministic: true}.Marshal(metadata)
	return string(serialized), err
}

func (s *fakeStream) StreamInfo() api.StreamInfo { return fakeInfo{stream: s} }

type fakeInfo struct {
	api.StreamInfo
	stream *fakeStream
}

func (i fakeInfo) ResponseCodeDetails() (string, bool) {
	if i.stream.exchange.LocalReply != nil {
		return i.stream.exchange.LocalReply.Details, true
	}
	return "via_upstream", i.stream.answering
}

func (i fakeInfo) UpstreamClusterName() (string, bool) {
	if i.stream.exchange.NoRoute {
		return "", false
	}
	return memory.ClusterName, true
}
func (i fakeInfo) GetRouteName() string                 { return memory.RouteName }
func (i fakeInfo) DownstreamRemoteAddress() string      { return memory.SourceAddress }
func (i fakeInfo) Protocol() (string, bool)             { return memory.Protocol, true }
func (i fakeInfo) DynamicMetadata() api.DynamicMetadata { return i.stream }

func (i fakeInfo) DownstreamSslConnection() api.SslConnection {
	if i.stream.exchange.PeerCertificateDigest == "" {
		return nil
	}
	return fakeConnection{digest: i.stream.exchange.PeerCertificateDigest}
}

type fakeConnection struct {
	api.SslConnection
	digest string
}

func (c fakeConnection) Sha256PeerCertificateDigest() string { return c.digest }

// Get is api.DynamicMetadata's.
func (s *fakeStream) Get(namespace string) map[string]any {
	entries := map[string]any{}
	for key, value := range s.dynamic[namespace] {
		entries[key] = value
	}
	return entries
}

// Set is api.DynamicMetadata's.
func (s *fakeStream) Set(namespace, key string, value any) {
	if s.dynamic[namespace] == nil {
		s.dynamic[namespace] = map[string]string{}
	}
	s.dynamic[namespace][key] = value.(string)
}

// fakeHeaders is a header map of contrib's: names in lower case, in no order.
type fakeHeaders struct {
	api.RequestHeaderMap
	values map[string][]string
}

func (h *fakeHeaders) list() (list [][2]string) {
	for _, name := range slices.Sorted(maps.Keys(h.values)) {
		for _, value := range h.values[name] {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

func newFakeHeaders(list [][2]string) *fakeHeaders {
	h := &fakeHeaders{values: map[string][]string{}}
	for _, header := range list {
		h.Add(header[0], header[1])
	}
	return h
}

func (h *fakeHeaders) Get(name string) (string, bool) {
	values := h.values[strings.ToLower(name)]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}
func (h *fakeHeaders) Values(name string) []string { return h.values[strings.ToLower(name)] }
func (h *fakeHeaders) Set(name, value string)      { h.values[strings.ToLower(name)] = []string{value} }
func (h *fakeHeaders) Del(name string)             { delete(h.values, strings.ToLower(name)) }
func (h *fakeHeaders) Status() (int, bool)         { panic("not used") }
func (h *fakeHeaders) Add(name, value string) {
	h.values[strings.ToLower(name)] = append(h.values[strings.ToLower(name)], value)
}

func (h *fakeHeaders) RangeWithCopy(f func(name, value string) bool) {
	for name, values := range maps.Clone(h.values) {
		for _, value := range values {
			if !f(name, value) {
				return
			}
		}
	}
}

type fakeBuffer struct {
	api.BufferInstance
	data []byte
}

func (b *fakeBuffer) Bytes() []byte         { return b.data }
func (b *fakeBuffer) Set(data []byte) error { b.data = slices.Clone(data); return nil }
