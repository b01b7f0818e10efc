package plugins

import "runtime/debug"

// Go runs f in a goroutine of its own. Plugins start all their goroutines with it, because a panic in any other would end Envoy: Go
// writes it to the log.
func Go(environment Environment, f func()) {
	go func() {
		defer Catch(environment)
		f()
	}()
}

// Catch catches a panic and writes it to the log. Defer it where a panic would end Envoy, for instance in a function that a timer calls.
func Catch(environment Environment) {
	if value := recover(); value != nil {
		environment.TellPanic(value, debug.Stack())
	}
}
