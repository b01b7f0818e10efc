package memory

import (
	"maps"
	"slices"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/headermap"
)

var (
	_ host.Stream   = (*stream)(nil)
	_ host.Metadata = (*stream)(nil)
	_ host.Resumer  = (*stream)(nil)
)

func (s *stream) Request() host.Message { return &s.request }

func (s *stream) Answer() host.Message { return &s.answer }

// half is one direction of a stream.
type half struct {
	headers  *headermap.Map
	body     []byte
	trailers *headermap.Map // nil if there are none
	trailed  bool           // the filter may see them
}

var _ host.Message = (*half)(nil)

func (h *half) Headers() host.Headers { return h.headers }

func (h *half) Body() []byte { return slices.Clone(h.body) }

func (h *half) Trailers() host.Headers {
	if !h.trailed || h.trailers == nil {
		return nil
	}
	return h.trailers
}

func (h *half) SetBody(body []byte) { h.body = slices.Clone(body) }

func (s *stream) RouteConfig() (any, error) {
	of := s.routed().RouteConfig
	return s.routes[of], s.routeErrs[of]
}

func (s *stream) ChooseRouteAgain() {
	if !s.exchange.Upstream {
		s.chosen = s.exchange.Chosen(s.request.headers.Get)
	}
}

func (s *stream) FromUpstream() bool { return s.fromUpstream }

func (s *stream) InCluster() bool { return s.exchange.Upstream }

func (s *stream) Attribute(name string) string {
	switch name {
	case host.SourceAddress:
		return SourceAddress
	case host.RequestProtocol:
		return Protocol
	case host.RequestID:
		return s.request.headers.Get("x-request-id")
	case host.PeerCertificateDigest:
		return s.exchange.PeerCertificateDigest
	case host.ClusterName:
		if !s.exchange.NoRoute {
			return ClusterName
		}
	case host.RouteName:
		return RouteName
	}
	return ""
}

// What every host of a test says of its requests.
const (
	ClusterName   = "cluster"
	RouteName     = "route"
	SourceAddress = "203.0.113.7:4711"
	Protocol      = "HTTP/1.1"
)

func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	if s.dynamic[namespace] == nil {
		s.dynamic[namespace] = map[string]string{}
	}
	s.dynamic[namespace][key] = value
}

func (s *stream) DynamicMetadata(namespace, key string) string {
	return s.dynamic[namespace][key]
}

func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	_, there := s.dynamic[namespace][key]
	return there
}

func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.gone.Load() || s.local != nil {
		return
	}
	s.local, s.headers = &Reply{status, string(body), details}, headers
}

func (s *stream) Record(metric host.Metric, n uint64) { s.block.record(metric, n) }

func (s *stream) Resumer() host.Resumer {
	s.waits = true
	return s
}

func (s *stream) Resume(f func() host.Action) {
	if !s.gone.Load() {
		s.work <- f
	}
}

func (s *stream) namespace(source host.Source, namespace string) map[string]any {
	if source == host.Route {
		return s.routed().Route[namespace]
	}
	return s.routed().Cluster[namespace]
}

// routed is where the request is routed to.
func (s *stream) routed() *Destination {
	if s.chosen == nil {
		s.chosen = s.exchange.Chosen(s.request.headers.Get)
	}
	return s.chosen
}

func (s *stream) Keys(source host.Source, namespace string) []string {
	return slices.Sorted(maps.Keys(s.namespace(source, namespace)))
}

func (s *stream) Value(source host.Source, namespace, key string) host.Value {
	return ValueOf(s.namespace(source, namespace)[key])
}

// ValueOf is a value of an Exchange's metadata as hosts have it.
func ValueOf(value any) host.Value {
	switch value := value.(type) {
	case string:
		return host.Value{Kind: host.Text, Text: value}
	case float64:
		return host.Value{Kind: host.Number, Number: value}
	case bool:
		return host.Value{Kind: host.Bool, Bool: value}
	case []string:
		return host.Value{Kind: host.List, List: value}
	}
	return host.Value{}
}

func (s *stream) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	return host.AppendExcerpt(to, s, excerpt, name)
}

// A host may show all that there is.
func (s *stream) Expect(host.Expectation) {}
