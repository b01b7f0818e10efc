// Package worker is a function type for tests that answers by itself, as a queue does: nothing goes upstream. Its answer tells what it
// has got. No library for users has it.
package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

func init() { plugins.Register(worker{}) }

// abandoned counts the tasks whose clients have gone away.
var abandoned = plugins.NewCounter("funcroute.worker.abandoned")

type worker struct{}

type settings struct {
	// Wait has each request wait before its task, as for credentials.
	Wait bool `setting:"wait"`
	// Takes is how long a task takes.
	Takes time.Duration `setting:"takes"`
	// UntilGone has a task work until its client goes away, or its time is over.
	UntilGone bool `setting:"until_gone"`
	// Timeout is how long a task may take.
	Timeout time.Duration `setting:"timeout"`
}

func (worker) Name() string                { return "worker" }
func (worker) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }
func (worker) CallsOnly()                  {}

func (worker) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	return upstream{environment}, given.Decode(new(settings))
}

type upstream struct{ environment plugins.Environment }

func (u upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	f := &function{environment: u.environment, target: spec.Target}
	return f, spec.Settings.Decode(&f.settings)
}

type function struct {
	environment plugins.Environment
	target      string
	settings    settings
}

var (
	_ plugins.Planner = (*function)(nil)
	_ plugins.Awaiter = (*function)(nil)
)

func (f *function) Plan() plugins.Plan { return plugins.Plan{Request: plugins.Whole} }

func (f *function) Ready() bool { return !f.settings.Wait }

func (f *function) Await(done func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	plugins.Go(f.environment, func() {
		if ctx.Err() == nil {
			done(nil)
		}
	})
	return cancel
}

func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	called := fmt.Sprintf("%s %s %s, %d bytes", f.target, r.Headers.Get(":method"), r.Headers.Get(":path"), len(r.Body()))
	part := strings.Clone(r.Headers.Get("x-part"))
	return &plugins.Reply{Task: &plugins.Task{
		Timeout: f.settings.Timeout,
		Run:     func(ctx context.Context) (*plugins.Reply, error) { return f.work(ctx, called, part) },
	}}, nil
}

func (f *function) work(ctx context.Context, called, part string) (*plugins.Reply, error) {
	takes := time.After(f.settings.Takes)
	if f.settings.UntilGone {
		takes = nil
	}
	select {
	case <-takes:
	case <-ctx.Done():
		f.environment.Count(abandoned)
		return nil, ctx.Err()
	}
	return &plugins.Reply{
		Status: 202, Headers: [][2]string{{"content-type", "text/plain"}, {"x-part", part}}, Body: []byte(called),
		Annotations: []plugins.Annotation{{Key: "offset", Value: "17"}},
	}, nil
}
