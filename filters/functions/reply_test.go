package functions_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/plugins"
)

func init() { plugins.Register(replier{}) }

// replier is a function type that answers by itself, always with a body.
type replier struct{}

type replierSettings struct {
	Status int  `setting:"status"`
	Task   bool `setting:"task"`
}

func (replier) Name() string                { return "replier" }
func (replier) Settings() []plugins.Setting { return plugins.SettingsOf(replierSettings{}) }

func (replier) NewUpstream(_ plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	return replier{}, given.Decode(new(replierSettings))
}

func (replier) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	f := &replierFunction{}
	return f, spec.Settings.Decode(&f.settings)
}

type replierFunction struct{ settings replierSettings }

func (f *replierFunction) Request(*plugins.Request) (*plugins.Reply, error) {
	reply := &plugins.Reply{Status: f.settings.Status, Body: []byte("body")}
	if !f.settings.Task {
		return reply, nil
	}
	return &plugins.Reply{Task: &plugins.Task{Run: func(context.Context) (*plugins.Reply, error) { return reply, nil }}}, nil
}

// What a reply has behind a 204 or 304 would be taken for the next answer of the client's connection.
func TestRepliesWithoutContentHaveNone(t *testing.T) {
	for status, want := range map[int]string{200: "body", 204: "", 205: "body", 304: ""} {
		for _, inTask := range []bool{false, true} {
			t.Run(strconv.Itoa(status)+map[bool]string{true: ", of a task"}[inTask], func(t *testing.T) {
				got := hosttest.Memory{}.Run(t, functions.New(), hosttest.Exchange{
					Cluster: offers("replier", anyMap{"status": float64(status), "task": inTask}), Route: calls(nil), Request: get(),
				})
				if received := got.Received.Body(); received != want || got.Received.Header(":status") != strconv.Itoa(status) {
					t.Errorf("received %v, want %d %q; logs %q", got.Received, status, want, got.Logs)
				}
			})
		}
	}
}

// Envoy must not be given what is no status of an answer.
func TestRepliesWithoutAStatusAreAnError(t *testing.T) {
	for _, status := range []int{0, 99, 100, 199, 600} {
		for _, inTask := range []bool{false, true} {
			t.Run(strconv.Itoa(status)+map[bool]string{true: ", of a task"}[inTask], func(t *testing.T) {
				got := hosttest.Memory{}.Run(t, functions.New(), hosttest.Exchange{
					Cluster: offers("replier", anyMap{"status": float64(status), "task": inTask}), Route: calls(nil), Request: get(),
				})
				if received := got.Received.Header(":status"); received != "500" || got.Details != "funcroute_internal_error" {
					t.Errorf("received status %s, details %s, want 500 and an internal_error", received, got.Details)
				}
			})
		}
	}
}
