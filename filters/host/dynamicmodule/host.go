package dynamicmodule

import (
	"slices"
	"strconv"

	"github.com/funcroute/funcroute/filters/host"
)

func (s *Stream) RequestHeaders() host.Headers { return &s.requestHeaders }

func (s *Stream) AnswerHeaders() host.Headers { return &s.answerHeaders }

func (s *Stream) RequestBody() []byte { return s.body(Request) }

func (s *Stream) SetRequestBody(body []byte) { s.setBody(Request, body) }

func (s *Stream) AnswerBody() []byte { return s.body(Answer) }

func (s *Stream) SetAnswerBody(body []byte) { s.setBody(Answer, body) }

// body joins what Envoy has buffered with the chunk at hand. It is valid until the stream is recycled.
func (s *Stream) body(d Direction) []byte {
	if s.gone {
		return nil // Envoy looks for its buffers without a check (abi_impl.cc, getBufferByType), also below.
	}
	if s.bodies[d] == nil {
		s.bodies[d] = bodies.Get().(*[]byte)
	}
	body := (*s.bodies[d])[:0]
	if !s.received || !s.envoy.ReceivedIsBuffered(d) {
		body = s.envoy.AppendBody(body, d, Buffered)
	}
	if s.received {
		body = s.envoy.AppendBody(body, d, Received)
	}
	*s.bodies[d] = body
	return body
}

func (s *Stream) setBody(d Direction, body []byte) {
	if s.gone {
		return
	}
	if !s.received {
		s.envoy.ReplaceBody(d, Buffered, body)
		return
	}
	if !s.envoy.ReceivedIsBuffered(d) {
		s.envoy.ReplaceBody(d, Buffered, nil)
	}
	s.envoy.ReplaceBody(d, Received, body)
}

func (s *Stream) RouteConfig() any {
	if s.gone {
		return nil
	}
	return s.envoy.RouteConfig()
}

// Envoy has refused such a route.
func (s *Stream) RouteError() error { return nil }

func (s *Stream) ChooseRouteAgain() {
	s.flush() // It is chosen by the headers as they are now.
	s.envoy.ChooseRouteAgain()
}

func (s *Stream) FromUpstream() bool { return s.envoy.FromUpstream() }

// placement is where a filter block stands, which is the same for all its streams.
type placement = int32

const (
	unknown placement = iota
	inListener
	inCluster
)

// A host has been chosen before a cluster's filters
// run (router/upstream_request.cc), and not yet when a listener's filters see the request's headers, which is when this
// must be asked first.
func (s *Stream) Upstream() bool {
	where := s.block.placement.Load()
	if where == unknown {
		where = inListener
		if s.envoy.Attribute(UpstreamAddress) != "" {
			where = inCluster
		}
		s.block.placement.Store(where)
	}
	return where == inCluster
}

func (s *Stream) KeepHeaders(headers [][2]string) {
	if !s.gone {
		s.envoy.KeepHeaders(headers)
	}
}

func (s *Stream) KeptHeaders() [][2]string { return s.envoy.KeptHeaders() }

func (s *Stream) ClusterName() string { return s.envoy.ClusterName() }

func (s *Stream) RouteName() string { return s.envoy.Attribute(RouteName) }

func (s *Stream) SourceAddress() string { return s.envoy.Attribute(SourceAddress) }

func (s *Stream) Protocol() string { return s.envoy.Attribute(RequestProtocol) }

func (s *Stream) RequestID() string { return s.RequestHeaders().Get("x-request-id") }

func (s *Stream) PeerCertificateDigest() string { return s.envoy.Attribute(PeerCertificateDigest) }

func (s *Stream) SetDynamicMetadata(namespace, key, value string) {
	s.write(Write{Kind: SetDynamicText, Namespace: namespace, Name: key, Value: value})
}

func (s *Stream) DynamicMetadata(namespace, key string) string {
	s.flush()
	return s.envoy.DynamicText(namespace, key)
}

// A value can only be asked for by its kind,
// and some kinds cannot be asked for at all; but every key is listed.
func (s *Stream) HasDynamicMetadata(namespace, key string) bool {
	s.flush()
	room := s.within()
	room.keys = s.envoy.DynamicKeys(namespace, room.keys[:0])
	return slices.Contains(room.keys, key)
}

// What was written before goes first: the reply may
// end the stream, and be logged.
func (s *Stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.gone || s.replied {
		return
	}
	s.replied = true
	isStatus := func(header [2]string) bool { return header[0] == "grpc-status" }
	if s.requestHeaders.load(); s.isGRPC && !slices.ContainsFunc(headers, isStatus) {
		// Envoy would say that all went well (abi_impl.cc, envoy_dynamic_module_callback_http_send_response).
		headers = append(slices.Clip(headers), [2]string{"grpc-status", strconv.Itoa(host.GRPCStatus(status))})
	}
	s.flush()
	s.envoy.SendReply(status, headers, body, details)
}

func (s *Stream) Add(counter host.Counter, n uint64) {
	s.write(Write{Kind: AddCounter, Metric: uint32(counter), Number: n})
}

func (s *Stream) Record(histogram host.Histogram, value uint64) {
	s.write(Write{Kind: RecordHistogram, Metric: uint32(histogram), Number: value})
}

func (s *Stream) Log(level host.Level, message string) { s.envoy.Log(level, message) }

func (s *Stream) FollowRoutine(routine *host.Routine) { s.envoy.FollowRoutine(routine) }

func (s *Stream) CollectAnswer() { s.collects = true }

func (s *Stream) MetadataKeys(source host.Source, namespace string) []string {
	room := s.within()
	room.keys = s.envoy.MetadataKeys(source, namespace, room.keys[:0])
	return room.keys
}

func (s *Stream) MetadataText(source host.Source, namespace, key string) (string, bool) {
	text, ok := s.envoy.MetadataText(source, namespace, key)
	return text, ok && text != ""
}

func (s *Stream) MetadataNumber(source host.Source, namespace, key string) (float64, bool) {
	return s.envoy.MetadataNumber(source, namespace, key)
}

func (s *Stream) MetadataBool(source host.Source, namespace, key string) (value, ok bool) {
	return s.envoy.MetadataBool(source, namespace, key)
}

func (s *Stream) AppendExcerpt(to []byte, excerpt *host.Excerpt) []byte {
	return s.envoy.AppendExcerpt(to, excerpt)
}

func (s *Stream) MetadataList(source host.Source, namespace, key string) ([]string, bool) {
	size, ok := s.envoy.MetadataListSize(source, namespace, key)
	if !ok {
		return nil, false
	}
	list := make([]string, size)
	for i := range list {
		if list[i], ok = s.envoy.MetadataListText(source, namespace, key, i); !ok {
			return nil, false
		}
	}
	return list, true
}
