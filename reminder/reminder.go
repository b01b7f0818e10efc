// Package reminder keeps a log from filling with the same line. What happens again and again, such as a mistake that every request
// meets, must not fill a disk; so the package says when the log is to be told of it again.
package reminder

import (
	"sync"
	"time"
)

const (
	// Every is how much time passes at least between two lines about the same thing.
	Every = time.Minute
	// Most is how many different things are told apart. All that come after that count as one thing, so that somebody who causes ever
	// new ones cannot fill the log either.
	Most = 256
)

// Reminder remembers what the log has been told. The zero value is ready. It is safe for concurrent use.
type Reminder struct {
	mutex sync.Mutex
	told  map[string]*told
}

// told is something that the log has been told.
type told struct {
	times int // since the last line
	at    time.Time
}

// Due reports whether the log is to be told of something that has happened: the first time, and then at most once in the time [Every].
// times is how often it has happened since the log was last told of it, this time included. It is 0 if the log was never told.
func (r *Reminder) Due(what string) (times int, due bool) {
	now := time.Now()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	known := r.told[what]
	if known == nil && len(r.told) >= Most {
		what = ""
		known = r.told[what]
	}
	if known == nil {
		if r.told == nil {
			r.told = map[string]*told{}
		}
		r.told[what] = &told{at: now}
		return 0, true
	}
	known.times++
	if now.Sub(known.at) < Every {
		return known.times, false
	}
	times = known.times
	known.times, known.at = 0, now
	return times, true
}

// Forget makes everything count as new. It is for when what went wrong is well again.
func (r *Reminder) Forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	clear(r.told)
}
