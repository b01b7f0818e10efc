package plugins

// Planner is a [Function] that needs more of a request and its answer than the request's headers. Without it the function has the
// plan that is empty.
type Planner interface {
	Function
	// Plan says what the function needs. It is called once, when the function is made.
	Plan() Plan
}

// Plan says beforehand how much of a request and of its answer a function needs, so that what it does not ask for costs nothing.
type Plan struct {
	// Request is how the client's body reaches the function: Untouched, the body streams past, and [Request.Body] is nil; Whole, it is
	// there when Request is called; Pieces, the function is a [RequestStreamer].
	Request Need
	// Answer is what the function, as an [Answerer], does with answers. Untouched: nothing, Headers is never called. HeadersOnly: Headers is
	// called and says for each answer whether Body is. Whole: the same, but nearly every answer's body is needed, so a host
	// may call Headers only when the body is there, right before Body. Pieces: as HeadersOnly, and the function is a [Streamer].
	Answer Need
	// Routine is what the function does with most answers, if it does that by rule, and else nil. A host that can do so without entering
	// Go spares the request what that costs; it comes to the same as calling Headers and Body. It is one of a few that live as long as the
	// process.
	Routine *Routine
}

// Need is how much of a message a function needs.
type Need int

// The needs, each of which is told of at [Plan].
const (
	Untouched Need = iota
	HeadersOnly
	Whole
	Pieces
)

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
