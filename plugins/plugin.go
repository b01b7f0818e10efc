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
// If it is an [Awaiter] too, requests that name no function of the cluster's wait until it is ready; its functions should
// then be none, for a request can wait only once.
type Offerer interface {
	// Offers returns the target of a function, and false if there is none of that name. It is called on Envoy's worker for
	// each request and must not block. A function is made anew when its target changes. The error is shown to clients, so
	// it should be an [*Error].
	Offers(name string) (target string, offered bool, err error)
}

// Preparer is an [Offerer] that prepares a function when it is first asked for, off Envoy's workers.
type Preparer interface {
	Offerer
	// Preparing returns what a request for a function has to wait for before Offers and NewFunction are called, nil if that is
	// nothing. It is called on Envoy's worker for each request, in place of [Awaiter], and must not block.
	Preparing(name string) Awaiter
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

// BodyReader is a [Function] that may need the client's whole body before Request. Without it the body streams past.
type BodyReader interface {
	NeedsBody() bool
}

// Awaiter is a [Function] that sometimes has to wait for something before Request can run, such as credentials, or an
// [Offerer] that does not yet know what it offers.
type Awaiter interface {
	// Ready reports whether Request or Offers can run now. It is called on Envoy's worker and must not block.
	Ready() bool
	// Await starts what is missing and calls done once, from a goroutine of its own, when it is there or has failed.
	// It does not block. After stop has returned, done is no longer called; the caller bounds the wait with it.
	Await(done func(error)) (stop func())
}

// Answerer is a [Function] that maps the upstream's answer back to what the client is to see.
type Answerer interface {
	// Headers sees and may change the answer's status and headers. It says whether Body wants the whole body; if
	// not, the body streams to the client untouched.
	Headers(*Answer) (needsBody bool, err error)
	// Body sees and may change the whole answer.
	Body(*Answer) error
}

// Routined is a [Answerer] that does the same with most answers, and does it by rule. A host that can do so without
// entering Go spares the request what that costs; it comes to the same as calling Headers and Body.
type Routined interface {
	Answerer
	// Routine returns the rule, nil if there is none. It is one of a few that live as long as the process.
	Routine() *Routine
}

// Routine is a rule for answers that have this status and none of the headers in Without. Of each header in Annotate the
// first value becomes an annotation, unless it is empty; then the headers whose names begin with one of Remove are removed.
// The body goes to the client as it is.
type Routine struct {
	Status   int
	Without  []string
	Annotate []HeaderAnnotation
	Remove   []string
}

// HeaderAnnotation is an annotation whose value is a header's.
type HeaderAnnotation struct{ Header, Key string }

// Collector is a [Answerer] that needs the body of nearly every answer. A host may then hand it the answer only when it is
// whole: it calls Headers right before Body, and enters Go once.
type Collector interface {
	Answerer
	// CollectsAnswer reports whether that is so.
	CollectsAnswer() bool
}

// Streamer is a [Answerer] that may change the answer's body while it arrives, without waiting for the whole.
type Streamer interface {
	Answerer
	// Stream is called after Headers, if that did not ask for the whole body. If the Decoder is nil, the body streams to
	// the client untouched.
	Stream(*Answer) Decoder
}

// Decoder turns an answer's body into what the client is to see, piece by piece.
type Decoder interface {
	// Decode gets the next piece, which may be empty, and says what goes to the client in its place. Until it is ready
	// for the first time, the answer's headers are held back and may still be changed, and out is kept. An error before
	// that takes the answer's place; an error after it breaks the answer off.
	Decode(piece []byte, last bool) (out []byte, ready bool, err error)
}

// Environment is what a plugin may use of the process around it. It is safe for concurrent use.
type Environment interface {
	// Warn writes one line to Envoy's log. It must not hold secrets.
	Warn(message string)
	// Count adds one to a counter. Names are those of [Counters]; others are ignored.
	Count(counter string)
}

// Counters a plugin may count in, besides the requests and errors that the filter counts itself.
const (
	CredentialsRefreshed = "funcroute.credentials.refreshed" //nolint:gosec // The name of a counter.
	CredentialsFailed    = "funcroute.credentials.failed"    //nolint:gosec // The name of a counter.
	// OpenAPILoaded counts the versions of OpenAPI documents that have been taken up, OpenAPIFailed those that could not.
	OpenAPILoaded = "funcroute.openapi.loaded"
	OpenAPIFailed = "funcroute.openapi.failed"
)

// Counters lists the counters that [Environment.Count] knows.
func Counters() []string {
	return []string{CredentialsRefreshed, CredentialsFailed, OpenAPILoaded, OpenAPIFailed}
}
