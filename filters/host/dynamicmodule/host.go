package dynamicmodule

import (
	"slices"

	"github.com/envoyproxy/envoy/source/extensions/dynamic_modules/sdk/go/shared"

	"github.com/funcroute/funcroute/filters/host"
)

// RequestHeaders implements the same method as documented on host.Stream.
func (s *stream) RequestHeaders() host.Headers { return headers{s.handle.RequestHeaders()} }

// ResponseHeaders implements the same method as documented on host.Stream.
func (s *stream) ResponseHeaders() host.Headers { return headers{s.handle.ResponseHeaders()} }

// RequestBody implements the same method as documented on host.Stream.
func (s *stream) RequestBody() []byte {
	return s.body(s.handle.BufferedRequestBody(), s.handle.ReceivedBufferedRequestBody)
}

// SetRequestBody implements the same method as documented on host.Stream.
func (s *stream) SetRequestBody(body []byte) {
	s.setBody(s.handle.BufferedRequestBody(), s.handle.ReceivedBufferedRequestBody, body)
}

// ResponseBody implements the same method as documented on host.Stream.
func (s *stream) ResponseBody() []byte {
	return s.body(s.handle.BufferedResponseBody(), s.handle.ReceivedBufferedResponseBody)
}

// SetResponseBody implements the same method as documented on host.Stream.
func (s *stream) SetResponseBody(body []byte) {
	s.setBody(s.handle.BufferedResponseBody(), s.handle.ReceivedBufferedResponseBody, body)
}

// body joins what Envoy has buffered with the chunk at hand. They are one and the same where a filter before us has
// buffered the body and let it go in one piece.
func (s *stream) body(buffered shared.BodyBuffer, same func() bool) []byte {
	var chunks []shared.UnsafeEnvoyBuffer
	if s.received == nil || !same() {
		chunks = buffered.GetChunks()
	}
	if s.received != nil {
		chunks = append(chunks, s.received.GetChunks()...)
	}
	return join(chunks)
}

func join(chunks []shared.UnsafeEnvoyBuffer) []byte {
	var size uint64
	for _, chunk := range chunks {
		size += chunk.Len
	}
	joined := make([]byte, 0, size)
	for _, chunk := range chunks {
		joined = append(joined, chunk.ToUnsafeBytes()...)
	}
	return joined
}

func (s *stream) setBody(buffered shared.BodyBuffer, same func() bool, body []byte) {
	if s.received == nil {
		buffered.Drain(buffered.GetSize())
		buffered.Append(body)
		return
	}
	if !same() {
		buffered.Drain(buffered.GetSize())
	}
	s.received.Drain(s.received.GetSize())
	s.received.Append(body)
}

// RouteConfig implements the same method as documented on host.Stream.
func (s *stream) RouteConfig() (any, error) { return s.handle.GetMostSpecificConfig(), nil }

// ChooseRouteAgain implements the same method as documented on host.Stream. Whoever asks for the route next has it chosen.
func (s *stream) ChooseRouteAgain() { s.handle.ClearRouteCache() }

// FromUpstream implements the same method as documented on host.Stream. Only the router knows of an answer that comes
// from the upstream (StreamInfo::ResponseCodeDetails::ViaUpstream); in a cluster's filters it has not said so yet.
func (s *stream) FromUpstream() bool {
	details := s.attribute(shared.AttributeIDResponseCodeDetails)
	return details == "" || details == "via_upstream"
}

type placement int

const (
	unknown placement = iota
	inListener
	inCluster
)

// Upstream implements the same method as documented on host.Stream. A host has been chosen before a cluster's filters
// run (router/upstream_request.cc), and not yet when a listener's filters see the request's headers, which is when this
// must be asked first.
func (s *stream) Upstream() bool {
	if s.upstream == unknown {
		s.upstream = inListener
		if s.attribute(shared.AttributeIDUpstreamAddress) != "" {
			s.upstream = inCluster
		}
	}
	return s.upstream == inCluster
}

// ClusterName implements the same method as documented on host.Stream.
func (s *stream) ClusterName() string { return s.attribute(shared.AttributeIDXdsClusterName) }

// RouteName implements the same method as documented on host.Stream.
func (s *stream) RouteName() string { return s.attribute(shared.AttributeIDXdsRouteName) }

// SourceAddress implements the same method as documented on host.Stream.
func (s *stream) SourceAddress() string { return s.attribute(shared.AttributeIDSourceAddress) }

// Protocol implements the same method as documented on host.Stream.
func (s *stream) Protocol() string { return s.attribute(shared.AttributeIDRequestProtocol) }

// RequestID implements the same method as documented on host.Stream.
func (s *stream) RequestID() string { return s.RequestHeaders().Get("x-request-id") }

// PeerCertificateDigest implements the same method as documented on host.Stream.
func (s *stream) PeerCertificateDigest() string {
	return s.attribute(shared.AttributeIDConnectionSha256PeerCertificateDigest)
}

func (s *stream) attribute(id shared.AttributeID) string {
	value, _ := s.handle.GetAttributeString(id)
	return value.ToString()
}

// SetDynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) SetDynamicMetadata(namespace, key, value string) {
	if !s.gone {
		s.handle.SetMetadata(namespace, key, value)
	}
}

// DynamicMetadata implements the same method as documented on host.Stream.
func (s *stream) DynamicMetadata(namespace, key string) string {
	value, _ := s.handle.GetMetadataString(shared.MetadataSourceTypeDynamic, namespace, key)
	return value.ToString()
}

// HasDynamicMetadata implements the same method as documented on host.Stream. A value can only be asked for by its kind,
// and some kinds cannot be asked for at all; but every key is listed.
func (s *stream) HasDynamicMetadata(namespace, key string) bool {
	return slices.ContainsFunc(s.handle.GetMetadataKeys(shared.MetadataSourceTypeDynamic, namespace), func(found shared.UnsafeEnvoyBuffer) bool {
		return found.ToUnsafeString() == key
	})
}

// SendReply implements the same method as documented on host.Stream.
func (s *stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.gone || s.replied {
		return
	}
	s.replied = true
	s.handle.SendLocalResponse(uint32(status), headers, body, details) //nolint:gosec // A status has three digits.
}

// Add implements the same method as documented on host.Stream.
func (s *stream) Add(counter host.Counter, n uint64) {
	if !s.gone {
		s.handle.IncrementCounterValue(shared.MetricID(counter), n)
	}
}

// Record implements the same method as documented on host.Stream.
func (s *stream) Record(histogram host.Histogram, value uint64) {
	if !s.gone {
		s.handle.RecordHistogramValue(shared.MetricID(histogram), value)
	}
}

// Log implements the same method as documented on host.Stream.
func (s *stream) Log(level host.Level, message string) { s.handle.Log(logLevel(level), "%s", message) }

// Resumer implements the same method as documented on host.Stream.
func (s *stream) Resumer() host.Resumer { return resumer{s, s.handle.GetScheduler()} }

type resumer struct {
	stream    *stream
	scheduler shared.Scheduler
}

// Resume implements the same method as documented on host.Resumer. Only requests wait.
func (r resumer) Resume(f func() host.Action) {
	r.scheduler.Schedule(func() { r.stream.resume(&r.stream.request, f, r.stream.handle.ContinueRequest) })
}
