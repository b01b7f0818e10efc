// Package host is the narrow port between our filters and the Envoy they run in.
//
// A filter is written once, against this package. Two adapters translate it to what each Envoy offers to Go:
// dynamicmodule (stock Envoy) and contrib (the golang filter of contrib Envoy). memory is a third host, which has no
// Envoy behind it, and hosttest has the conformance suite that all three pass.
//
// The port hides how the hosts differ in buffering, trailers and threads. A filter sees the headers first. Then it sees the body if it has
// asked for that, whole or piece by piece, and with the end of the body the trailers. The events of one stream come one after the other,
// never concurrently.
package host

// Filter is what an Envoy configuration calls by name: `filter_name` in stock Envoy, `plugin_name` in contrib.
type Filter interface {
	// Name is the name by which the configuration calls the filter.
	Name() string
	// NewConfig is called once for each filter block. It gets the block's configuration as JSON, empty if there is none. An error makes
	// Envoy refuse the block.
	NewConfig(ConfigHandle, []byte) (Config, error)
	// NewRouteConfig is called once for each entry in `typed_per_filter_config`, which it gets as JSON. An error makes Envoy refuse the
	// route. On a host that cannot refuse it, [Stream.RouteConfig] gives the error to the route's requests.
	NewRouteConfig([]byte) (any, error)
}

// Config is a loaded filter block. It is shared by all workers.
type Config interface {
	// NewStream is called when the headers of a request arrive. If the Config is a [Selective], it is not called for requests that are none
	// of the filter's concern.
	NewStream(Stream) StreamFilter
}

// Action says what the host is to do after an event.
type Action int

const (
	// Continue lets the headers or the body go on, and hides the rest of that direction from the filter.
	Continue Action = iota
	// Buffer holds the headers back until the whole body is there, and then calls the body event. The body may turn out to be empty.
	// Only the event of headers that have not ended the stream may return it.
	Buffer
	// Pieces holds the headers back and calls the piece event for each piece of the body as it arrives. Only the event of headers that
	// have not ended the stream may return it.
	Pieces
	// Hold holds the headers back until a later piece. The piece is dropped. Only the piece event may return it.
	Hold
	// Wait holds the direction back until [Resumer.Resume]. The events of headers and of whole bodies may return it, in both directions.
	Wait
	// Replied says that the filter has called SendReply.
	Replied
	// Done is Continue for the last time: the filter gets no further event of the stream, and is not told of its end. This spares a host
	// that it enters the filter again.
	Done
)

// GoesOn reports whether the headers or the body go on after the event.
func (a Action) GoesOn() bool { return a == Continue || a == Done }

// StreamFilter handles one request and its answer.
//
// Each direction begins with the event of its headers. What that returns decides what follows: the body event after Buffer, piece events after
// Pieces, nothing more of the direction after Continue. If an event panics, the host calls [StreamFilter.Recovered].
type StreamFilter interface {
	// RequestHeaders is called first. endOfStream says that neither a body nor trailers follow.
	RequestHeaders(endOfStream bool) Action
	// RequestBody is called if RequestHeaders has returned Buffer. The filter reads and replaces the body through the [Stream].
	RequestBody() Action
	// RequestPiece is called if RequestHeaders has returned Pieces. It is called for each piece of the body; the call with last may have
	// an empty piece. What it returns goes on in the piece's place. With the first Continue the headers go on as well; after that they
	// can no longer be changed.
	RequestPiece(piece []byte, last bool) ([]byte, Action)
	// AnswerHeaders is called for the answer, whoever has given it, see [Stream.FromUpstream]. It is not called for a reply that this
	// filter has sent itself.
	AnswerHeaders(endOfStream bool) Action
	// AnswerBody is called if AnswerHeaders has returned Buffer.
	AnswerBody() Action
	// AnswerPiece is called if AnswerHeaders has returned Pieces, like RequestPiece. Once the headers have gone on, SendReply resets the
	// stream.
	AnswerPiece(piece []byte, last bool) ([]byte, Action)
	// Recovered is called after a panic in an event or in a resumed function, with the value and the stack. It may reply. If it does not,
	// the host ends the stream with a 500.
	Recovered(value any, stack []byte) Action
	// Destroy is called last, unless an event has returned Done. It is also called when the client has left in the midst. The stream must
	// not be used after it. A cluster's filter can still change the request's headers in it, see [Stream.InCluster], but on a host
	// whose Stream is a [HeaderKeeper] they may be gone.
	Destroy()
}

// Recycler is a [StreamFilter] whose memory can be used for another request.
type Recycler interface {
	StreamFilter
	// Recycle takes the filter's memory back. A host may call it when it is done with the filter: after Destroy, after Done, or after a
	// routine. It must not call it if the filter has ever asked for a [Resumer], because another goroutine may still use the filter.
	Recycle()
}

