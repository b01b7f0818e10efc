package hosttest

import (
	"maps"
	"slices"

	"github.com/funcroute/funcroute/filters/host"
)

var _ host.Stream = (*memoryStream)(nil)

// RequestHeaders implements the same method as documented on host.Stream.
func (s *memoryStream) RequestHeaders() host.Headers { return s.request }

// ResponseHeaders implements the same method as documented on host.Stream.
func (s *memoryStream) ResponseHeaders() host.Headers { return s.response }

// RequestBody implements the same method as documented on host.Stream.
func (s *memoryStream) RequestBody() []byte { return slices.Clone(s.requestBody) }

// SetRequestBody implements the same method as documented on host.Stream.
func (s *memoryStream) SetRequestBody(body []byte) { s.requestBody = slices.Clone(body) }

// ResponseBody implements the same method as documented on host.Stream.
func (s *memoryStream) ResponseBody() []byte { return slices.Clone(s.responseBody) }

// SetResponseBody implements the same method as documented on host.Stream.
func (s *memoryStream) SetResponseBody(body []byte) { s.responseBody = slices.Clone(body) }

// RouteConfig implements the same method as documented on host.Stream.
func (s *memoryStream) RouteConfig() any { return s.routes[s.routed().RouteConfig] }

// RouteError implements the same method as documented on host.Stream.
func (s *memoryStream) RouteError() error { return s.routeErrs[s.routed().RouteConfig] }

// ChooseRouteAgain implements the same method as documented on host.Stream.
func (s *memoryStream) ChooseRouteAgain() {
	if !s.exchange.Upstream {
		s.chosen = s.exchange.Chosen(s.request.Get)
	}
}

// FromUpstream implements the same method as documented on host.Stream.
func (s *memoryStream) FromUpstream() bool { return s.fromUpstream }

// Upstream implements the same method as documented on host.Stream.
func (s *memoryStream) Upstream() bool { return s.exchange.Upstream }

// KeepHeaders implements the same method as documented on host.Stream.
func (s *memoryStream) KeepHeaders([][2]string) {}

// KeptHeaders implements the same method as documented on host.Stream.
func (s *memoryStream) KeptHeaders() [][2]string { return nil }

// ClusterName implements the same method as documented on host.Stream.
func (s *memoryStream) ClusterName() string {
	if s.exchange.NoRoute {
		return ""
	}
	return ClusterName
}

// RouteName implements the same method as documented on host.Stream.
func (s *memoryStream) RouteName() string { return RouteName }

// What every host of a test says of its requests.
const (
	ClusterName   = "cluster"
	RouteName     = "route"
	SourceAddress = "203.0.113.7:4711"
	Protocol      = "HTTP/1.1"
)

// SourceAddress implements the same method as documented on host.Stream.
func (s *memoryStream) SourceAddress() string { return SourceAddress }

// Protocol implements the same method as documented on host.Stream.
func (s *memoryStream) Protocol() string { return Protocol }

// RequestID implements the same method as documented on host.Stream.
func (s *memoryStream) RequestID() string { return s.request.Get("x-request-id") }

// PeerCertificateDigest implements the same method as documented on host.Stream.
func (s *memoryStream) PeerCertificateDigest() string { return s.exchange.PeerCertificateDigest }

// SetDynamicMetadata implements the same method as documented on host.Stream.
func (s *memoryStream) SetDynamicMetadata(namespace, key, value string) {
	if s.dynamic[namespace] == nil {
		s.dynamic[namespace] = map[string]string{}
	}
	s.dynamic[namespace][key] = value
}

// DynamicMetadata implements the same method as documented on host.Stream.
func (s *memoryStream) DynamicMetadata(namespace, key string) string {
	return s.dynamic[namespace][key]
}

// HasDynamicMetadata implements the same method as documented on host.Stream.
func (s *memoryStream) HasDynamicMetadata(namespace, key string) bool {
	_, there := s.dynamic[namespace][key]
	return there
}

// SendReply implements the same method as documented on host.Stream.
func (s *memoryStream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.gone.Load() || s.local != nil {
		return
	}
	s.local, s.headers = &Reply{status, string(body), details}, headers
}

// Add implements the same method as documented on host.Stream.
func (s *memoryStream) Add(counter host.Counter, n uint64) { s.block.add(counter, n) }

// Record implements the same method as documented on host.Stream.
func (s *memoryStream) Record(host.Histogram, uint64) {}

// Log implements the same method as documented on host.Stream.
func (s *memoryStream) Log(level host.Level, message string) { s.block.Log(level, message) }

// Resumer implements the same method as documented on host.Stream.
func (s *memoryStream) Resumer() host.Resumer {
	s.waits = true
	return s
}

// Resume implements the same method as documented on host.Resumer.
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

// MetadataKeys implements the same method as documented on host.Metadata.
func (s *memoryStream) MetadataKeys(source host.Source, namespace string) []string {
	return slices.Sorted(maps.Keys(s.namespace(source, namespace)))
}

// MetadataText implements the same method as documented on host.Metadata.
func (s *memoryStream) MetadataText(source host.Source, namespace, key string) (string, bool) {
	text, ok := s.namespace(source, namespace)[key].(string)
	return text, ok && text != ""
}

// MetadataNumber implements the same method as documented on host.Metadata.
func (s *memoryStream) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	number, ok := s.namespace(source, namespace)[key].(float64)
	return number, ok
}

// MetadataBool implements the same method as documented on host.Metadata.
func (s *memoryStream) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	value, ok = s.namespace(source, namespace)[key].(bool)
	return value, ok
}

// AppendExcerpt implements the same method as documented on host.Metadata.
func (s *memoryStream) AppendExcerpt(to []byte, excerpt *host.Excerpt) []byte {
	return host.AppendExcerpt(to, s, excerpt)
}

// MetadataList implements the same method as documented on host.Metadata.
func (s *memoryStream) MetadataList(source host.Source, namespace, key string) ([]string, bool) {
	list, ok := s.namespace(source, namespace)[key].([]string)
	return list, ok
}

// CollectAnswer implements the same method as documented on host.Stream: a host may show the headers when they come.
func (s *memoryStream) CollectAnswer() {}

// FollowRoutine implements the same method as documented on host.Stream: a host may leave it to the filter.
func (s *memoryStream) FollowRoutine(*host.Routine) {}
