package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
)

// Function is an operation on a route. Answers go to the client as they are.
type Function struct {
	*operation
	// inputs are those of the operation's parameters, in their order.
	inputs []input
	// own are the names of the query's parameters that the operation describes, see forward.
	own      map[string]bool
	composer *composer // nil if the client's body goes along
	forward  bool
	validate bool
}

var _ plugins.Function = (*Function)(nil)

// Options are what a route can say of an operation beside its parameters.
type Options struct {
	// ForwardQuery lets the client's query go along.
	ForwardQuery bool
	// Validate has the whole request checked, with its body.
	Validate bool
}

// newFunction binds an operation to a route's parameters.
func newFunction(o *operation, set *parameters.Set, options Options) (*Function, error) {
	f := &Function{operation: o, own: map[string]bool{}, forward: options.ForwardQuery, validate: options.Validate}
	var destinations []*destination
	for _, p := range o.parameters {
		destinations = append(destinations, &destination{in: p.in, name: p.name, fed: -1})
		if p.in == "query" {
			p.describe(f.own)
		}
	}
	var members []*destination
	if o.body != nil && o.body.mediaType != "" {
		for _, name := range o.body.properties {
			members = append(members, &destination{in: "body", name: name, fed: -1})
		}
	}
	if err := connect(slices.Concat(destinations, members), set); err != nil {
		return nil, err
	}
	for i, p := range o.parameters {
		d := destinations[i]
		own := p.ownDeepObject(d.fed, set, f.forward)
		if d.fed < 0 && p.required && p.standard == nil && !own && (p.in == "path" || p.in == "query") {
			return nil, fmt.Errorf("%s is required, but funcroute.parameters has no {%s} or {%s}", d.title(), d.plain(), d.called(destinations))
		}
		f.inputs = append(f.inputs, input{index: d.fed, title: d.title(), own: own})
	}
	var err error
	f.composer, err = compose(o.body, members)
	return f, err
}

// describe adds the names that a parameter has in a query: its own, and those of the members of an object that is spread over it.
func (p *parameter) describe(names map[string]bool) {
	names[p.name] = true
	if p.style == "form" && p.explode && !p.json {
		for _, member := range p.schema.memberNames() {
			names[member] = true
		}
	}
}

// compose returns a composer if any member of the body is fed, else nil.
func compose(b *body, members []*destination) (*composer, error) {
	if !slices.ContainsFunc(members, func(d *destination) bool { return d.fed >= 0 }) {
		return nil, nil
	}
	c := &composer{body: b}
	for _, d := range members {
		member := b.schema.properties[d.name]
		in := bodyInput{
			input: input{index: d.fed, title: d.title()}, name: d.name, schema: member,
			required: slices.Contains(b.schema.required, d.name), standard: nil,
		}
		var err error
		if in.standard, err = member.defaultValue(); err != nil {
			return nil, fmt.Errorf("%s: its default %w", d.title(), err)
		}
		if d.fed < 0 && in.required && in.standard == nil {
			return nil, fmt.Errorf("%s is required, but funcroute.parameters has no {%s} or {%s}", d.title(), d.plain(), d.called(members))
		}
		if d.fed >= 0 || in.standard != nil {
			c.inputs = append(c.inputs, in)
		}
	}
	return c, nil
}

// Method is that of the call.
func (f *Function) Method() string { return f.method }

// NeedsBody reports whether the client's whole body has to be there first. One that the operation does not take has to, to be dropped.
func (f *Function) NeedsBody() bool { return f.body == nil || f.composer != nil || f.validate }

func (f *Function) Request(r *plugins.Request) (*plugins.Reply, error) {
	target, err := f.target(r)
	if err != nil {
		return nil, err
	}
	if err := f.setHeaders(r); err != nil {
		return nil, err
	}
	if err := f.setBody(r); err != nil {
		return nil, err
	}
	r.Headers.Set(":method", f.method)
	r.Headers.Set(":path", target)
	if accept := r.Headers.Get("accept"); accept == "" && f.accept != "" {
		r.Headers.Set("accept", f.accept)
	}
	return nil, nil
}

