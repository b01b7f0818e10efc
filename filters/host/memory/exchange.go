package memory

import (
	"fmt"

	"github.com/funcroute/funcroute/headermap"
)

// Message is a request or an answer on its way.
type Message struct {
	// Headers begin with the pseudo-headers.
	Headers [][2]string
	// Chunks are the body as it arrives; nil is no body at all.
	Chunks [][]byte
	// Trailers come after the body.
	Trailers [][2]string
}

// Body joins the chunks.
func (m *Message) Body() string {
	var body []byte
	for _, chunk := range m.Chunks {
		body = append(body, chunk...)
	}
	return string(body)
}

// Header returns a header's first value, or "".
func (m *Message) Header(name string) string { return headermap.New(m.Headers...).Get(name) }

// Metadata is `filter_metadata`: namespace, key, value. Values are string, float64, bool or []string; anything else is
// of a kind that filters cannot read.
type Metadata map[string]map[string]any

// MetadataOf returns metadata as YAML has it, where a list is one of anything.
func MetadataOf(given map[string]map[string]any) Metadata {
	metadata := Metadata{}
	for namespace, values := range given {
		metadata[namespace] = map[string]any{}
		for key, value := range values {
			if list, is := value.([]any); is {
				texts := make([]string, len(list))
				for i := range list {
					texts[i] = fmt.Sprint(list[i])
				}
				value = texts
			}
			metadata[namespace][key] = value
		}
	}
	return metadata
}

// Exchange is one request through one filter, and what the world around it does.
type Exchange struct {
	FilterConfig, RouteConfig string
	Cluster, Route            Metadata
	// Others are chosen in place of Cluster, Route and RouteConfig if the route is chosen again and they fit.
	Others []Destination
	// RouteForgotten says that a filter before ours has had the host forget its choice. Nobody has asked for the route since, so
	// that the host still has the old choice to show.
	RouteForgotten bool
	// NoRoute says that no route fits the request, so that it has no cluster.
	NoRoute bool
	Request Message
	// Answer is what the upstream answers.
	Answer Message
	// LocalReply, if set, is what Envoy answers in the upstream's stead, with its response code details.
	LocalReply *Reply
	// Upstream puts the filter into the cluster. A host that has no such place leaves it in the listener.
	Upstream bool
	// Marked is dynamic metadata that is there before the filter sees the request.
	Marked map[string]map[string]string
	// PeerCertificateDigest is that of the client's certificate, "" for a connection without TLS.
	PeerCertificateDigest string
	// GoneWhileWaiting makes the client go away once the filter waits.
	GoneWhileWaiting bool
	// Gone makes the client go away when the filter waits and the channel is closed, nil for never.
	Gone <-chan struct{}
}

// Leaves reports whether the client goes away, given that the filter waits.
func (x *Exchange) Leaves() bool {
	select {
	case <-x.Gone:
		return true
	default:
		return x.GoneWhileWaiting
	}
}

// Destination is what a request is routed to if it has the header.
type Destination struct {
	Header         [2]string
	Cluster, Route Metadata
	RouteConfig    string
}

// First is where the request is routed to when it arrives.
func (x *Exchange) First() *Destination {
	return &Destination{Cluster: x.Cluster, Route: x.Route, RouteConfig: x.RouteConfig}
}

// Chosen is where a request with these headers is routed to.
func (x *Exchange) Chosen(header func(name string) string) *Destination {
	for i := range x.Others {
		if header(x.Others[i].Header[0]) == x.Others[i].Header[1] {
			return &x.Others[i]
		}
	}
	return x.First()
}

// RouteConfigs are the per-route configurations that there are.
func (x *Exchange) RouteConfigs() []string {
	var configs []string
	for _, destination := range append([]Destination{*x.First()}, x.Others...) {
		if destination.RouteConfig != "" {
			configs = append(configs, destination.RouteConfig)
		}
	}
	return configs
}

// Reply is a local reply.
type Reply struct {
	Status  int
	Body    string
	Details string
}

// Outcome is what came of an exchange.
type Outcome struct {
	// Refused is why nothing came of it: the route's configuration was refused, or the filter waited and nothing resumed it; or,
	// where there is no [Block] yet, the filter's configuration was refused.
	Refused error
	// Sent is what reached the upstream, nil if nothing did.
	Sent *Message
	// Received is what reached the client.
	Received Message
	// Details are set if a local reply was given.
	Details         string
	DynamicMetadata map[string]map[string]string
	Counters        map[string]uint64
	Logs            []string
}
