// Package http is the function type for functions that speak HTTP themselves, as those of Knative, Nuclio or Fn do: a request goes on as the
// client has sent it, to the function's own host and path. README.md is its manual.
//
//	http.go       the type, its settings, its functions
//	target.go     what a target calls
//
// The notation, and what a message consists of, is in plugins/kit/message; how calls are authenticated in plugins/kit/tokens.
package http

import (
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/message"
	"github.com/funcroute/funcroute/plugins/kit/tokens"
)

func init() { plugins.Register(functions{}) }

// functions is the function type.
type functions struct{}

var _ plugins.Type = functions{}

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	ForwardQuery bool `setting:"forward_query" default:"true" doc:"Has the client's query go along, behind that of the target."`
	AppendPath   bool `setting:"append_path" doc:"Has the parameter rest follow the target's path, or the client's whole path where the route has no such parameter."`
	tokens.Settings
}

func (functions) Name() string { return "http" }

func (functions) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

func (functions) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	if _, err := read(given); err != nil {
		return nil, err
	}
	return upstream{environment}, nil
}

func read(given plugins.Settings) (*settings, error) {
	s := new(settings)
	if err := given.Decode(s); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	return s, nil
}

// upstream is a cluster. All it offers is decided per function, for a route may override every setting.
type upstream struct{ environment plugins.Environment }

var _ plugins.Upstream = upstream{}

func (u upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	s, err := read(spec.Settings)
	if err != nil {
		return nil, err
	}
	call, method, err := compileTarget(spec.Target, spec.Parameters, s)
	if err != nil {
		return nil, fmt.Errorf("http: target: %w", err)
	}
	answer, err := message.CompileAnswer(spec.AnswerTemplate, method, spec.Parameters)
	if err != nil {
		return nil, fmt.Errorf("http: funcroute.responses: %w", err)
	}
	made, err := s.Authenticate(u.environment, &function{call, answer})
	if err != nil {
		return nil, fmt.Errorf("http: %w", err)
	}
	return made, nil
}

// function is one compiled function: a call, and what its answer becomes.
type function struct {
	call *message.Call
	message.Answerer
}

var (
	_ plugins.Planner  = (*function)(nil)
	_ plugins.Answerer = (*function)(nil)
)

func (f *function) Plan() plugins.Plan {
	return plugins.Plan{Request: f.call.Need(), Answer: f.Need()}
}

func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	return nil, f.call.Make(r, f.Answerer)
}
