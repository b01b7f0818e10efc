// Package openfaas is the function type for OpenFaaS: a request becomes a call by the gateway's path of its function, for its answer or to be
// queued. README.md is its manual.
//
//	openfaas.go   the type, its settings, its functions
//	target.go     which function a target calls
//
// What a call consists of is in plugins/kit/message, how it is authenticated in plugins/kit/tokens.
package openfaas

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/message"
	"github.com/funcroute/funcroute/plugins/kit/tokens"
)

func init() { plugins.Register(openfaas{}) }

// openfaas is the function type.
type openfaas struct{}

var (
	_ plugins.Type      = openfaas{}
	_ plugins.CallsOnly = openfaas{}
)

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	Invocation  string `setting:"invocation" one_of:"request-response,event" default:"request-response" doc:"Whether the client waits for the function's answer, or gets a 202 once the call is queued."`
	CallbackURL string `setting:"callback_url" doc:"URL to which OpenFaaS sends the answer of a queued call."`
	tokens.Settings
}

const invocationEvent = "event"

func (openfaas) Name() string { return "openfaas" }

func (openfaas) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

// A gateway's other paths are those of its operators.
func (openfaas) CallsOnly() {}

func (openfaas) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	if _, err := read(given); err != nil {
		return nil, err
	}
	return upstream{environment}, nil
}

func read(given plugins.Settings) (*settings, error) {
	s := new(settings)
	if err := given.Decode(s); err != nil {
		return nil, fmt.Errorf("openfaas: %w", err)
	}
	if err := checkCallback(s.CallbackURL); err != nil {
		return nil, fmt.Errorf("openfaas: setting %q must be a URL like https://hooks.example.com/done: %w", "callback_url", err)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("openfaas: %w", err)
	}
	return s, nil
}

// checkCallback does not repeat the text, in which a password may stand.
func checkCallback(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("it cannot be parsed")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return errors.New("it must begin with https:// or http:// and name a host")
	case u.User != nil:
		return errors.New("it must not have a user or a password, which anybody could read who may read the configuration")
	}
	return nil
}

// upstream is a cluster, whose endpoint is a gateway. All it offers is decided per function, for a route may override every setting.
type upstream struct{ environment plugins.Environment }

var _ plugins.Upstream = upstream{}

func (u upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	s, err := read(spec.Settings)
	if err != nil {
		return nil, err
	}
	f := &function{}
	method := ""
	if s.Invocation == invocationEvent {
		method, f.callback = http.MethodPost, s.CallbackURL
	}
	if f.call, err = compileTarget(spec.Target, method, spec.Parameters); err != nil {
		return nil, fmt.Errorf("openfaas: target: %w", err)
	}
	if f.answer, err = message.CompileAnswer(spec.AnswerTemplate, method, spec.Parameters); err != nil {
		return nil, fmt.Errorf("openfaas: funcroute.responses: %w", err)
	}
	f.plan = plugins.Plan{Request: f.call.Need(), Answer: f.answer.Need()}
	if f.plan.Answer == plugins.Untouched {
		f.plan.Answer, f.plan.Routine = plugins.HeadersOnly, answered
		if s.Invocation == invocationEvent {
			f.plan.Routine = queued
		}
	}
	made, err := s.Authenticate(u.environment, f)
	if err != nil {
		return nil, fmt.Errorf("openfaas: %w", err)
	}
	return made, nil
}

// function is one compiled function: a call, and what its answer becomes.
type function struct {
	call   *message.Call
	answer message.Answerer
	plan   plugins.Plan
	// callback is where the answer of a queued call goes, "" if nowhere.
	callback string
}

var (
	_ plugins.Planner  = (*function)(nil)
	_ plugins.Answerer = (*function)(nil)
)

const (
	callID         = "x-call-id"
	callbackHeader = "x-callback-url"
)

// answered and queued are what is done with answers that are as they should be.
var (
	answered = &plugins.Routine{Status: http.StatusOK, Annotate: []plugins.HeaderAnnotation{{Header: callID, Key: "call_id"}}}
	queued   = &plugins.Routine{Status: http.StatusAccepted, Annotate: answered.Annotate}
)

func (f *function) Plan() plugins.Plan { return f.plan }

// Request has the answer go where the configuration says: a client who could name the place would have the gateway call it.
func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	r.Headers.Remove(callbackHeader)
	if err := f.call.Make(r, f.answer); err != nil {
		return nil, err
	}
	if f.callback != "" {
		r.Headers.Set(callbackHeader, f.callback)
	}
	return nil, nil
}

func (f *function) Headers(a *plugins.Answer) (needsBody bool, err error) {
	if id := a.Headers.Get(callID); id != "" {
		a.Annotate("call_id", id)
	}
	return f.answer.Headers(a)
}

func (f *function) Body(a *plugins.Answer) error { return f.answer.Body(a) }
