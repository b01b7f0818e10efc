package functions

import (
	"strconv"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
)

// attempts follows requests through the filters of a cluster. There the filter runs once for each attempt: retries come one after the other,
// hedged attempts run side by side. All attempts of a request share one map of request headers, so the second would take for the
// client's what the first has written.
//
// So the attempts of a request keep its headers as they were. The last attempt alive puts them back, when its answer arrives or when it ends
// without one. It must be the last, because another might still send the headers. An attempt that begins while another is alive
// begins with the headers that were kept. Sometimes an attempt ends too late to put anything back; then the host keeps the headers for the
// next one.
type attempts struct {
	mutex sync.Mutex
	next  uint64
	live  map[string]*kept
}

// kept are a request's headers as the client sent them.
type kept struct {
	users   int // the attempts that are alive
	headers [][2]string
}

func newAttempts() *attempts { return &attempts{live: map[string]*kept{}} }

// request is what attempts need of a host.Stream. It may be a host.HeaderKeeper, too.
type request interface{ Request() host.Message }

// takenUp reports whether a functions filter in the listener has turned the request into a call already. If not, and this is a cluster's
// filter, it begins an attempt, which undoes what the previous attempt has done to the headers.
func (s *stream) takenUp() bool {
	// All filters mark a request with the function's type. Filters in a cluster also mark it with the attempt's id.
	const attemptKey = "called_by"
	if !s.host.InCluster() {
		return s.host.DynamicMetadata(settingsNamespace, typeKey) != ""
	}
	by := s.host.DynamicMetadata(settingsNamespace, attemptKey)
	if by == "" && s.host.DynamicMetadata(settingsNamespace, typeKey) != "" {
		return true
	}
	s.attempt = s.config.attempts.begin(by, s.host)
	if s.attempt.id != by {
		s.annotate(attemptKey, s.attempt.id)
	}
	return false
}

// attempt is one attempt. Its methods may be called on nil.
type attempt struct {
	id       string
	attempts *attempts
	kept     *kept
}

// begin starts an attempt. id is the one that the request's previous attempt has had, "" if this is the first.
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
	var all [][2]string // Assigned only when it is complete: a part of the headers must never be put back as the whole.
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

// keepAt has the host keep headers, if the host can.
func keepAt(r request, headers [][2]string) {
	if keeper, ok := r.(host.HeaderKeeper); ok {
		keeper.KeepHeaders(headers)
	}
}

// keptBy returns the headers that the host has kept for this attempt, nil if there are none.
func keptBy(r request) [][2]string {
	if keeper, ok := r.(host.HeaderKeeper); ok {
		return keeper.KeptHeaders()
	}
	return nil
}

// restore makes the headers what they were. original is nil if nothing was changed.
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
