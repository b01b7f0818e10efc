package rest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/rest/openapi"
)

// described is a cluster that offers the operations of an OpenAPI document beside its own functions.
type described struct {
	upstream
	*openapi.Operations
}

var (
	_ plugins.Upstream = described{}
	_ plugins.Offerer  = described{}
)

func (d described) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	if !spec.Offered {
		return d.upstream.NewFunction(spec)
	}
	s, err := d.routeSettings(spec)
	if err != nil {
		return nil, err
	}
	made, err := d.Function(spec.Name, spec.Parameters, openapi.Options{ForwardQuery: s.ForwardQuery, Validate: s.Validate == "request"})
	if err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	o := &operation{Function: made, answered: &function{target: &target{method: made.Method()}}}
	if spec.Response != "" {
		if o.answered.response, err = compileResponse(spec.Response, spec.Parameters); err != nil {
			return nil, fmt.Errorf("rest: funcroute.responses: %w", err)
		}
		return templatedOperation{o, templated{o.answered}}, nil
	}
	if made.Method() == http.MethodHead {
		return headOperation{o, headOnly{o.answered}}, nil
	}
	return o, nil
}

// operation is one operation on a route. Its answer is that of a function which was written by hand.
type operation struct {
	*openapi.Function
	answered *function
}

type (
	templatedOperation struct {
		*operation
		templated
	}
	headOperation struct {
		*operation
		headOnly
	}
)

var (
	_ plugins.Planner  = (*operation)(nil)
	_ plugins.Answerer = templatedOperation{}
	_ plugins.Answerer = headOperation{}
)

func (o *operation) Plan() plugins.Plan {
	if o.NeedsBody() {
		return plugins.Plan{Request: plugins.Whole}
	}
	return plugins.Plan{}
}

func (t templatedOperation) Plan() plugins.Plan { return answering(t.operation.Plan()) }

func (h headOperation) Plan() plugins.Plan { return answering(h.operation.Plan()) }

func (o *operation) Request(r *plugins.Request) (*plugins.Reply, error) {
	method, path := r.Headers.Get(":method"), r.Headers.Get(":path")
	if _, err := o.Function.Request(r); err != nil {
		return nil, err
	}
	if r.BodyReplaced() {
		replaceBody(r, r.Body(), r.Headers.Get(contentTypeHeader))
	}
	if o.answered.response != nil {
		o.answered.response.prepare(r, method, path)
	} else if o.Method() == http.MethodHead {
		r.State = known{method: strings.Clone(method)}
	}
	return nil, nil
}
