package dynamicmodule

import "github.com/funcroute/funcroute/filters/host"

// Envoy is what stock Envoy offers to the filter of one request. Package abi has the real one; it reads and writes in bulk,
// because each call from Go to C has its price.
type Envoy interface {
	// Headers appends all headers of a map to a list. They are copies.
	Headers(m Map, to [][2]string) [][2]string
	// Write makes the changes, in their order.
	Write([]Write)

	// AppendBody appends a copy of a part of a body.
	AppendBody(to []byte, d Direction, p Part) []byte
	// ReplaceBody puts another body in the place of a part. AddBody adds to the part.
	ReplaceBody(Direction, Part, []byte)
	AddBody(Direction, Part, []byte)
	// ReceivedIsBuffered reports whether the received and the buffered part are the same. They are if a filter before us has buffered
	// the body and let it go on in one piece.
	ReceivedIsBuffered(Direction) bool

	// AppendExcerpt does what host.Stream says, with the route that Envoy will take.
	AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte
	// DynamicText returns a copy of a text in the dynamic metadata. HasDynamic reports whether there is a value of any kind.
	DynamicText(namespace, key string) string
	HasDynamic(namespace, key string) bool

	// Attribute returns a copy of one of Envoy's attributes, "" if it is not there.
	Attribute(Attribute) string
	// FromUpstream, KeepHeaders and KeptHeaders do what host.Stream and host.HeaderKeeper say.
	FromUpstream() bool
	KeepHeaders([][2]string)
	KeptHeaders() [][2]string
	ClusterName() string
	// RouteConfig is the most specific per-route configuration, as NewRouteConfig has returned it.
	RouteConfig() any

	// ChooseRouteAgain has Envoy choose the route, at once.
	ChooseRouteAgain()
	SendReply(status int, headers [][2]string, body []byte, details string)
	// FollowRoutine tells C to handle the answer by the routine if it can, without the filter.
	FollowRoutine(*host.Routine)
	ContinueRequest()
	ContinueAnswer()
	// Scheduler returns a handle that has Envoy call Stream.OnResumed on the stream's worker.
	Scheduler() Scheduler
}

// Scheduler wakes a stream, from any goroutine. Wake may be called once. It must be closed.
type Scheduler interface {
	Wake()
	Close()
}

// Direction is the request's or the answer's way through the filter.
type Direction int

// The directions.
const (
	Request Direction = iota
	Answer
)

// Map is one of a stream's header maps.
type Map uint32

// The header maps. Their numbers are those of Envoy's ABI; abi/shared.go does not build with others.
const (
	RequestHeaderMap Map = iota
	RequestTrailerMap
	AnswerHeaderMap
	AnswerTrailerMap
)

// Part is a part of a body.
type Part int

// The parts: the piece that has come with the event at hand, and what Envoy has kept of earlier pieces.
const (
	Received Part = iota
	Buffered
)

// Attribute is one of Envoy's attributes.
type Attribute int

// The attributes that are asked for.
const (
	UpstreamAddress Attribute = iota
	SourceAddress
	RequestProtocol
	RouteName
	PeerCertificateDigest
)

// Write is one change of what Envoy holds.
type Write struct {
	Kind WriteKind
	// Map is the map in which a header is changed.
	Map Map
	// Namespace is the namespace in which dynamic metadata is changed.
	Namespace   string
	Name, Value string
	// Metric is the number of a counter or a histogram. Number is what is counted or recorded.
	Metric uint32
	Number uint64
}

// WriteKind says what is changed.
type WriteKind uint32

// The kinds of changes. An empty value removes a header. Their numbers are those of `enum write_kind` in abi/module.h; abi/shared.go
// does not build with others.
const (
	SetHeader WriteKind = iota
	AddHeader
	SetDynamicText
	AddCounter
	RecordHistogram
)

// ConfigEnvoy is what stock Envoy offers to a filter block.
type ConfigEnvoy interface {
	DefineCounter(name string) (id uint32, ok bool)
	DefineHistogram(name string) (id uint32, ok bool)
	Log(host.Level, string)
}
