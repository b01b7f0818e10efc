package rest

import (
	"errors"
	"sync"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/template"
)

// function is one compiled function, whose answers go to the client as they are.
type function struct {
	target       *target
	forwardQuery bool
	response     *response // nil if answers go to the client as they are
}

var (
	_ plugins.Planner  = (*function)(nil)
	_ plugins.Answerer = templated{}
	_ plugins.Answerer = headOnly{}
)

// Plan asks for the body also where it is replaced: it must not stream past.
func (f *function) Plan() plugins.Plan {
	if f.target.body != nil || f.target.environment.ReadsBody() {
		return plugins.Plan{Request: plugins.Whole}
	}
	return plugins.Plan{}
}

// answering is a plan with answers in it.
func answering(plan plugins.Plan) plugins.Plan {
	plan.Answer = plugins.HeadersOnly
	return plan
}

// buffers are bytes that texts are made in.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// release gives back what buffers gave, unless it has grown so much that keeping it would be a waste.
func release(buffer *[]byte) {
	const most = 1 << 16
	if cap(*buffer) <= most {
		buffers.Put(buffer)
	}
}

// requestError is the error of a call that cannot be made of a request.
func requestError(err error) error {
	reason := plugins.BadParameter
	var failed *template.Error
	if !errors.As(err, &failed) {
		return plugins.Errorf(reason, "The request cannot become a call: %v.", err)
	}
	if failed.Body {
		reason = plugins.BadBody
	}
	return plugins.Errorf(reason, "The request cannot become a call: %v.", failed).Because(failed.Cause)
}
