package dynamicmodule

import "github.com/funcroute/funcroute/filters/host"

// Envoy is what stock Envoy offers to the filter of one request. Package abi has the real one; it reads and writes in bulk,
// because each call from Go to C has its price.
type Envoy interface {
	// Headers appends all headers of a map to a list. They are copies.
	Headers(m Map, to [][2]string) [][2]string
	// Write does what is listed, in that order.
	Write([]Write)

	// AppendBody appends a copy of what is there of a body.
	AppendBody(to []byte, d Direction, p Part) []byte
	// ReplaceBody puts another body in its place, AddBody adds to it.
	ReplaceBody(Direction, Part, []byte)
	AddBody(Direction, Part, []byte)
	// ReceivedIsBuffered reports whether both parts are one and the same: a filter before us has buffered the body and
	// let it go in one piece.
	ReceivedIsBuffered(Direction) bool

	// AppendExcerpt is host.Stream's, of the route that Envoy will take.
	AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte
	// DynamicText reads a text of dynamic metadata; it is a copy. HasDynamic reports whether there is a value of any kind.
	DynamicText(namespace, key string) string
	HasDynamic(namespace, key string) bool

	// Attribute reads one of Envoy's attributes, a copy, or "".
	Attribute(Attribute) string
	// FromUpstream, KeepHeaders and KeptHeaders are host.Stream's.
	FromUpstream() bool
	KeepHeaders([][2]string)
	KeptHeaders() [][2]string
	ClusterName() string
	// RouteConfig is the most specific per-route configuration, as NewRouteConfig has returned it.
	RouteConfig() any

	// ChooseRouteAgain has the route chosen, at once.
	ChooseRouteAgain()
	SendReply(status int, headers [][2]string, body []byte, details string)
	// FollowRoutine has the answer handled without the filter, if it can be.
	FollowRoutine(*host.Routine)
	ContinueRequest()
	ContinueAnswer()
	// Scheduler returns what has Envoy call Stream.OnResumed on the stream's worker.
	Scheduler() Scheduler
}

// Scheduler wakes a stream, from any goroutine. Wake may be called once. It must be closed.
type Scheduler interface {
	Wake()
	Close()
}

// Direction is one way of a stream.
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

// The parts: what has come with the event at hand, and what Envoy has kept of earlier ones.
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

// Write is one change of what Envoy has.
type Write struct {
	Kind WriteKind
	// Map is that of a header.
	Map Map
	// Namespace is that of dynamic metadata.
	Namespace   string
	Name, Value string
	// Metric is a counter's or a histogram's number, Number what it counts or records.
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
