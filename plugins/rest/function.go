package rest

import (
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/message"
)

// function is one compiled function: a call, and what its answer becomes.
type function struct {
	call   caller
	answer message.Answerer
}

// caller turns requests into calls: a target, or an operation that an OpenAPI document describes.
type caller interface {
	// Need is how much of the client's body the call needs.
	Need() plugins.Need
	// Make turns a request into the call, and readies it for its answer.
	Make(*plugins.Request, message.Answerer) error
}

var (
	_ plugins.Planner  = (*function)(nil)
	_ plugins.Answerer = (*function)(nil)
	_ caller           = (*message.Call)(nil)
)

// newFunction makes a function of a call with this method, and of what is configured for its answer.
func newFunction(call caller, method string, spec plugins.FunctionSpec) (plugins.Function, error) {
	answer, err := message.CompileAnswer(spec.AnswerTemplate, method, spec.Parameters)
	if err != nil {
		return nil, fmt.Errorf("rest: funcroute.responses: %w", err)
	}
	return &function{call, answer}, nil
}

func (f *function) Plan() plugins.Plan {
	return plugins.Plan{Request: f.call.Need(), Answer: f.answer.Need()}
}

func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	return nil, f.call.Make(r, f.answer)
}

func (f *function) Headers(r *plugins.Answer) (needsBody bool, err error) { return f.answer.Headers(r) }

func (f *function) Body(r *plugins.Answer) error { return f.answer.Body(r) }
