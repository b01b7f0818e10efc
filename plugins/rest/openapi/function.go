package openapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

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

var _ plugins.BodyReader = (*Function)(nil)

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
			f.own[p.name] = true
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
		if d.fed < 0 && p.required && p.standard == nil && (p.in == "path" || p.in == "query") {
			return nil, fmt.Errorf("%s is required, but funcroute.parameters has no {%s} or {%s}", d.title(), d.plain(), d.qualified())
		}
		f.inputs = append(f.inputs, input{index: d.fed, title: d.title()})
	}
	var err error
	f.composer, err = compose(o.body, members)
	return f, err
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
			return nil, fmt.Errorf("%s is required, but funcroute.parameters has no {%s} or {%s}", d.title(), d.plain(), d.qualified())
		}
		if d.fed >= 0 || in.standard != nil {
			c.inputs = append(c.inputs, in)
		}
	}
	return c, nil
}

// NeedsBody implements the same method as documented on plugins.BodyReader. A body that the operation does not take has to
// be there to be dropped.
func (f *Function) NeedsBody() bool { return f.body == nil || f.composer != nil || f.validate }

// Request implements the same method as documented on plugins.Function.
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
	if hasDots(out) {
		return "", plugins.Errorf(plugins.BadParameter, `The path must not have "." or ".." as a segment.`)
	}
	separator := byte('?')
	for i, p := range f.parameters {
		if p.in != "query" {
			continue
		}
		value, present, err := f.inputs[i].value(r.Parameters, p.schema, p.standard)
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

// appendForwarded adds the client's query, but for what the operation describes: that is said by the route alone.
func (f *Function) appendForwarded(out []byte, separator byte, path string) []byte {
	_, query, _ := strings.Cut(path, "?")
	query, _, _ = strings.Cut(query, "#")
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" || f.describes(pair) {
			continue
		}
		out = append(append(out, separator), pair...)
		separator = '&'
	}
	return out
}

// describes reports whether the operation describes what a pair of the query says.
func (f *Function) describes(pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	name, err := url.QueryUnescape(name)
	if err != nil || f.own[name] {
		return true
	}
	base, _, deep := strings.Cut(name, "[")
	return deep && f.own[base]
}

// hasDots reports whether a path has "." or ".." as a segment.
func hasDots(path []byte) bool {
	for segment := range strings.SplitSeq(string(path), "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// setHeaders sets the operation's headers and cookies. Those that no parameter feeds are the client's own, and checked all
// the same.
func (f *Function) setHeaders(r *plugins.Request) error {
	var cookies []byte
	var replaced map[string]bool
	for i, p := range f.parameters {
		in := &f.inputs[i]
		if p.in != "header" && p.in != "cookie" {
			continue
		}
		sent, there := sentBy(r.Headers, p)
		if in.index < 0 && there {
			if err := p.checkSent(sent); err != nil {
				return in.problem("%v", err)
			}
			continue
		}
		value, present, err := in.value(r.Parameters, p.schema, p.standard)
		if err != nil {
			return in.problem("%v", err)
		}
		if !present && p.required {
			return in.problem("is missing")
		}
		if p.in == "header" {
			err = setHeader(r.Headers, p, value, present)
		} else {
			if replaced == nil {
				replaced = map[string]bool{}
			}
			replaced[p.name] = true
			if present && !isEmpty(value) {
				if len(cookies) > 0 {
					cookies = append(cookies, "; "...)
				}
				cookies, err = p.appendCookie(cookies, value)
			}
		}
		if err != nil {
			return in.problem("%v", err)
		}
	}
	if replaced != nil {
		setCookies(r.Headers, cookies, replaced)
	}
	return nil
}

func (p *parameter) checkSent(sent string) error {
	if p.json {
		value, err := decodeJSON([]byte(sent))
		if err == nil && p.schema.check != nil {
			err = p.schema.check(value)
		}
		return err
	}
	return p.schema.checkText(sent)
}

// sentBy returns what the client has sent under the name of a header or a cookie.
func sentBy(headers plugins.Headers, p *parameter) (value string, there bool) {
	if p.in == "cookie" {
		return cookieOf(headers.Values("cookie"), p.name)
	}
	found := headers.Values(strings.ToLower(p.name))
	return strings.Join(found, ","), len(found) > 0
}

func setHeader(headers plugins.Headers, p *parameter, value any, present bool) error {
	name := strings.ToLower(p.name)
	if !present {
		headers.Remove(name)
		return nil
	}
	text, err := p.header(value)
	if err == nil {
		headers.Set(name, text)
	}
	return err
}

func setCookies(headers plugins.Headers, cookies []byte, replaced map[string]bool) {
	all := withoutCookies(headers.Values("cookie"), replaced)
	if len(all) > 0 && len(cookies) > 0 {
		all = append(all, "; "...)
	}
	all = append(all, cookies...)
	if len(all) == 0 {
		headers.Remove("cookie")
		return
	}
	headers.Set("cookie", string(all))
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
	if f.validate {
		return f.body.valid(r.Headers.Get("content-type"), r.Body())
	}
	return nil
}

// Method is that of the call.
func (f *Function) Method() string { return f.method }
