package plugins

import (
	"time"

	"github.com/funcroute/funcroute/parameters"
)

// Headers is a header map as Envoy has it: names in lower case, pseudo-headers (":path", ":status") among the others.
// It is only valid during the call that it was handed to.
type Headers interface {
	// Get returns the first value, or "".
	Get(name string) string
	// Values returns all values in order.
	Values(name string) []string
	// Range calls f for each header until f returns false. The values of one header come in their order; the order of different headers
	// is not specified. f must not change the map.
	Range(f func(name, value string) bool)
	// Set replaces all values of a header by one.
	Set(name, value string)
	// Add appends a value.
	Add(name, value string)
	// Remove removes all values.
	Remove(name string)
	// RemoveFunc removes all headers for whose names f returns true.
	RemoveFunc(f func(name string) bool)
}

// Connection says about a request what its headers do not say.
type Connection interface {
	// Attribute returns one of the attributes named below, "" if it is not known.
	Attribute(name string) string
	// DynamicMetadata returns a text of the request's dynamic metadata, "" if it is not there. Use it for values that are known to be
	// texts: for a value of another kind, some hosts write an error to their log.
	DynamicMetadata(namespace, key string) string
	// HasDynamicMetadata reports whether the request's dynamic metadata has a value of any kind there.
	HasDynamicMetadata(namespace, key string) bool
}

// The attributes of a request, by Envoy's own names for them
// (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes).
const (
	// SourceAddress is the client's address and port as Envoy trusts it (after x-forwarded-for), "203.0.113.7:4711".
	SourceAddress = "source.address"
	// RequestProtocol is the client's: "HTTP/1.1", "HTTP/2".
	RequestProtocol = "request.protocol"
	// RequestID is Envoy's x-request-id, or "".
	RequestID = "request.id"
	// PeerCertificateDigest is the SHA-256 digest of the certificate with which the client has opened its TLS connection,
	// in lower-case hexadecimal digits, or "".
	PeerCertificateDigest = "connection.sha256_peer_certificate_digest"
)

// Request is a client's request on its way to becoming a call.
type Request struct {
	Headers    Headers
	Connection Connection
	// Parameters are what the route's templates have found in the request.
	Parameters parameters.Values
	// Time is when the filter took up the request.
	Time time.Time
	// Trailers are the client's. They are nil if there are none, and if the function's [Plan] does not ask for the whole body. They can
	// be changed and removed. A request that has come without trailers cannot be given any.
	Trailers Headers
	// State is for the function's own use. It is kept until the function has handled the answer.
	State any

	body     []byte
	replaced bool
	recast   bool
	buffer
	annotations
}

// Recast says that the call is one of another protocol, and keeps nothing of the request but its meaning. So the client's path, method and
// host are noted even where the call happens to have the same ones, see [Call].
func (r *Request) Recast() { r.recast = true }

// NewRequest returns a request with the client's body, which is nil if the function reads none.
func NewRequest(headers Headers, connection Connection, body []byte) *Request {
	return &Request{Headers: headers, Connection: connection, body: body}
}

// Body is the client's whole body if the function's [Plan] asks for that, else nil, or what SetBody has put in its place.
func (r *Request) Body() []byte { return r.body }

// SetBody replaces the body; the filter corrects content-length. A new one can be made in [Request.Buffer].
func (r *Request) SetBody(body []byte) { r.body, r.replaced = body, true }

// BodyReplaced reports whether SetBody was called.
func (r *Request) BodyReplaced() bool { return r.replaced }

// Release ends the use of the body and of its buffer. The filter calls it when the host has the body.
func (r *Request) Release() {
	r.leave(r.body)
	r.body = nil
}

// Answer is the upstream's answer on its way to the client.
type Answer struct {
	// Request is the request that was answered. Its Headers, Trailers and Connection are no longer valid.
	Request *Request
	Headers Headers
	// Trailers are the answer's. They are nil if there are none, and before they have come: they are there when Body is called, and when
	// Decode is called with the last piece. They can be changed and removed. An answer that has come without trailers cannot be given any.
	Trailers Headers

	body     []byte
	replaced bool
	buffer
	annotations
}

// NewAnswer returns the answer to a request. [Answer.Receive] adds the body once it is there.
func NewAnswer(request *Request, headers Headers) *Answer {
	return &Answer{Request: request, Headers: headers}
}

// Receive gives the answer its whole body.
func (r *Answer) Receive(body []byte) { r.body = body }

// Body is the answer's whole body, nil before it has arrived.
func (r *Answer) Body() []byte { return r.body }

// SetBody replaces the body; the filter corrects content-length.
func (r *Answer) SetBody(body []byte) { r.body, r.replaced = body, true }

// BodyReplaced reports whether SetBody was called.
func (r *Answer) BodyReplaced() bool { return r.replaced }

// Release ends the use of the body and of its buffer. The filter calls it when the host has the body.
func (r *Answer) Release() {
	r.leave(r.body)
	r.body = nil
}

// WithoutContent reports whether answers of a status, "204" or "304", have no content (RFC 9110 §6.4.1).
func WithoutContent(status string) bool { return status == "204" || status == "304" }

// Reply answers the client in the upstream's stead.
type Reply struct {
	Status  int
	Headers [][2]string
	Body    []byte
	// Annotations are added to the request's dynamic metadata, see [Request.Annotate].
	Annotations []Annotation
	// Task makes the reply if it is not nil. Then nothing else of this Reply counts.
	Task *Task
}

// Annotation is one entry of the request's dynamic metadata `funcroute`, there for access logs.
type Annotation struct{ Key, Value string }

// annotations holds the usual number of them without an allocation.
type annotations struct {
	list  []Annotation
	first [4]Annotation
}

// Annotate adds an entry to the request's dynamic metadata `funcroute`. It must not hold secrets.
func (a *annotations) Annotate(key, value string) {
	if a.list == nil {
		a.list = a.first[:0]
	}
	a.list = append(a.list, Annotation{key, value})
}

// Annotations returns what was annotated since it was last called.
func (a *annotations) Annotations() []Annotation {
	list := a.list
	a.list = nil
	return list
}
