package plugins

// Planner is a [Function] that needs more than the request's headers: the request's body, or something of the answer. A function that is
// no Planner has the empty [Plan].
type Planner interface {
	Function
	// Plan says what the function needs. It is called once, when the function is made.
	Plan() Plan
}

// Plan says beforehand how much of a request and of its answer a function needs, so that what it does not ask for costs nothing.
type Plan struct {
	// Request says how the client's body reaches the function.
	//
	//   - Untouched: the body streams past the function, and [Request.Body] is nil.
	//   - Whole: the body is there when Request is called.
	//   - Pieces: the function is a [RequestStreamer].
	Request Need
	// Answer says what the function does with answers. Unless it is Untouched, the function must be an [Answerer].
	//
	//   - Untouched: answers go to the client as they are, and Headers is never called.
	//   - HeadersOnly: Headers is called, and says for each answer whether Body is called as well.
	//   - Whole: the same, but the function needs the body of nearly every answer. So a host may wait for the body, and then call Headers
	//     and Body one right after the other.
	//   - Pieces: the same as HeadersOnly, and the function is a [Streamer].
	Answer Need
	// Routine is the rule by which the function handles most answers, nil if it has none. A host may follow the rule without entering
	// Go, which costs the request less; the outcome must be the same as that of Headers and Body. A process has a few routines, which
	// live as long as it does.
	Routine *Routine
}

// Need is how much of a message a function needs.
type Need int

// The needs. [Plan] says what each means for requests and for answers.
const (
	Untouched Need = iota
	HeadersOnly
	Whole
	Pieces
)

// Routine is a rule for answers that have the status Status and none of the headers in Without. The first value of each header in
// Annotate becomes an annotation, unless it is empty. Then the headers whose names begin with one of Remove are removed. The body goes
// to the client as it is.
type Routine struct {
	Status   int
	Without  []string
	Annotate []HeaderAnnotation
	Remove   []string
}

// HeaderAnnotation is an annotation whose value is a header's.
type HeaderAnnotation struct{ Header, Key string }
