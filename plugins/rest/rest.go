// Package rest is the function type for HTTP services: a target is an HTTP message, into which a request's parameters are
// put, and an answer template is one for the answer. README.md is its manual.
//
//	target.go           what a target calls
//	openapi.go, openapi/   operations that an OpenAPI document describes, called
//	function.go         either of them with what its answer becomes
//
// The notation, and what a message consists of, is in plugins/kit/message.
package rest

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/rest/openapi"
)

func init() { plugins.Register(rest{openapi.NewDocuments()}) }

// rest is the function type.
type rest struct{ documents *openapi.Documents }

var _ plugins.Type = rest{}

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	ForwardQuery bool   `setting:"forward_query" doc:"Has the client's query go along, behind that of the target."`
	OpenAPI      string `setting:"openapi" doc:"Path of an OpenAPI document whose operations the cluster offers; in the cluster only."`
	Validate     string `setting:"validate" one_of:"none,request" default:"none" doc:"How much of the calls of operations is checked beforehand: with request also their bodies."`
}

func (rest) Name() string { return "rest" }

func (rest) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

func (t rest) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	var s settings
	if err := given.Decode(&s); err != nil {
		return nil, fmt.Errorf("rest: %w", err)
	}
	if s.OpenAPI != "" {
		return described{upstream{s}, t.documents.Open(environment, s.OpenAPI)}, nil
	}
	return &upstream{s}, nil
}

// upstream is a cluster.
type upstream struct{ settings settings }

var _ plugins.Upstream = (*upstream)(nil)

// routeSettings reads the settings of a function.
func (u *upstream) routeSettings(spec plugins.FunctionSpec) (s settings, err error) {
	if err := spec.Settings.Decode(&s); err != nil {
		return s, fmt.Errorf("rest: %w", err)
	}
	if s.OpenAPI != u.settings.OpenAPI {
		return s, errors.New(`rest: setting "openapi" belongs to the cluster, since it says what the cluster offers`)
	}
	return s, nil
}

func (u *upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	s, err := u.routeSettings(spec)
	if err != nil {
		return nil, err
	}
	call, method, err := compileTarget(spec.Target, spec.Parameters, s.ForwardQuery)
	if err != nil {
		return nil, fmt.Errorf("rest: target: %w", err)
	}
	return newFunction(call, method, spec)
}
