package plugins

import "runtime/debug"

// Go runs f in a goroutine of its own. A panic in it, which would else end Envoy, is told to the log. Plugins start all
// their goroutines so.
func Go(environment Environment, f func()) {
	go func() {
		defer Catch(environment)
		f()
	}()
}

// Catch is to be deferred where a panic would end Envoy: in what a timer calls, for instance. It tells the log of it.
func Catch(environment Environment) {
	if value := recover(); value != nil {
		environment.TellPanic(value, debug.Stack())
	}
}
