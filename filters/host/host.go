// Package host is the narrow port between our filters and the Envoy they run in.
//
// A filter is written once, against this package. Two adapters translate it to what each Envoy offers to Go:
// dynamicmodule (stock Envoy) and contrib (the golang filter of contrib Envoy). memory is a third host, which has no
// Envoy behind it, and hosttest has the conformance suite that all three pass.
//
// The port hides how the hosts differ in buffering, trailers and threads: a filter sees headers, then, if it asked for
// it, the body, whole or piece by piece, and with its end the trailers. Everything of one stream happens in sequence, never concurrently.
package host

// Filter is what an Envoy configuration calls by name: `filter_name` in stock Envoy, `plugin_name` in contrib.
type Filter interface {
	// Name is that name.
	Name() string
	// NewConfig is called once per filter block, with the block's configuration as JSON, empty if there is none. An
	// error makes Envoy refuse the block.
	NewConfig(ConfigHandle, []byte) (Config, error)
	// NewRouteConfig is called once per entry in `typed_per_filter_config`. An error makes Envoy refuse the route, or, on
	// a host that cannot do that, reaches the requests of the route through [Stream.RouteConfig].
	NewRouteConfig([]byte) (any, error)
}

// Config is a loaded filter block. It is shared by all workers.
type Config interface {
	// NewStream is called when the headers of a request arrive; not for a request that the gate keeps out, see [Selective].
	NewStream(Stream) StreamFilter
}

// Action says what the host is to do after an event.
type Action int

const (
	// Continue lets the headers or the body go on, and hides the rest of that direction from the filter.
	Continue Action = iota
	// Buffer, given to headers that did not end the stream, holds them back and hands the whole body to the body
	// event. The body may turn out to be empty.
	Buffer
	// Pieces, given to headers that did not end the stream, holds them back and hands the body to the piece event, piece by
	// piece, as it arrives.
	Pieces
	// Hold, given to a piece, keeps the headers back until a later piece. The piece goes nowhere.
	Hold
	// Wait holds the direction back until [Resumer.Resume]. It is for headers and for a whole body, in both directions.
	Wait
	// Replied says that the filter has called SendReply.
	Replied
	// Done is Continue, and the filter has no further part in the stream: neither an event of it nor its end is shown to the
	// filter any more. A host for which entering the filter is dear need not do so again.
	Done
)

// GoesOn reports whether the headers or the body go on.
func (a Action) GoesOn() bool { return a == Continue || a == Done }

// StreamFilter handles one request and its answer.
//
// Each direction begins with its headers. If that event returns Buffer, the body event follows once the whole body is
// there; with Continue the filter is done with the direction. A panic in an event is answered by the host with
// [StreamFilter.Recovered].
type StreamFilter interface {
	// RequestHeaders is called first. endOfStream says that there is no body and no trailers.
	RequestHeaders(endOfStream bool) Action
	// RequestBody is called if RequestHeaders returned Buffer. The body is read and replaced through the [Stream].
	RequestBody() Action
	// RequestPiece is called if RequestHeaders returned Pieces: for each piece of the body, and once with last, maybe without a
	// piece. What it returns goes on in the piece's place. With Continue the headers go on too, if they have not yet; after
	// that they can no longer be changed.
	RequestPiece(piece []byte, last bool) ([]byte, Action)
	// AnswerHeaders is called for the answer, whoever gave it, see [Stream.FromUpstream]. It is not called for a
	// reply that this filter has sent itself.
	AnswerHeaders(endOfStream bool) Action
	// AnswerBody is called if AnswerHeaders returned Buffer.
	AnswerBody() Action
	// AnswerPiece is called if AnswerHeaders returned Pieces, likewise. Once the headers have gone, a reply resets the stream.
	AnswerPiece(piece []byte, last bool) ([]byte, Action)
	// Recovered is called after a panic in an event or in a resumed function, with the value and the stack. It may
	// reply; if it does not, the stream is ended with a 500 by the host.
	Recovered(value any, stack []byte) Action
	// Destroy is called last, also when the client has gone away in the midst, unless an event has returned Done. The stream
	// must not be used after. The request's headers can still be changed in it, see [Stream.InCluster], but for a
	// [HeaderKeeper], where they may be gone.
	Destroy()
}

// Recycler is a [StreamFilter] whose memory can be used for another request. A host may call Recycle when it has done with
// the filter: after Destroy, after Done, or after a routine. It must not if the filter has ever asked for a [Resumer].
type Recycler interface {
	StreamFilter
	Recycle()
}

