// Package panics is a function type and a filter for tests: both panic wherever they are told to. No library for users has
// them.
package panics

import (
	"context"
	"os"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
)

func init() {
	plugins.Register(panics{})
	plugins.Register(speechless{})
}

// panics calls an HTTP service with the client's request as it is.
type panics struct{}

type settings struct {
	// At is where the type panics. Nowhere, it does what it is called for: eventually, whole, in-pieces.
	At string `setting:"at"`
}

func (panics) Name() string                { return "panics" }
func (panics) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

func (panics) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	u := upstream{environment: environment}
	if err := given.Decode(&u.settings); err != nil {
		return nil, err
	}
	at(u.settings.At, "new-upstream")
	return u, nil
}

// speechless is a type that cannot even say what its settings are.
type speechless struct{ panics }

func (speechless) Name() string { return "speechless" }

func (speechless) Settings() []plugins.Setting {
	if os.Getenv("FUNCROUTE_SPEECHLESS") != "" { // It would else fill the log of every test.
		panic("s3cr3t of settings")
	}
	return nil
}

type upstream struct {
	environment plugins.Environment
	settings    settings
}

func (u upstream) NewFunction(plugins.FunctionSpec) (plugins.Function, error) {
	at(u.settings.At, "new-function")
	return &function{upstream: u, identity: credentials.NewProvider("panics", "", func(context.Context) (credentials.Credentials, error) {
		panic("s3cr3t of fetch")
	})}, nil
}

type function struct {
	upstream
	identity *credentials.Provider
}

func (f *function) at(here string) { at(f.settings.At, here) }

func (f *function) Plan() plugins.Plan {
	f.at("plan")
	plan := plugins.Plan{Request: plugins.Whole, Answer: plugins.HeadersOnly}
	switch f.settings.At {
	case "whole":
		plan.Answer = plugins.Whole
	case "stream", "decode", "late", "in-pieces":
		plan.Answer = plugins.Pieces
	}
	return plan
}

func (f *function) Ready() bool {
	f.at("ready")
	switch f.settings.At {
	case "await", "goroutine", "stop", "fetch", "eventually":
		return false
	}
	return true
}

func (f *function) Await(done func(error)) (stop func()) {
	f.at("await")
	switch f.settings.At {
	case "goroutine":
		plugins.Go(f.environment, func() { f.at("goroutine") })
	case "eventually":
		plugins.Go(f.environment, func() { done(nil) })
	case "fetch":
		return f.identity.Await(f.environment, done)
	}
	return func() { f.at("stop") }
}

func (f *function) Request(*plugins.Request) (*plugins.Reply, error) {
	f.at("request")
	return nil, nil
}

func (f *function) Headers(*plugins.Answer) (needsBody bool, err error) {
	f.at("headers")
	return f.settings.At == "body" || f.settings.At == "whole", nil
}

func (f *function) Body(*plugins.Answer) error {
	f.at("body")
	return nil
}

func (f *function) Stream(*plugins.Answer) plugins.Decoder {
	f.at("stream")
	switch f.settings.At {
	case "decode", "late", "in-pieces":
		return &decoder{function: f}
	}
	return nil
}

type decoder struct {
	function *function
	begun    bool
}

func (d *decoder) Decode(piece []byte, _ bool) (out []byte, ready bool, err error) {
	d.function.at("decode")
	if d.begun {
		d.function.at("late")
	}
	d.begun = true
	return piece, true, nil
}
