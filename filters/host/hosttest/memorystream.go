package hosttest

import (
	"maps"
	"slices"

	"github.com/funcroute/funcroute/filters/host"
)

var _ host.Stream = (*memoryStream)(nil)

func (s *memoryStream) RequestHeaders() host.Headers { return s.request }

func (s *memoryStream) AnswerHeaders() host.Headers { return s.answer }

func (s *memoryStream) RequestBody() []byte { return slices.Clone(s.requestBody) }

func (s *memoryStream) SetRequestBody(body []byte) { s.requestBody = slices.Clone(body) }

func (s *memoryStream) AnswerBody() []byte { return slices.Clone(s.answerBody) }

func (s *memoryStream) SetAnswerBody(body []byte) { s.answerBody = slices.Clone(body) }

func (s *memoryStream) RouteConfig() any { return s.routes[s.routed().RouteConfig] }

func (s *memoryStream) RouteError() error { return s.routeErrs[s.routed().RouteConfig] }

func (s *memoryStream) ChooseRouteAgain() {
	if !s.exchange.Upstream {
		s.chosen = s.exchange.Chosen(s.request.Get)
	}
}

func (s *memoryStream) FromUpstream() bool { return s.fromUpstream }

func (s *memoryStream) Upstream() bool { return s.exchange.Upstream }

func (s *memoryStream) KeepHeaders([][2]string) {}

func (s *memoryStream) KeptHeaders() [][2]string { return nil }

func (s *memoryStream) ClusterName() string {
	if s.exchange.NoRoute {
		return ""
	}
	return ClusterName
}

func (s *memoryStream) RouteName() string { return RouteName }

// What every host of a test says of its requests.
const (
	ClusterName   = "cluster"
	RouteName     = "route"
	SourceAddress = "203.0.113.7:4711"
	Protocol      = "HTTP/1.1"
)

func (s *memoryStream) SourceAddress() string { return SourceAddress }

func (s *memoryStream) Protocol() string { return Protocol }

func (s *memoryStream) RequestID() string { return s.request.Get("x-request-id") }

func (s *memoryStream) PeerCertificateDigest() string { return s.exchange.PeerCertificateDigest }

func (s *memoryStream) SetDynamicMetadata(namespace, key, value string) {
	if s.dynamic[namespace] == nil {
		s.dynamic[namespace] = map[string]string{}
	}
	s.dynamic[namespace][key] = value
}

func (s *memoryStream) DynamicMetadata(namespace, key string) string {
	return s.dynamic[namespace][key]
}

func (s *memoryStream) HasDynamicMetadata(namespace, key string) bool {
	_, there := s.dynamic[namespace][key]
	return there
}

func (s *memoryStream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.gone.Load() || s.local != nil {
		return
	}
	s.local, s.headers = &Reply{status, string(body), details}, headers
}

func (s *memoryStream) Add(counter host.Counter, n uint64) { s.block.add(counter, n) }

func (s *memoryStream) Record(host.Histogram, uint64) {}

func (s *memoryStream) Log(level host.Level, message string) { s.block.Log(level, message) }

func (s *memoryStream) Resumer() host.Resumer {
	s.waits = true
	return s
}

func (s *memoryStream) Resume(f func() host.Action) {
	if !s.gone.Load() {
		s.work <- f
	}
}

func (s *memoryStream) namespace(source host.Source, namespace string) map[string]any {
	if source == host.Route {
		return s.routed().Route[namespace]
	}
	return s.routed().Cluster[namespace]
}

// routed is where the request is routed to.
func (s *memoryStream) routed() *Destination {
	if s.chosen == nil {
		s.chosen = s.exchange.Chosen(s.request.Get)
	}
	return s.chosen
}

func (s *memoryStream) MetadataKeys(source host.Source, namespace string) []string {
	return slices.Sorted(maps.Keys(s.namespace(source, namespace)))
}

func (s *memoryStream) MetadataText(source host.Source, namespace, key string) (string, bool) {
	text, ok := s.namespace(source, namespace)[key].(string)
	return text, ok && text != ""
}

func (s *memoryStream) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	number, ok := s.namespace(source, namespace)[key].(float64)
	return number, ok
}

func (s *memoryStream) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	value, ok = s.namespace(source, namespace)[key].(bool)
	return value, ok
}

func (s *memoryStream) AppendExcerpt(to []byte, excerpt *host.Excerpt) []byte {
	return host.AppendExcerpt(to, s, excerpt)
}

func (s *memoryStream) MetadataList(source host.Source, namespace, key string) ([]string, bool) {
	list, ok := s.namespace(source, namespace)[key].([]string)
	return list, ok
}

// A host may show the headers when they come.
func (s *memoryStream) CollectAnswer() {}

// A host may leave it to the filter.
func (s *memoryStream) FollowRoutine(*host.Routine) {}
