package functions_test

import (
	"slices"
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/plugins"
)

func init() { plugins.Register(turner{}) }

// turner is a function type that reads the trailers of requests and answers, and changes them.
type turner struct{}

type turnerSettings struct {
	Pieces bool `setting:"pieces"`
}

func (turner) Name() string                { return "turner" }
func (turner) Settings() []plugins.Setting { return plugins.SettingsOf(turnerSettings{}) }

func (turner) NewUpstream(_ plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	return turnerUpstream{}, given.Decode(new(turnerSettings))
}

type turnerUpstream struct{}

func (turnerUpstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	f := &turnerFunction{}
	return f, spec.Settings.Decode(&f.settings)
}

type turnerFunction struct{ settings turnerSettings }

func (f *turnerFunction) Plan() plugins.Plan {
	if f.settings.Pieces {
		return plugins.Plan{Request: plugins.Whole, Answer: plugins.Pieces}
	}
	return plugins.Plan{Request: plugins.Whole, Answer: plugins.Whole}
}

// turn makes a header of a trailer.
func turn(headers, trailers plugins.Headers) {
	if trailers == nil {
		headers.Set("x-turned", "none")
		return
	}
	headers.Set("x-turned", trailers.Get("t"))
	trailers.Remove("t")
	trailers.Set("u", "changed")
}

func (f *turnerFunction) Request(r *plugins.Request) (*plugins.Reply, error) {
	turn(r.Headers, r.Trailers)
	return nil, nil
}

func (f *turnerFunction) Headers(*plugins.Answer) (bool, error) { return !f.settings.Pieces, nil }

func (f *turnerFunction) Body(a *plugins.Answer) error {
	turn(a.Headers, a.Trailers)
	return nil
}

func (f *turnerFunction) Stream(a *plugins.Answer) plugins.Decoder { return &turnerDecoder{a} }

// turnerDecoder holds the headers back until the last piece.
type turnerDecoder struct{ answer *plugins.Answer }

func (d *turnerDecoder) Decode(piece []byte, last bool) ([]byte, bool, error) {
	if last {
		turn(d.answer.Headers, d.answer.Trailers)
	}
	return piece, last, nil
}

func TestTrailers(t *testing.T) {
	given := [][2]string{{"t", "1"}, {"u", "2"}}
	changed := [][2]string{{"u", "changed"}}
	for _, c := range []struct {
		name     string
		pieces   bool
		trailers [][2]string
		header   string
		want     [][2]string
	}{
		{"with the whole answer", false, given, "1", changed},
		{"with the whole answer, none", false, nil, "none", nil},
		{"with the last piece", true, given, "1", changed},
		{"with the last piece, none", true, nil, "none", nil},
	} {
		for _, inCluster := range []bool{false, true} {
			t.Run(c.name+map[bool]string{true: ", in a cluster"}[inCluster], func(t *testing.T) {
				request, back := post("body"), answer("200", "answer")
				request.Trailers, back.Trailers = c.trailers, c.trailers
				got := hosttest.Memory{}.Run(t, functions.New(), hosttest.Exchange{
					Cluster: offers("turner", anyMap{"pieces": c.pieces}), Route: calls(nil), Request: request, Answer: back, Upstream: inCluster,
				})
				if got.Sent == nil {
					t.Fatalf("received %v, want a call; logs %q", got.Received, got.Logs)
				}
				for what, message := range map[string]*hosttest.Message{"sent": got.Sent, "received": &got.Received} {
					if value := message.Header("x-turned"); value != c.header {
						t.Errorf("%s: x-turned = %q, want %q", what, value, c.header)
					}
					if !slices.Equal(message.Trailers, c.want) {
						t.Errorf("%s: trailers = %v, want %v", what, message.Trailers, c.want)
					}
				}
				if got.Sent.Body() != "body" || got.Received.Body() != "answer" {
					t.Errorf("bodies = %q, %q, want body, answer", got.Sent.Body(), got.Received.Body())
				}
			})
		}
	}
}
