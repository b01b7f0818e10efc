package host

import "runtime/debug"

// internalErrors is the counter of all panics. Filters count their internal errors in it as well.
const internalErrors = "funcroute.errors.internal_error"

// Recovery handles panics in a filter block's streams for a host. A panic that nobody catches would end Envoy. If [StreamFilter.Recovered] is
// called, the filter counts and logs the panic; Recovery counts and logs all others.
type Recovery struct {
	panics  Panics
	counter Metric
	log     func(Level, string)
}

// NewRecovery returns the Recovery of a filter block that is being loaded.
func NewRecovery(handle ConfigHandle) (*Recovery, error) {
	counter, err := handle.Counter(internalErrors)
	return &Recovery{counter: counter, log: handle.Log}, err
}

// Recover handles a panic in an event. It tells the filter, which may reply, and then calls end. end must end the stream with an error unless
// somebody has replied. The filter is nil if NewStream has panicked; then its first event must end the stream.
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

// Quietly calls f, and catches a panic in it. It is for Destroy, when it is too late to answer the request.
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
