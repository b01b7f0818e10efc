package rest

import (
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/message"
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
	return d.newFunction(operation{made}, made.Method(), spec, &s)
}

// operation is the call of an operation.
type operation struct{ *openapi.Function }

var _ caller = operation{}

func (o operation) Need() plugins.Need {
	if o.NeedsBody() {
		return plugins.Whole
	}
	return plugins.Untouched
}

func (o operation) Make(r *plugins.Request, answer message.Answerer) error {
	asked := message.Asked{Method: r.Headers.Get(":method"), Path: r.Headers.Get(":path")}
	if _, err := o.Request(r); err != nil {
		return err
	}
	if r.BodyReplaced() {
		message.ReplaceBody(r, r.Body(), r.Headers.Get("content-type"))
	}
	answer.Prepare(r, asked)
	return nil
}
