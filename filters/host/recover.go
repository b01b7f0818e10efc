package host

import (
	"fmt"
	"runtime/debug"
)

// Recover handles a panic of a filter as every host must, for one that left us would end Envoy: the filter is told of it
// and may reply; then end is called, which ends a stream that has got no reply and leaves any other alone. The filter is
// nil if it was making it that panicked; its first event has to end the stream then.
func Recover(filter StreamFilter, value any, stack []byte, log func(Level, string), end func()) (action Action) {
	action = Replied
	defer func() {
		if again := recover(); again != nil {
			log(Error, fmt.Sprintf("funcroute: panic after a panic: %s, %s", describe(value), describe(again)))
			end()
		}
	}()
	if filter == nil {
		log(Error, fmt.Sprintf("funcroute: panic: %s\n%s", describe(value), stack))
		return action
	}
	filter.Recovered(value, stack)
	end()
	return action
}

// Quietly runs what comes after the last moment in which a request could be answered, Destroy. A panic is told to the log.
func Quietly(f func(), log func(Level, string)) {
	defer func() {
		if value := recover(); value != nil {
			log(Error, fmt.Sprintf("funcroute: panic: %s\n%s", describe(value), debug.Stack()))
		}
	}()
	f()
}