// Stream is one request and its answer, as the filter sees them. It may only be used during an event, or in a function given to Resume.
type Stream interface {
	// Request is the client's request, and Answer is what comes back for it. Answer may only be used in the answer's events.
	Request() Message
	Answer() Message

	// AppendExcerpt appends the content of an excerpt of the metadata of the chosen cluster and route. name is the key of those parts for
	// which [Part] says Given.
	AppendExcerpt(to []byte, excerpt *Excerpt, name string) []byte
	// RouteConfig returns what NewRouteConfig has made of the most specific per-route configuration, nil if there is none. On a host that
	// cannot refuse a route it returns the error of NewRouteConfig.
	RouteConfig() (any, error)
	// ChooseRouteAgain has Envoy choose the route, and with it the cluster, by the request's headers as they are now. From then on the
	// metadata, [ClusterName] and [RouteName] are those of the new choice, which may be none. RouteConfig may still be that of the old
	// choice, on some hosts. It is for request events of a listener's filter. In a cluster's filter the route has been chosen already,
	// and stays.
	ChooseRouteAgain()

	// Attribute returns one of the attributes named below, "" if it is not known.
	Attribute(name string) string
	// FromUpstream reports, in the answer's events, whether the answer comes from the upstream. All other answers are local replies:
	// those of Envoy itself (no healthy upstream, timeouts, 413) and those of other filters.
	FromUpstream() bool
	// InCluster reports whether the filter stands in a cluster, and not in a listener. A cluster's filter runs once for each attempt, and
	// all attempts share one map of request headers.
	InCluster() bool

	// DynamicMetadata returns a text of the request's dynamic metadata, "" if it is not there. It is for values that are known to be texts:
	// for a value of another kind, some hosts write an error to their log. HasDynamicMetadata reports whether there is a value of any
	// kind. SetDynamicMetadata sets a text. Filters in a listener and in a cluster see the same dynamic metadata.
	DynamicMetadata(namespace, key string) string
	HasDynamicMetadata(namespace, key string) bool
	SetDynamicMetadata(namespace, key, value string)

	// SendReply answers the client. The event must return Replied then. details are what access logs show as
	// %RESPONSE_CODE_DETAILS%; they must have no white space.
	SendReply(status int, headers [][2]string, body []byte, details string)
	// Expect tells the host, before the answer comes, what the filter will do with it, so that the host need not call all events.
	Expect(Expectation)

	// Record adds a number to a counter, or a value to a histogram.
	Record(Metric, uint64)
	// Resumer returns a handle with which another goroutine wakes the stream. The event must return Wait then.
	Resumer() Resumer
}

// Message is a request or an answer.
type Message interface {
	// Headers are the message's headers.
	Headers() Headers
	// Body returns a copy of the whole body, in the body event. The copy is valid until the filter is done with the stream.
	Body() []byte
	// SetBody replaces the body with a copy of another, also if the message has none.
	SetBody([]byte)
	// Trailers are the message's trailers, nil if there are none. They are there in the body event, in the piece event with last, and
	// after a wait in one of these. They can be changed and removed. No host can add trailers to a message that has come without.
	Trailers() Headers
}

// The attributes of a request, by Envoy's own names for them
// (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes).
const (
	// SourceAddress, RequestProtocol, RequestID and PeerCertificateDigest are those of package plugins.
	SourceAddress         = "source.address"
	RequestProtocol       = "request.protocol"
	RequestID             = "request.id"
	PeerCertificateDigest = "connection.sha256_peer_certificate_digest"
	// ClusterName and RouteName say where the request goes, for log lines. Either may be unknown. If no route fits, there is no
	// ClusterName.
	ClusterName = "xds.cluster_name"
	RouteName   = "xds.route_name"
)

// HeaderKeeper is a [Stream] of a host that may tell a cluster's filter of an attempt's end when the request's headers are out of reach. So
// the filter cannot put them back then, and the host keeps them for the next attempt. On other hosts, Destroy can put them back.
type HeaderKeeper interface {
	// KeepHeaders keeps the request's headers for later attempts of the same request. nil keeps nothing any more.
	KeepHeaders([][2]string)
	// KeptHeaders returns the headers that an earlier attempt has kept, nil if there are none.
	KeptHeaders() [][2]string
}

// Expectation is what a filter says about an answer before it comes. The zero value says nothing.
type Expectation struct {
	// Whole says that the filter needs the whole of most answers. The host may then wait for the body before it calls AnswerHeaders, and
	// call AnswerBody right after it. AnswerHeaders may still let an answer go on, or reply.
	Whole bool
	// Routine is the rule by which the filter handles most answers, nil if it has none. The host may follow the rule itself, and then calls
	// neither the answer's events nor Destroy. The outcome is the same if it calls them.
	Routine *Routine
}

// Resumer wakes a stream whose filter has returned Wait.
type Resumer interface {
	// Resume has the host call f where f may use the stream. The action that f returns takes the place of Wait. f may return Wait again,
	// with another Resumer, as often as it likes; it must not return Buffer or Pieces. f is not called if the stream is gone.
	//
	// Resume may be called once, from any goroutine, also before the event has returned. It may return before f is called.
	Resume(f func() Action)
}

// Headers is a header map. Plugins get it as their plugins.Headers, which documents the methods. Values are copies and stay valid.
type Headers interface {
	Get(name string) string
	Values(name string) []string
	// Range calls f for each header until f returns false. The values of one header come in their order; the order of different headers
	// is not specified. f must not change the map.
	Range(f func(name, value string) bool)
	Set(name, value string)
	Add(name, value string)
	Remove(name string)
	// RemoveFunc removes all headers for whose names f returns true.
	RemoveFunc(f func(name string) bool)
}

// Metric is a counter or a histogram, named by [ConfigHandle].
type Metric uint32

// ConfigHandle is what a filter block may use of its host.
type ConfigHandle interface {
	// Counter makes a counter known by its full name, and Histogram a histogram. The same name gives the same metric. On a host without
	// histograms, Histogram returns one that records nothing.
	Counter(name string) (Metric, error)
	Histogram(name string, unit Unit) (Metric, error)
	// Log writes one line to Envoy's log. It may be called from any goroutine, at any time.
	Log(Level, string)
}

// Unit is the unit of a histogram's values.
type Unit string

// Microseconds is the unit of durations.
const Microseconds Unit = "us"

// Level is a log level of Envoy's.
type Level int

// The levels we write.
const (
	Debug Level = iota
	Info
	Warn
	Error
)
