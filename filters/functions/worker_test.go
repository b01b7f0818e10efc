package functions_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

func init() { plugins.Register(worker{}) }

var errorOfAWorker = plugins.NewReason("worker_busy", 503)

// worker is a function type that answers by itself, as a queue does: it tells in its answer what it has got.
type worker struct{}

type workerSettings struct {
	Body bool   `setting:"body"`
	Wait bool   `setting:"wait"`
	Task string `setting:"task" one_of:"done,busy,fails,panics,nothing,another,status,until-the-end,too-long" default:"done"`
}

func (worker) Name() string                { return "worker" }
func (worker) Settings() []plugins.Setting { return plugins.SettingsOf(workerSettings{}) }
func (worker) CallsOnly()                  {}

func (worker) NewUpstream(_ plugins.Environment, settings plugins.Settings) (plugins.Upstream, error) {
	return workerUpstream{}, settings.Decode(new(workerSettings))
}

type workerUpstream struct{}

func (workerUpstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	f := &workerFunction{target: spec.Target}
	return f, spec.Settings.Decode(&f.settings)
}

type workerFunction struct {
	target   string
	settings workerSettings
}

var (
	_ plugins.Planner = (*workerFunction)(nil)
	_ plugins.Awaiter = (*workerFunction)(nil)
)

func (f *workerFunction) Plan() plugins.Plan {
	if f.settings.Body {
		return plugins.Plan{Request: plugins.Whole}
	}
	return plugins.Plan{}
}

func (f *workerFunction) Ready() bool { return !f.settings.Wait }

func (f *workerFunction) Await(done func(error)) (stop func()) {
	time.AfterFunc(0, func() { done(nil) })
	return func() {}
}

func (f *workerFunction) Request(r *plugins.Request) (*plugins.Reply, error) {
	path, body := strings.Clone(r.Headers.Get(":path")), string(r.Body())
	return &plugins.Reply{Task: &plugins.Task{
		Run:     func(ctx context.Context) (*plugins.Reply, error) { return f.run(ctx, path, body) },
		Timeout: 100 * time.Millisecond,
	}}, nil
}

func (f *workerFunction) run(ctx context.Context, path, body string) (*plugins.Reply, error) {
	switch f.settings.Task {
	case "busy":
		return nil, plugins.Errorf(errorOfAWorker, "The worker is busy.")
	case "fails":
		return nil, errSecret
	case "panics":
		panic("s3cr3t")
	case "nothing":
		return nil, nil
	case "another":
		return &plugins.Reply{Status: 200, Task: &plugins.Task{}}, nil
	case "status":
		return &plugins.Reply{}, nil
	case "until-the-end":
		<-ctx.Done()
		return nil, ctx.Err()
	case "too-long":
		<-ctx.Done()
		return nil, errors.New("what was cut off says something else")
	}
	return &plugins.Reply{
		Status: 202, Headers: [][2]string{{"x-worker", "1"}}, Body: []byte(f.target + " " + path + " " + body),
		Annotations: []plugins.Annotation{{Key: "offset", Value: "17"}},
	}, nil
}
