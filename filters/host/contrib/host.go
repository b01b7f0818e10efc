package contrib

import (
	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"

	"github.com/funcroute/funcroute/filters/host"
)

// RequestHeaders implements the same method as documented on host.Stream.
func (s *stream) RequestHeaders() host.Headers { return headers{s.request.headers} }

// ResponseHeaders implements the same method as documented on host.Stream.
func (s *stream) ResponseHeaders() host.Headers { return headers{s.response.headers} }

// RequestBody implements the same method as documented on host.Stream.
func (s *stream) RequestBody() []byte { return s.request.read() }

// SetRequestBody implements the same method as documented on host.Stream.
func (s *stream) SetRequestBody(body []byte) { s.request.write(body) }

// ResponseBody implements the same method as documented on host.Stream.
func (s *stream) ResponseBody() []byte { return s.response.read() }

// SetResponseBody implements the same method as documented on host.Stream.
func (s *stream) SetResponseBody(body []byte) { s.response.write(body) }

func (d *direction) read() []byte {
	if d.body == nil {
		return nil
	}
	return append([]byte(nil), d.body.Bytes()...)
}

func (d *direction) write(body []byte) {
	switch {
	case d.body != nil:
		// Set never fails: capi_impl.go panics instead.
		_ = d.body.Set(body)
	case len(body) > 0:
		d.process.AddData(body, false)
	}
}

// RouteConfig implements the same method as documented on host.Stream.
func (s *stream) RouteConfig() any { return s.block.route.config }

// RouteError implements the same method as documented on host.Stream.
func (s *stream) RouteError() error { return s.block.route.err }

// ChooseRouteAgain implements the same method as documented on host.Stream. The route is chosen at once, for the metadata
// that contrib offers is that of a route already chosen.
func (s *stream) ChooseRouteAgain() {
	clear(s.metadata)
	s.callbacks.RefreshRouteCache()
}

// FromUpstream implements the same method as documented on host.Stream. The router says so of an answer before the filter sees it
// (router.cc, onUpstreamHeaders); a local reply may say nothing.
func (s *stream) FromUpstream() bool {
	details, _ := s.callbacks.StreamInfo().ResponseCodeDetails()
	return details == "via_upstream"
}

// Upstream implements the same method as documented on host.Stream. The golang filter only runs in listeners
// (contrib/golang/filters/http/source/config.h).
func (s *stream) Upstream() bool { return false }

// KeepHeaders implements the same method as documented on host.Stream. In a listener there are no attempts.
func (s *stream) KeepHeaders([][2]string) {}

// KeptHeaders implements the same method as documented on host.Stream.
func (s *stream) KeptHeaders() [][2]string { return nil }

// ClusterName implements the same method as documented on host.Stream.
func (s *stream) ClusterName() string {
	name, _ := s.callbacks.StreamInfo().UpstreamClusterName()
	return name
}

// RouteName implements the same method as documented on host.Stream.
func (s *stream) RouteName() string { return s.callbacks.StreamInfo().GetRouteName() }

// SourceAddress implements the same method as documented on host.Stream.
func (s *stream) SourceAddress() string { return s.callbacks.StreamInfo().DownstreamRemoteAddress() }

// Protocol implements the same method as documented on host.Stream.
func (s *stream) Protocol() string {
	protocol, _ := s.callbacks.StreamInfo().Protocol()
	if protocol == "HTTP/2.0" || protocol == "HTTP/3.0" {
		// Envoy's own spelling, as the other host has it (common/http/headers.h, ProtocolStrings).
		return protocol[:len("HTTP/2")]
	}
	return protocol
}

// RequestID implements the same method as documented on host.Stream.
func (s *stream) RequestID() string { return s.RequestHeaders().Get("x-request-id") }

// PeerCertificateDigest implements the same method as documented on host.Stream.
func (s *stream) PeerCertificateDigest() string {
	connection := s.callbacks.StreamInfo().DownstreamSslConnection()
	if connection == nil {
		return ""
	}
	return connection.Sha256PeerCertificateDigest()
}

// SetDynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	s.callbacks.StreamInfo().DynamicMetadata().Set(namespace, key, value)
}

// DynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) DynamicMetadata(namespace, key string) string {
	value, _ := s.callbacks.StreamInfo().DynamicMetadata().Get(namespace)[key].(string)
	return value
}

// HasDynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	_, there := s.callbacks.StreamInfo().DynamicMetadata().Get(namespace)[key]
	return there
}

// SendReply implements the same method as documented on host.Stream.
func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.replied {
		return
	}
	s.replied = true
	process := s.request.process
	if s.response.process != nil {
		process = s.response.process
	}
	asMap := make(map[string][]string, len(headers))
	for _, header := range headers {
		asMap[header[0]] = append(asMap[header[0]], header[1])
	}
	process.SendLocalReply(status, string(body), asMap, int64(host.GRPCStatus(status)), details)
}

// Add implements the same method as documented on host.Stream.
func (s *stream) Add(counter host.Counter, n uint64) {
	s.block.metrics.counters[counter].Increment(int64(n)) //nolint:gosec // A handful.
}

// Record implements the same method as documented on host.Stream. The golang filter has no histograms.
func (s *stream) Record(host.Histogram, uint64) {}

// Log implements the same method as documented on host.Stream.
func (s *stream) Log(level host.Level, message string) {
	s.callbacks.Log(logLevel(level), message)
}

func logLevel(level host.Level) api.LogType {
	switch level {
	case host.Debug:
		return api.Debug
	case host.Info:
		return api.Info
	case host.Warn:
		return api.Warn
	}
	return api.Error
}

// Resumer implements the same method as documented on host.Stream.
func (s *stream) Resumer() host.Resumer {
	s.away.Store(true)
	return resumer{s}
}

type resumer struct{ stream *stream }

// Resume implements the same method as documented on host.Resumer. Only requests wait.
func (r resumer) Resume(f func() host.Action) { go r.stream.resume(&r.stream.request, f) }

// CollectAnswer implements the same method as documented on host.Stream: a host may show the headers when they come.
func (s *stream) CollectAnswer() {}

// FollowRoutine implements the same method as documented on host.Stream. Contrib's answers go through Go in any case.
func (s *stream) FollowRoutine(*host.Routine) {}
