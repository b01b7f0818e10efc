// Package rest is the function type for HTTP services: a target is an HTTP message, into which a request's parameters are
// put, and a response template is one for the answer. README.md is its manual.
//
//	message.go                    targets and response templates as they are written
//	target.go, response.go        the same, compiled
//	uri.go, headers.go, query.go  what they consist of
//	function.go, request.go, answer.go   the call and its answer
//	uritemplate/                  RFC 6570
//	expression/                   what stands between {{ and }}
//	template/                     text with expressions, escaped for where they stand
package rest

import (
	"fmt"
	"net/http"

	"github.com/funcroute/funcroute/plugins"
)

func init() { plugins.Register(rest{}) }

// rest is the function type.
type rest struct{}

var _ plugins.Type = rest{}

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	// ForwardQuery has the client's query go along.
	ForwardQuery bool `setting:"forward_query"`
}

// Name implements the same method as documented on plugins.Type.
func (rest) Name() string { return "rest" }

// Settings implements the same method as documented on plugins.Type.
func (rest) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

// NewUpstream implements the same method as documented on plugins.Type.
func (rest) NewUpstream(_ plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	if err := given.Decode(new(settings)); err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	return &upstream{}, nil
}

// upstream is a cluster.
type upstream struct{}

// NewFunction implements the same method as documented on plugins.Upstream.
func (u *upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	var s settings
	if err := spec.Settings.Decode(&s); err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	t, err := compileTarget(spec.Target, spec.Parameters)
	if err != nil {
		return nil, fmt.Errorf("rest: target: %w", err)
	}
	f := &function{target: t, forwardQuery: s.ForwardQuery}
	if spec.Response == "" {
		if t.method == http.MethodHead {
			return headOnly{f}, nil
		}
		return f, nil
	}
	if f.response, err = compileResponse(spec.Response, spec.Parameters); err != nil {
		return nil, fmt.Errorf("rest: funcroute.responses: %w", err)
	}
	return templated{f}, nil
}
