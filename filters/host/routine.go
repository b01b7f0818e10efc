package host

import "sync/atomic"

// Routine is what a filter does with most answers, told beforehand, see [Expectation]. A filter has a few of them and keeps them
// for ever, since hosts keep what they know of each for as long as the process lives.
type Routine struct {
	rule   Rule
	number int
}

// Rule says what a routine is.
type Rule struct {
	// An answer is routine if it comes from the upstream, has this status and none of these headers.
	Status  string
	Without []string
	// What is done with it: the first value of each of these headers, if there is one and it is not empty, becomes a text
	// in the request's dynamic metadata of that namespace; then the headers whose names begin with one of the prefixes
	// are removed.
	Namespace string
	Notes     []Note
	Remove    []string
}

// Note is a header and the key under which its value is noted.
type Note struct{ Header, Key string }

// madeRoutines counts the routines of the process.
var madeRoutines atomic.Int64

// NewRoutine returns the routine of a rule, which must not be changed any more.
func NewRoutine(rule Rule) *Routine {
	return &Routine{rule: rule, number: int(madeRoutines.Add(1)) - 1}
}

// Rule is the routine's.
func (r *Routine) Rule() Rule { return r.rule }

// Number is the routine's among those of the process, counted from 0. What a host knows of it can stand in a list there.
func (r *Routine) Number() int { return r.number }
