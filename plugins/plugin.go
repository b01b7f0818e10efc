// Package plugins is the contract between the functions filter and the function types.
//
// A function type (lambda, rest, …) is one folder beside this file. It knows nothing of Envoy: it gets values and
// returns decisions. Its life has three stages, each checked once and then shared by all workers:
//
//	Type      one per process, registered by name
//	Upstream  one per distinct cluster metadata
//	Function  one per distinct target, route settings and parameters
//
// Whatever can be wrong in a configuration surfaces when the Upstream or the Function is made, never in a request.
package plugins

import "github.com/funcroute/funcroute/parameters"

// Type makes upstreams of one kind.
type Type interface {
	// Name is what a cluster's metadata calls `type`, the name of the type's folder and its name in counters.
	Name() string
	// Settings lists every setting a cluster or a route may give, see [SettingsOf]. Hosts can only read a metadata
	// value whose kind is known beforehand, hence the list.
	Settings() []Setting
	// NewUpstream is called once per distinct cluster metadata. Its error is shown to operators, not to clients.
	NewUpstream(Environment, Settings) (Upstream, error)
}

// CallsOnly is a [Type] whose upstream understands nothing but function calls: a request that names no function is
// answered 404 instead of being passed on, for nothing may leave unsigned.
type CallsOnly interface {
	Type
	CallsOnly()
}

// Upstream is a cluster that offers functions.
type Upstream interface {
	// NewFunction is called once per distinct [FunctionSpec]. Its error is shown to operators, not to clients.
	NewFunction(FunctionSpec) (Function, error)
}

// Offerer is an [Upstream] that offers functions of its own beside those in the cluster's `funcroute.functions`, which win.
type Offerer interface {
	Upstream
	// Preparing returns what a request for a function has to wait for before Offers and NewFunction are called, nil if that is
	// nothing. It is called on Envoy's worker for each request and must not block.
	Preparing(name string) Awaiter
	// Offers returns the target of a function, and false if there is none of that name. It is called on Envoy's worker for
	// each request and must not block. A function is made anew when its target changes. The error is shown to clients, so
	// it should be an [*Error].
	Offers(name string) (target string, offered bool, err error)
}

// IdleCloser is an [Upstream] that holds connections of its own, which it should let go of when nobody uses them any more. Hosts do
// not say which configuration has been replaced, so all there is to go by is that no request comes.
type IdleCloser interface {
	Upstream
	// CloseIdleConnections is called from a goroutine of its own when no request has called a function of the upstream for ten minutes.
	// What is in use stays. It may be called again, and requests may come again afterwards, which have the upstream connect anew. It
	// is not called when the process ends.
	CloseIdleConnections()
}

// FunctionSpec is everything the configuration says of one function on one route.
type FunctionSpec struct {
	// Name is the function's name in the cluster's `funcroute.functions`.
	Name string
	// Target is what the cluster maps Name to, in the type's own notation.
	Target string
	// Offered says that it is the upstream that maps Name to Target, see [Offerer].
	Offered bool
	// Response is the function's template in `funcroute.responses`, empty where there is none.
	Response string
	// Settings are the cluster's, overridden by the route's.
	Settings Settings
	// Parameters are the route's. Never nil.
	Parameters *parameters.Set
}

// Function is one compiled function. It is immutable and shared by all workers: it gets values and returns a decision.
// What else it needs it says by the optional interfaces below; what it does not ask for costs it nothing.
type Function interface {
	// Request turns the client's request into the call, in place. A nil Reply sends it upstream as it then stands; a
	// Reply answers the client and nothing is sent. An error should be an [*Error]; any other is an internal_error.
	Request(*Request) (*Reply, error)
}

// Awaiter is a [Function] that sometimes has to wait for something before Request can run, such as credentials, or what an
// [Offerer] has to wait for.
type Awaiter interface {
	// Ready reports whether there is nothing to wait for. It is called on Envoy's worker and must not block.
	Ready() bool
	// Await starts what is missing and calls done once, from a goroutine of its own, when it is there or has failed.
	// It does not block. After stop has returned, done is no longer called; the caller bounds the wait with it.
	Await(done func(error)) (stop func())
}

// RequestStreamer is a [Function] that may change the request's body while it arrives, without waiting for the whole. Its [Plan] says so.
type RequestStreamer interface {
	Function
	// StreamRequest is called after Request. If the Decoder is nil, the client's body streams past untouched. Where the request has
	// had to wait, or its parameters come from the body, the body comes in one piece. An error before the Decoder was ready answers
	// the client in the upstream's stead; an error after it ends the request midway.
	StreamRequest(*Request) Decoder
}

// Answerer is a [Function] that maps the upstream's answer back to what the client is to see. Its [Plan] says for which answers.
type Answerer interface {
	Function
	// Headers sees and may change the answer's status and headers. It says whether Body wants the whole body; if
	// not, the body streams to the client untouched.
	Headers(*Answer) (needsBody bool, err error)
	// Body sees and may change the whole answer, its trailers included.
	Body(*Answer) error
}

// Streamer is an [Answerer] that may change an answer's body while it arrives, without waiting for the whole. Its [Plan] says Pieces.
type Streamer interface {
	Answerer
	// Stream is called after Headers, if that did not ask for the whole body. If the Decoder is nil, the body streams to
	// the client untouched.
	Stream(*Answer) Decoder
}

// Decoder turns a body into another, piece by piece.
type Decoder interface {
	// Decode gets the next piece, which may be empty, and says what goes on in its place. Until it is ready for the first
	// time, the headers are held back and may still be changed, and out is kept. With last, the trailers are there and may be
	// read and changed. An error before it was ready takes the answer's place; an error after it breaks the answer off.
	Decode(piece []byte, last bool) (out []byte, ready bool, err error)
}

// Environment is what a plugin may use of the process around it. It is safe for concurrent use.
type Environment interface {
	// Warn writes one line to Envoy's log. It must not hold secrets.
	Warn(message string)
	// Count adds one to a counter.
	Count(Counter)
	// TellPanic tells the log of a panic that was caught outside of a request. The value itself may hold a secret, so only its
	// type is told; the same panic does not fill the log.
	TellPanic(value any, stack []byte)
	// Secret returns the secret of a reference like "file:/etc/secrets/db#password". It asks no store and does not block: what is missing
	// is fetched when the secret is waited for. Its failures are told to the log of this environment. The error is one of the
	// configuration's: the text is no reference, and is then not repeated, for it may be the secret itself; or its store is not set up.
	Secret(reference string) (Secret, error)
}
