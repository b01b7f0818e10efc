package dynamicmodule

import (
	"slices"
	"strconv"

	"github.com/funcroute/funcroute/filters/host"
)

func (s *Stream) Request() host.Message { return &s.request }

func (s *Stream) Answer() host.Message { return &s.answer }

func (d *side) begin(s *Stream, direction Direction) {
	d.stream, d.direction = s, direction
	d.headers.stream, d.headers.which = s, RequestHeaderMap
	d.trailers.stream, d.trailers.which = s, RequestTrailerMap
	if direction == Answer {
		d.headers.which, d.trailers.which = AnswerHeaderMap, AnswerTrailerMap
	}
}

// forget is called at the end of an event.
func (d *side) forget() {
	d.headers.forget()
	d.trailers.forget()
}

func (d *side) Trailers() host.Headers {
	if !d.trailed {
		return nil
	}
	return &d.trailers
}

func (d *side) Headers() host.Headers { return &d.headers }

// Body joins what Envoy has buffered with the piece at hand. It is valid until the stream is recycled.
func (d *side) Body() []byte {
	s := d.stream
	if s.gone {
		return nil // Envoy looks for its buffers without a check (abi_impl.cc, getBufferByType), also below.
	}
	if d.body == nil {
		d.body = bodies.Get().(*[]byte)
	}
	body := (*d.body)[:0]
	if !s.received || !s.envoy.ReceivedIsBuffered(d.direction) {
		body = s.envoy.AppendBody(body, d.direction, Buffered)
	}
	if s.received {
		body = s.envoy.AppendBody(body, d.direction, Received)
	}
	*d.body = body
	return body
}

func (d *side) SetBody(body []byte) {
	s := d.stream
	if s.gone {
		return
	}
	if !s.received {
		s.envoy.ReplaceBody(d.direction, Buffered, body)
		return
	}
	if !s.envoy.ReceivedIsBuffered(d.direction) {
		s.envoy.ReplaceBody(d.direction, Buffered, nil)
	}
	s.envoy.ReplaceBody(d.direction, Received, body)
}

// Envoy has refused a route whose configuration is wrong.
func (s *Stream) RouteConfig() (any, error) {
	if s.gone {
		return nil, nil
	}
	return s.envoy.RouteConfig(), nil
}

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
func (s *Stream) InCluster() bool {
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

func (s *Stream) Attribute(name string) string {
	switch name {
	case host.SourceAddress:
		return s.envoy.Attribute(SourceAddress)
	case host.RequestProtocol:
		return s.envoy.Attribute(RequestProtocol)
	case host.RequestID:
		return s.request.headers.Get("x-request-id")
	case host.PeerCertificateDigest:
		return s.envoy.Attribute(PeerCertificateDigest)
	case host.ClusterName:
		return s.envoy.ClusterName()
	case host.RouteName:
		return s.envoy.Attribute(RouteName)
	}
	return ""
}

func (s *Stream) SetDynamicMetadata(namespace, key, value string) {
	s.write(Write{Kind: SetDynamicText, Namespace: namespace, Name: key, Value: value})
}

func (s *Stream) DynamicMetadata(namespace, key string) string {
	s.flush()
	return s.envoy.DynamicText(namespace, key)
}

func (s *Stream) HasDynamicMetadata(namespace, key string) bool {
	s.flush()
	return s.envoy.HasDynamic(namespace, key)
}

// What was written before goes first: the reply may
// end the stream, and be logged.
func (s *Stream) SendReply(status int, headers [][2]string, body []byte, details string) {
	if s.gone || s.replied {
		return
	}
	s.replied = true
	isStatus := func(header [2]string) bool { return header[0] == "grpc-status" }
	if s.request.headers.load(); s.isGRPC && !slices.ContainsFunc(headers, isStatus) {
		// Envoy would say that all went well (abi_impl.cc, envoy_dynamic_module_callback_http_send_response).
		headers = append(slices.Clip(headers), [2]string{"grpc-status", strconv.Itoa(host.GRPCStatus(status))})
	}
	s.flush()
	s.envoy.SendReply(status, headers, body, details)
}

func (s *Stream) Record(metric host.Metric, n uint64) {
	id, kind := split(metric)
	s.write(Write{Kind: kind, Metric: id, Number: n})
}

func (s *Stream) Expect(expected host.Expectation) {
	s.collects = expected.Whole
	if expected.Routine != nil {
		s.envoy.FollowRoutine(expected.Routine)
	}
}

func (s *Stream) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	return s.envoy.AppendExcerpt(to, excerpt, name)
}