// Stream is one request and its answer, as the filter sees it. It may only be used during an event or in a function
// given to Resume.
type Stream interface {
	// Request is the client's request, Answer what comes back. Answer may only be used in the answer's events.
	Request() Message
	Answer() Message

	// AppendExcerpt appends the content of an excerpt of the metadata of the chosen cluster and route. Name is the key of parts that have
	// theirs given.
	AppendExcerpt(to []byte, excerpt *Excerpt, name string) []byte
	// RouteConfig is the most specific per-route configuration as NewRouteConfig returned it, or nil; or the error that
	// NewRouteConfig has returned instead, on a host that cannot refuse a route.
	RouteConfig() (any, error)
	// ChooseRouteAgain has Envoy choose the route, and with it the cluster, by the request's headers as they are now. From
	// then on metadata, [ClusterName] and [RouteName] are those of the new choice, which may be none; RouteConfig is not, on
	// every host. It is for request events in a listener: in a cluster, the choice is behind us and stays.
	ChooseRouteAgain()

	// Attribute returns one of the attributes named below, "" if it is not known.
	Attribute(name string) string
	// FromUpstream reports, in the answer's events, whether the answer comes from the upstream. All others are local
	// replies: Envoy's own (no healthy upstream, timeouts, 413) or another filter's.
	FromUpstream() bool
	// InCluster reports whether the filter stands in a cluster, not in a listener: then it runs once per attempt, and
	// all attempts share one map of request headers.
	InCluster() bool

	// DynamicMetadata returns a text of the request's dynamic metadata, or "". It is for what is known to be a text: of another
	// kind of value some hosts write an error to their log. HasDynamicMetadata reports whether there is a value of any kind.
	// SetDynamicMetadata sets a text. A filter in a listener and one in a cluster see the same.
	DynamicMetadata(namespace, key string) string
	HasDynamicMetadata(namespace, key string) bool
	SetDynamicMetadata(namespace, key, value string)

	// SendReply answers the client. The event must return Replied. Details is what access logs show as
	// %RESPONSE_CODE_DETAILS%; it has no white space.
	SendReply(status int, headers [][2]string, body []byte, details string)
	// Expect, called before the answer, says what the filter will do with it, so that the host can spare it events.
	Expect(Expectation)

	// Record adds to a counter, or a value to a histogram.
	Record(Metric, uint64)
	// Resumer returns a handle with which other goroutines wake the stream. The event must then return Wait.
	Resumer() Resumer
}

// Message is a request or an answer.
type Message interface {
	Headers() Headers
	// Body copies the whole body, in the body event; the copy is valid until the filter is done with the stream. SetBody
	// replaces it by a copy of another, also when there was none.
	Body() []byte
	SetBody([]byte)
	// Trailers are the trailers, nil where there are none. They are there in the body event, with the last piece, and in what
	// is resumed after a wait there; they can be changed then, and all be removed. No host can give trailers to a message that has come without.
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
	// ClusterName and RouteName say where the request goes, for messages. Either may be unknown. A request that no route fits
	// has no ClusterName.
	ClusterName = "xds.cluster_name"
	RouteName   = "xds.route_name"
)

// HeaderKeeper is a [Stream] of a host that tells a cluster's filter of an attempt's end when its headers are out of reach. Other hosts
// need not keep anything, for Destroy can put the headers back.
type HeaderKeeper interface {
	// KeepHeaders keeps request headers for later attempts of the same request, KeptHeaders returns what an earlier attempt has
	// kept; nil is nothing.
	KeepHeaders([][2]string)
	KeptHeaders() [][2]string
}

// Expectation is what a filter says of an answer beforehand. The zero value says nothing.
type Expectation struct {
	// Whole says that the filter will ask for the whole of the answer: AnswerHeaders returns Buffer, or lets it go on or
	// replies. The host may then call AnswerHeaders only when the body is there, right before AnswerBody.
	Whole bool
	// Routine is what the filter would do with an answer that is routine. The host may do so in its stead: then neither the
	// answer's events nor Destroy are called. It comes to the same if it does not.
	Routine *Routine
}

// Resumer wakes a stream whose filter has returned Wait.
type Resumer interface {
	// Resume has f called where the stream may be used; what f returns takes the place of Wait. It may be called from
	// any goroutine, once, also before the event has returned. If the stream is gone, f is not called. It may return before
	// f is called. f may return Wait again, with another Resumer, as often as it likes; it must not return Buffer or Pieces.
	Resume(f func() Action)
}

// Headers is a header map, see plugins.Headers, which it is for plugins. Values are copies, they stay valid.
type Headers interface {
	Get(name string) string
	Values(name string) []string
	// Range calls f for each header until f returns false. A header's values come in their order; the headers themselves
	// come in none. f must not change the map.
	Range(f func(name, value string) bool)
	Set(name, value string)
	Add(name, value string)
	Remove(name string)
	// RemoveFunc removes all headers whose name f says to.
	RemoveFunc(f func(name string) bool)
}

// Metric is a counter or a histogram, named by [ConfigHandle].
type Metric uint32

// ConfigHandle is what a filter block may use of its host.
type ConfigHandle interface {
	// Counter makes a counter of that full name known, Histogram a histogram. The same name gives the same metric. A
	// host without histograms returns one that records nothing.
	Counter(name string) (Metric, error)
	Histogram(name string, unit Unit) (Metric, error)
	// Log writes one line to Envoy's log. It may be called from any goroutine, at any time.
	Log(Level, string)
}

// Unit is a histogram's.
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
