package host

import "sync/atomic"

// Routine is a rule by which a filter handles most answers, see [Expectation]. A filter makes a few of them and keeps them for ever, because
// hosts keep what they know of each for as long as the process lives.
type Routine struct {
	rule   Rule
	number int
}

// Rule says which answers a routine is for, and what it does with them.
type Rule struct {
	// Status and Without say which answers the routine is for: those of the upstream that have this status and none of these headers.
	Status  string
	Without []string
	// Notes are headers whose first value becomes a text in the request's dynamic metadata, in Namespace. A value that is empty does not.
	Namespace string
	Notes     []Note
	// Remove are prefixes of the names of headers that are removed, after Notes.
	Remove []string
}

// Note is a header and the key under which its value is noted.
type Note struct{ Header, Key string }

// madeRoutines counts the routines of the process.
var madeRoutines atomic.Int64

// NewRoutine returns the routine of a rule, which must not be changed any more.
func NewRoutine(rule Rule) *Routine {
	return &Routine{rule: rule, number: int(madeRoutines.Add(1)) - 1}
}

// Rule returns the routine's rule.
func (r *Routine) Rule() Rule { return r.rule }

// Number is the routine's number among those of the process, counted from 0. A host can keep what it knows of routines in a list.
func (r *Routine) Number() int { return r.number }