// target returns path and query.
func (f *Function) target(r *plugins.Request) (string, error) {
	out := make([]byte, 0, 128)
	for _, s := range f.path {
		if s.literal != "" {
			out = append(out, s.literal...)
			continue
		}
		p, in, start := f.parameters[s.parameter], &f.inputs[s.parameter], len(out)
		value, present, err := in.value(r.Parameters, p.schema, p.standard)
		if err == nil && present {
			out, err = p.appendPath(out, value)
		}
		switch {
		case err != nil:
			return "", in.problem("%v", err)
		case len(out) == start:
			return "", in.problem("is missing")
		}
	}
	if len(httptext.DotSegment(out)) > 0 {
		return "", plugins.Errorf(plugins.BadParameter, `The path must not have "." or ".." as a segment.`)
	}
	separator := byte('?')
	if f.query != "" {
		out = append(append(out, separator), f.query...)
		separator = '&'
	}
	for i, p := range f.parameters {
		if p.in != "query" {
			continue
		}
		value, present, err := f.fromQuery(i, r)
		if err == nil && present && (p.json || !isEmpty(value)) {
			out = append(out, separator)
			out, err = p.appendQuery(out, value)
			separator = '&'
		} else if err == nil && p.required {
			return "", f.inputs[i].problem("is missing")
		}
		if err != nil {
			return "", f.inputs[i].problem("%v", err)
		}
	}
	if f.forward {
		out = f.appendForwarded(out, separator, r.Headers.Get(":path"))
	}
	return string(out), nil
}

// fromQuery returns the value of a parameter that goes into the query.
func (f *Function) fromQuery(i int, r *plugins.Request) (value any, present bool, err error) {
	p, in := f.parameters[i], &f.inputs[i]
	if in.own {
		if value, present, err = p.deepObject(r.Headers.Get(":path")); present || err != nil {
			return value, present, err
		}
	}
	return in.value(r.Parameters, p.schema, p.standard)
}

// appendForwarded adds the client's query, but for what the operation describes or the call has: that is said by the route
// alone.
func (f *Function) appendForwarded(out []byte, separator byte, path string) []byte {
	_, query, _ := strings.Cut(path, "?")
	query, _, _ = strings.Cut(query, "#")
	if query == "" {
		return out
	}
	_, called, _ := strings.Cut(string(out), "?")
	has := map[string]bool{}
	for pair := range strings.SplitSeq(called, "&") {
		name, _ := httptext.QueryName(pair)
		has[name] = true
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, readable := httptext.QueryName(pair)
		if !readable || has[name] || f.describes(name) {
			continue
		}
		out = append(append(out, separator), pair...)
		separator = '&'
	}
	return out
}

// describes reports whether the operation describes a name in the query.
func (f *Function) describes(name string) bool {
	base, _, deep := strings.Cut(name, "[")
	return f.own[name] || deep && f.own[base]
}

// setBody composes the body, drops one that the operation does not take, or lets the client's go along.
func (f *Function) setBody(r *plugins.Request) error {
	switch {
	case f.composer != nil:
		body, err := f.composer.compose(r.Parameters)
		if err != nil {
			return err
		}
		r.SetBody(body)
		r.Headers.Set("content-type", f.body.mediaType)
	case f.body == nil:
		r.Headers.Remove("content-type")
		if len(r.Body()) > 0 {
			r.SetBody(nil)
		}
		return nil
	case f.body.only != "" && r.Headers.Get("content-type") == "":
		r.Headers.Set("content-type", f.body.only)
	}
	if !f.validate {
		return nil
	}
	if encoding := r.Headers.Get("content-encoding"); f.composer == nil && encoding != "" && encoding != "identity" {
		return plugins.Errorf(plugins.BadBody, "The body is compressed and cannot be checked.")
	}
	return f.body.valid(r.Headers.Get("content-type"), r.Body())
}
