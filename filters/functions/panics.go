package functions

import (
	"runtime/debug"

	"github.com/funcroute/funcroute/filters/host"
)

// panics tells the log of panics. A filter has one for all its blocks, so that their stacks stand there once.
type panics struct{ host.Panics }

// tell writes to the log, unless it has told of that lately.
func (p *panics) tell(log func(host.Level, string), value any, stack []byte) {
	if line := p.Line(value, stack); line != "" {
		log(host.Error, "funcroute: internal_error: "+line)
	}
}

// catch is to be deferred where a panic would end Envoy and there is no request to be answered.
func (p *panics) catch(log func(host.Level, string)) {
	if value := recover(); value != nil {
		p.tell(log, value, debug.Stack())
	}
}
