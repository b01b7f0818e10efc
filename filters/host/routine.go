package host

import "sync/atomic"

// Routine is what a filter does with most answers, told beforehand, see [Stream.FollowRoutine]. A filter has a few of them
// and keeps them for ever.
type Routine struct {
	// An answer is routine if it comes from the upstream, has this status and none of these headers.
	Status  string
	Without []string
	// What is done with it: the first value of each of these headers, if there is one and it is not empty, becomes a text
	// in the request's dynamic metadata of that namespace; then the headers whose names begin with one of the prefixes
	// are removed.
	Namespace string
	Notes     []Note
	Remove    []string
	// Known is the host's: what it knows the routine by. A process has one host.
	Known atomic.Pointer[byte]
}

// Note is a header and the key under which its value is noted.
type Note struct{ Header, Key string }
