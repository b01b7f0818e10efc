package contrib

import (
	"github.com/envoyproxy/envoy/contrib/golang/common/go/api"

	"github.com/funcroute/funcroute/filters/host"
)

func (s *stream) Request() host.Message { return &s.request }

func (s *stream) Answer() host.Message { return &s.answer }

func (d *direction) Headers() host.Headers { return headers{d.headers} }

func (d *direction) Trailers() host.Headers {
	if d.trailers == nil {
		return nil
	}
	return headers{d.trailers}
}

func (d *direction) Body() []byte {
	if d.body == nil {
		return append([]byte(nil), d.held...)
	}
	return append([]byte(nil), d.body.Bytes()...)
}

func (d *direction) SetBody(body []byte) {
	switch {
	case d.body != nil:
		// Set never fails: capi_impl.go panics instead.
		_ = d.body.Set(body)
	case d.trailers != nil:
		d.held = append([]byte(nil), body...)
	case len(body) > 0:
		d.process.AddData(body, false)
	}
}

func (s *stream) RouteConfig() (any, error) { return s.block.route.config, s.block.route.err }

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
func (s *stream) InCluster() bool { return false }

func (s *stream) Attribute(name string) string {
	info := s.callbacks.StreamInfo()
	switch name {
	case host.SourceAddress:
		return info.DownstreamRemoteAddress()
	case host.RequestProtocol:
		return protocol(info)
	case host.RequestID:
		return s.request.Headers().Get("x-request-id")
	case host.PeerCertificateDigest:
		if connection := info.DownstreamSslConnection(); connection != nil {
			return connection.Sha256PeerCertificateDigest()
		}
	case host.ClusterName:
		name, _ := info.UpstreamClusterName()
		return name
	case host.RouteName:
		return info.GetRouteName()
	}
	return ""
}

func protocol(info api.StreamInfo) string {
	protocol, _ := info.Protocol()
	if protocol == "HTTP/2.0" || protocol == "HTTP/3.0" {
		// Envoy's own spelling, as the other host has it (common/http/headers.h, ProtocolStrings).
		return protocol[:len("HTTP/2")]
	}
	return protocol
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

func (s *stream) Record(metric host.Metric, n uint64) {
	if metric != nothing {
		s.block.metrics.counters[metric].Increment(int64(n)) //nolint:gosec // A handful.
	}
}

func (s *stream) Resumer() host.Resumer {
	s.away.Store(true)
	d := &s.request
	if s.answer.process != nil {
		d = &s.answer
	}
	return resumer{s, d}
}

type resumer struct {
	stream    *stream
	direction *direction
}

var _ host.Resumer = resumer{}

func (r resumer) Resume(f func() host.Action) { go r.stream.resume(r.direction, f) }

// Contrib's answers go through Go in any case.
func (s *stream) Expect(host.Expectation) {}
