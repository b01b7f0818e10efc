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
	// Settings lists every setting that a cluster or a route may give, see [SettingsOf]. The list is needed because hosts can only
	// read a metadata value whose kind they know beforehand.
	Settings() []Setting
	// NewUpstream is called once per distinct cluster metadata. Its error is shown to operators, not to clients.
	NewUpstream(Environment, Settings) (Upstream, error)
}

// CallsOnly is a [Type] whose upstream understands nothing but function calls, such as a signed API. A request that names no function
// is answered 404 there, instead of being passed on as it is.
type CallsOnly interface {
	Type
	// CallsOnly does nothing. A type that has it is a [CallsOnly].
	CallsOnly()
}

// Upstream is a cluster that offers functions.
type Upstream interface {
	// NewFunction is called once per distinct [FunctionSpec]. Its error is shown to operators, not to clients.
	NewFunction(FunctionSpec) (Function, error)
}

// Offerer is an [Upstream] that offers functions which no metadata names, such as the operations of an OpenAPI document. A function in
// the cluster's `funcroute.functions` wins over an offered one of the same name.
type Offerer interface {
	Upstream
	// Preparing returns what a request for a function must wait for before Offers and NewFunction are called, nil if there is nothing
	// to wait for. It is called on Envoy's worker for each request and must not block.
	Preparing(name string) Awaiter
	// Offers returns the target of a function, and false if there is none of that name. It is called on Envoy's worker for
	// each request and must not block. A function is made anew when its target changes. The error is shown to clients, so
	// it should be an [*Error].
	Offers(name string) (target string, offered bool, err error)
}

// IdleCloser is an [Upstream] that holds connections of its own. It should close them when nobody uses them any more, for instance because
// the configuration was replaced. Hosts do not say when that happens; the only sign of it is that no requests come.
type IdleCloser interface {
	Upstream
	// CloseIdleConnections is called from a goroutine of its own when no request has called a function of the upstream for ten minutes.
	// It must leave connections open that are in use. Requests may come again afterwards; the upstream then connects anew, and
	// CloseIdleConnections may be called once more. It is not called when the process ends.
	CloseIdleConnections()
}

// FunctionSpec is everything the configuration says of one function on one route.
type FunctionSpec struct {
	// Name is the function's name in the cluster's `funcroute.functions`.
	Name string
	// Target is what the cluster maps Name to, in the type's own notation.
	Target string
	// Offered says that the upstream maps Name to Target, and not the cluster's metadata, see [Offerer].
	Offered bool
	// AnswerTemplate is the function's text in the cluster's `funcroute.responses`, "" if it has none there. It says what the client gets in
	// place of the upstream's answers.
	AnswerTemplate string
	// Settings are the cluster's, overridden by the route's.
	Settings Settings
	// Parameters are the route's. They are never nil.
	Parameters *parameters.Set
}

// Function is one compiled function. It is immutable and shared by all workers: it gets values and returns a decision. A function that
// needs more implements the optional interfaces below, or is a [Planner]. What it does not ask for costs a request nothing.
type Function interface {
	// Request turns the client's request into the call, in place. Without a Reply, the request goes upstream as Request has left it. With
	// a Reply, the Reply answers the client and nothing goes upstream. An error should be an [*Error]; any other becomes an
	// internal_error.
	Request(*Request) (*Reply, error)
}

// Awaiter is something that requests sometimes have to wait for. A [Function] that is an Awaiter has to wait for something before Request
// can run, such as credentials. An [Offerer] returns Awaiters for
// the functions that it offers.
type Awaiter interface {
	// Ready reports whether there is nothing to wait for. It is called on Envoy's worker and must not block.
	Ready() bool
	// Await starts to fetch what is missing, and does not block. It calls done once, from a goroutine of its own, when that is there
	// or the fetch has failed. The caller bounds the wait with stop: after stop has returned, done is no longer called.
	Await(done func(error)) (stop func())
}

// RequestStreamer is a [Function] that may change the request's body while it arrives, without waiting for the whole. Its [Plan] says so.
type RequestStreamer interface {
	Function
	// StreamRequest is called after Request. If it returns nil, the client's body streams past untouched. The body comes in a single piece
	// if the request has had to wait, or if its parameters are taken from the body. An error before the Decoder was ready answers the
	// client in the upstream's stead; an error after that ends the request midway.
	StreamRequest(*Request) Decoder
}

// Answerer is a [Function] that maps the upstream's answer back to what the client is to see. Its [Plan] says for which answers.
type Answerer interface {
	Function
	// Headers sees the answer's status and headers, and may change them. needsBody says that Body is to be called with the whole body;
	// else the body streams to the client untouched.
	Headers(*Answer) (needsBody bool, err error)
	// Body sees the whole answer with its trailers, and may change it.
	Body(*Answer) error
}

// Streamer is an [Answerer] that may change an answer's body while it arrives, without waiting for the whole. Its [Plan] says Pieces.
type Streamer interface {
	Answerer
	// Stream is called after Headers, unless Headers has asked for the whole body. If it returns nil, the body streams to the client
	// untouched.
	Stream(*Answer) Decoder
}

// Decoder turns one body into another, piece by piece.
type Decoder interface {
	// Decode gets the next piece, which may be empty, and returns in out what goes on in its place.
	//
	// The headers are held back until Decode has returned ready for the first time. Until then they may still be changed, and what was
	// returned in out is kept. With the last piece, the trailers are there and may be read and changed.
	//
	// An error before the first ready takes the answer's place. An error after that breaks the answer off.
	Decode(piece []byte, last bool) (out []byte, ready bool, err error)
}

// Environment is what a plugin may use of the process around it. It is safe for concurrent use.
type Environment interface {
	// Warn writes one line to Envoy's log. It must not hold secrets.
	Warn(message string)
	// Count adds one to a counter.
	Count(Counter)
	// TellPanic writes to the log that a panic was caught outside of a request. It writes the value's type and not the value, which may
	// hold a secret. It does not write the same panic again and again.
	TellPanic(value any, stack []byte)
	// Secret returns the secret of a reference like "file:/etc/secrets/db#password". It asks no store and does not block: what is missing
	// is fetched when the secret is waited for. Its failures are told to the log of this environment. The error is one of the
	// configuration's: the text is no reference, and is then not repeated, for it may be the secret itself; or its store is not set up.
	Secret(reference string) (Secret, error)
}
