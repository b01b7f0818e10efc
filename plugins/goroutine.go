package plugins

import (
	"fmt"
	"runtime/debug"
)

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
		TellPanic(environment, value, debug.Stack())
	}
}

// PanicTeller is an [Environment] that tells the log of panics. It sees to it that the same one does not fill the log.
type PanicTeller interface {
	Environment
	TellPanic(value any, stack []byte)
}

// TellPanic tells the environment of a panic. The value itself may hold a secret.
func TellPanic(environment Environment, value any, stack []byte) {
	if teller, ok := environment.(PanicTeller); ok {
		teller.TellPanic(value, stack)
		return
	}
	environment.Warn(fmt.Sprintf("funcroute: panic: a value of type %T\n%s", value, stack))
}
