package contrib

import (
	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"

	"github.com/funcroute/funcroute/filters/host"
)

func (s *stream) RequestHeaders() host.Headers { return headers{s.request.headers} }

func (s *stream) AnswerHeaders() host.Headers { return headers{s.answer.headers} }

func (s *stream) RequestBody() []byte { return s.request.read() }

func (s *stream) SetRequestBody(body []byte) { s.request.write(body) }

func (s *stream) AnswerBody() []byte { return s.answer.read() }

func (s *stream) SetAnswerBody(body []byte) { s.answer.write(body) }

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

func (s *stream) RouteConfig() any { return s.block.route.config }

func (s *stream) RouteError() error { return s.block.route.err }

// The route is chosen at once, for the metadata
// that contrib offers is that of a route already chosen.
func (s *stream) ChooseRouteAgain() {
	clear(s.metadata)
	s.callbacks.RefreshRouteCache()
}

// The router says so of an answer before the filter sees it
// (router.cc, onUpstreamHeaders); a local reply may say nothing.
func (s *stream) FromUpstream() bool {
	details, _ := s.callbacks.StreamInfo().ResponseCodeDetails()
	return details == "via_upstream"
}

// The golang filter only runs in listeners
// (contrib/golang/filters/http/source/config.h).
func (s *stream) Upstream() bool { return false }

// In a listener there are no attempts.
func (s *stream) KeepHeaders([][2]string) {}

func (s *stream) KeptHeaders() [][2]string { return nil }

func (s *stream) ClusterName() string {
	name, _ := s.callbacks.StreamInfo().UpstreamClusterName()
	return name
}

func (s *stream) RouteName() string { return s.callbacks.StreamInfo().GetRouteName() }

func (s *stream) SourceAddress() string { return s.callbacks.StreamInfo().DownstreamRemoteAddress() }

func (s *stream) Protocol() string {
	protocol, _ := s.callbacks.StreamInfo().Protocol()
	if protocol == "HTTP/2.0" || protocol == "HTTP/3.0" {
		// Envoy's own spelling, as the other host has it (common/http/headers.h, ProtocolStrings).
		return protocol[:len("HTTP/2")]
	}
	return protocol
}

func (s *stream) RequestID() string { return s.RequestHeaders().Get("x-request-id") }

func (s *stream) PeerCertificateDigest() string {
	connection := s.callbacks.StreamInfo().DownstreamSslConnection()
	if connection == nil {
		return ""
	}
	return connection.Sha256PeerCertificateDigest()
}

func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	s.callbacks.StreamInfo().DynamicMetadata().Set(namespace, key, value)
}

func (s *stream) DynamicMetadata(namespace, key string) string {
	value, _ := s.callbacks.StreamInfo().DynamicMetadata().Get(namespace)[key].(string)
	return value
}

func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	_, there := s.callbacks.StreamInfo().DynamicMetadata().Get(namespace)[key]
	return there
}

func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.replied {
		return
	}
	s.replied = true
	process := s.request.process
	if s.answer.process != nil {
		process = s.answer.process
	}
	asMap := make(map[string][]string, len(headers))
	for _, header := range headers {
		asMap[header[0]] = append(asMap[header[0]], header[1])
	}
	process.SendLocalReply(status, string(body), asMap, int64(host.GRPCStatus(status)), details)
}

func (s *stream) Add(counter host.Counter, n uint64) {
	s.block.metrics.counters[counter].Increment(int64(n)) //nolint:gosec // A handful.
}

// The golang filter has no histograms.
func (s *stream) Record(host.Histogram, uint64) {}

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

func (s *stream) Resumer() host.Resumer {
	s.away.Store(true)
	return resumer{s}
}

type resumer struct{ stream *stream }

// Only requests wait.
func (r resumer) Resume(f func() host.Action) { go r.stream.resume(&r.stream.request, f) }

// A host may show the headers when they come.
func (s *stream) CollectAnswer() {}

// Contrib's answers go through Go in any case.
func (s *stream) FollowRoutine(*host.Routine) {}
