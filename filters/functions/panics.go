package functions

import (
	"runtime/debug"

	"github.com/funcroute/funcroute/filters/host"
)

// panics writes panics to the log. A filter has one for all its blocks, so that the same stack is not written once for each block.
type panics struct{ host.Panics }

// tell writes a panic to the log, unless it has written the same one lately.
func (p *panics) tell(log func(host.Level, string), value any, stack []byte) {
	if line := p.Line(value, stack); line != "" {
		log(host.Error, "funcroute: internal_error: "+line)
	}
}

// catch catches a panic and writes it to the log. It is deferred where a panic would end Envoy and there is no request to answer.
func (p *panics) catch(log func(host.Level, string)) {
	if value := recover(); value != nil {
		p.tell(log, value, debug.Stack())
	}
}
