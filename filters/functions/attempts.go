package functions

import (
	"strconv"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// attempts follows requests through the filters of a cluster. There the filter runs once per attempt, and all attempts
// (retries, one after the other, and hedged ones, side by side) share one map of request headers: what the first has
// rewritten the second would take for the client's. So each attempt keeps the headers it found, and the last one alive
// puts them back: when its answer arrives, or when it ends without one. An attempt that begins while another is alive
// begins with what that one has kept. Nothing is put back while another attempt might still send the headers. Where an attempt's
// end comes too late to put anything back, the host keeps the headers for the next one.
type attempts struct {
	mutex sync.Mutex
	next  uint64
	live  map[string]*kept
}

// kept are a request's headers as the client sent them.
type kept struct {
	users   int
	headers [][2]string
}

func newAttempts() *attempts { return &attempts{live: map[string]*kept{}} }

// request is what attempts need of a host.Stream. It may be a host.HeaderKeeper, too.
type request interface{ Request() host.Message }

// attempt is one attempt. Its methods may be called on nil.
type attempt struct {
	id       string
	attempts *attempts
	kept     *kept
}

// begin starts an attempt. id is the request's as its previous attempt had it, or "".
func (a *attempts) begin(id string, r request) *attempt {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	found := a.live[id]
	if found == nil {
		found = &kept{}
		if id != "" {
			found.headers = keptBy(r)
		} else {
			a.next++
			id = strconv.FormatUint(a.next, 10)
		}
		a.live[id] = found
	}
	found.users++
	restore(r.Request().Headers(), found.headers)
	return &attempt{id, a, found}
}

// keep notes the headers before they are rewritten.
func (t *attempt) keep(r request) {
	if t == nil {
		return
	}
	t.attempts.mutex.Lock()
	defer t.attempts.mutex.Unlock()
	if t.kept == nil || t.kept.headers != nil {
		return
	}
	var all [][2]string // A part of them must never be put back as the whole.
	r.Request().Headers().Range(func(name, value string) bool {
		all = append(all, [2]string{name, value})
		return true
	})
	t.kept.headers = all
	keepAt(r, all)
}

// release ends the attempt's use of the headers. It may be called more than once.
func (t *attempt) release(r request) {
	if t == nil {
		return
	}
	t.attempts.mutex.Lock()
	defer t.attempts.mutex.Unlock()
	if t.kept == nil {
		return
	}
	kept := t.kept
	t.kept = nil
	kept.users--
	if kept.users > 0 {
		return
	}
	delete(t.attempts.live, t.id)
	headers := r.Request().Headers()
	if kept.headers == nil || headers.Get(":method") == "" {
		return // Nothing was changed, or the headers are out of reach.
	}
	restore(headers, kept.headers)
	keepAt(r, nil)
}

// besides reports whether another attempt of the same request is alive.
func (t *attempt) besides() bool {
	if t == nil {
		return false
	}
	t.attempts.mutex.Lock()
	defer t.attempts.mutex.Unlock()
	found := t.attempts.live[t.id]
	if found == nil {
		return false
	}
	if t.kept == found {
		return found.users > 1
	}
	return found.users > 0
}

// keepAt has the host keep headers, if it is one that can.
func keepAt(r request, headers [][2]string) {
	if keeper, ok := r.(host.HeaderKeeper); ok {
		keeper.KeepHeaders(headers)
	}
}

// keptBy is what the host has kept of an earlier attempt.
func keptBy(r request) [][2]string {
	if keeper, ok := r.(host.HeaderKeeper); ok {
		return keeper.KeptHeaders()
	}
	return nil
}

// restore makes the headers what they were. Nothing kept means nothing was changed.
func restore(headers host.Headers, original [][2]string) {
	if original == nil {
		return
	}
	first := make(map[string]bool, len(original))
	for _, header := range original {
		first[header[0]] = true
	}
	headers.RemoveFunc(func(name string) bool { return !first[name] })
	for _, header := range original {
		if first[header[0]] {
			headers.Set(header[0], header[1])
			first[header[0]] = false
		} else {
			headers.Add(header[0], header[1])
		}
	}
}
