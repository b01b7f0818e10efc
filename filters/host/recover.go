package host

import "runtime/debug"

// internalErrors is the counter of all panics, the filters' own count into it too.
const internalErrors = "funcroute.errors.internal_error"

// Recovery is what a host does about panics in a filter block's streams: one that left us would end Envoy. A filter counts
// and tells of those that it is told of, see [StreamFilter.Recovered]; the others are counted and told of here.
type Recovery struct {
	panics  Panics
	counter Metric
	log     func(Level, string)
}

// NewRecovery returns that of a filter block that is being loaded.
func NewRecovery(handle ConfigHandle) (*Recovery, error) {
	counter, err := handle.Counter(internalErrors)
	return &Recovery{counter: counter, log: handle.Log}, err
}

// Recover handles a panic in an event: the filter is told of it and may reply; then end is called, which ends a stream
// that has got no reply and leaves any other alone. The filter is nil if it was making it that panicked; its first event
// has to end the stream then.
func (r *Recovery) Recover(s Stream, filter StreamFilter, value any, stack []byte, end func()) (action Action) {
	action = Replied
	defer func() {
		if again := recover(); again != nil {
			r.tell(s, again, debug.Stack()) // The first panic's stack is a part of it.
			end()
		}
	}()
	if filter == nil {
		r.tell(s, value, stack)
		return action
	}
	filter.Recovered(value, stack)
	end()
	return action
}

// Quietly runs what comes after the last moment in which a request could be answered, Destroy.
func (r *Recovery) Quietly(s Stream, f func()) {
	defer func() {
		if value := recover(); value != nil {
			r.tell(s, value, debug.Stack())
		}
	}()
	f()
}

func (r *Recovery) tell(s Stream, value any, stack []byte) {
	s.Record(r.counter, 1)
	if line := r.panics.Line(value, stack); line != "" {
		r.log(Error, "funcroute: internal_error: "+line)
	}
}
