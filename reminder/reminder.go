// Package reminder keeps a log from filling with the same: it says when the log is to be told again of what happens again and again, for
// a mistake that every request meets must not fill a disk.
package reminder

import (
	"sync"
	"time"
)

const (
	// Every is how often the log is told of the same at most.
	Every = time.Minute
	// Most is how many different things are told of by themselves. All that come when there are as many count as one and the same,
	// so that who makes up ever new ones cannot fill the log either.
	Most = 256
)

// Reminder knows what the log has been told of. The zero value is ready. It is safe for concurrent use.
type Reminder struct {
	mutex sync.Mutex
	told  map[string]*told
}

// told is something that the log has been told of.
type told struct {
	times int // since the last line
	at    time.Time
}

// Due reports whether the log is to be told of something that happens: the first time, and then at most once in the time [Every].
// Times is how often it has happened since the log was last told of it, this time included, and 0 if the log never was.
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

// Forget has everything count as new, for what went wrong is well again.
func (r *Reminder) Forget() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	clear(r.told)
}
