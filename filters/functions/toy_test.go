package functions_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

func init() {
	plugins.Register(toy{})
	plugins.Register(strictToy{})
	plugins.Register(catalog{})
	plugins.Register(workshop{})
}

// toy is a function type that shows in the call what it was made from.
type toy struct{}

type toySettings struct {
	Greeting string   `setting:"greeting" default:"hello"`
	Loud     bool     `setting:"loud"`
	Times    int      `setting:"times"`
	Tags     []string `setting:"tags"`
	Wait     string   `setting:"wait" one_of:"well,failed,forever"`
	Body     bool     `setting:"body"`
	Answer   string   `setting:"answer" one_of:"whole,error-on-headers,error-on-body,panic,empty,unmodified,stream,stream-late-error"`
	Request  string   `setting:"request" one_of:"error,reply,panic,pieces,pieces-fail,pieces-late-fail,no-pieces"`
}

func (toy) Name() string                { return "toy" }
func (toy) Settings() []plugins.Setting { return plugins.SettingsOf(toySettings{}) }

func (toy) NewUpstream(environment plugins.Environment, settings plugins.Settings) (plugins.Upstream, error) {
	return toyUpstream{environment}, settings.Decode(new(toySettings))
}

type strictToy struct{ toy }

func (strictToy) Name() string { return "strict" }
func (strictToy) CallsOnly()   {}

type toyUpstream struct{ environment plugins.Environment }

func (u toyUpstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	f := &toyFunction{environment: u.environment, spec: spec}
	if err := spec.Settings.Decode(&f.settings); err != nil {
		return nil, err
	}
	if strings.Contains(spec.Target, " ") {
		return nil, fmt.Errorf("target %q must be one word", spec.Target)
	}
	return f, nil
}

type toyFunction struct {
	environment plugins.Environment
	spec        plugins.FunctionSpec
	settings    toySettings
}

func (f *toyFunction) Plan() plugins.Plan {
	plan := plugins.Plan{Answer: plugins.HeadersOnly}
	if strings.HasPrefix(f.settings.Answer, "stream") {
		plan.Answer = plugins.Pieces
	}
	if f.settings.Body {
		plan.Request = plugins.Whole
	}
	if strings.Contains(f.settings.Request, "pieces") {
		plan.Request = plugins.Pieces
	}
	return plan
}

var refreshed = plugins.NewCounter("funcroute.toy.refreshed")

func (f *toyFunction) Ready() bool { return f.settings.Wait == "" }

func (f *toyFunction) Await(done func(error)) (stop func()) {
	switch f.settings.Wait {
	case "well":
		f.environment.Count(refreshed)
		time.AfterFunc(0, func() { done(nil) })
	case "failed":
		time.AfterFunc(0, func() { done(plugins.Errorf(plugins.CredentialsUnavailable, "None to be had.")) })
	}
	return func() {}
}

func (f *toyFunction) Request(r *plugins.Request) (*plugins.Reply, error) {
	switch f.settings.Request {
	case "error":
		return nil, errSecret
	case "reply":
		return &plugins.Reply{Status: 201, Headers: [][2]string{{"x-reply", "1"}}, Body: []byte("done")}, nil
	case "panic":
		panic("ouch")
	}
	r.Headers.Set("x-call", fmt.Sprintf("%s %s loud=%v times=%d tags=%v response=%q",
		f.settings.Greeting, f.spec.Target, f.settings.Loud, f.settings.Times, f.settings.Tags, f.spec.AnswerTemplate))
	for name, value := range r.Parameters.All() {
		r.Headers.Set("x-parameter-"+name, value.Text())
	}
	r.Headers.Set(":path", "/called")
	r.Headers.Remove("authorization")
	if f.settings.Body {
		r.SetBody([]byte("wrapped " + string(r.Body())))
	}
	r.Annotate("note", "called")
	return nil, nil
}

func (f *toyFunction) StreamRequest(r *plugins.Request) plugins.Decoder {
	if f.settings.Request == "no-pieces" {
		return nil
	}
	return &toyEncoder{request: r, fails: f.settings.Request}
}

// toyEncoder shouts. It is ready with the second piece, and tells in a header how long the first was.
type toyEncoder struct {
	request *plugins.Request
	fails   string
	pieces  int
}

func (e *toyEncoder) Decode(piece []byte, last bool) ([]byte, bool, error) {
	if e.pieces++; e.pieces == 1 {
		e.request.Headers.Set("x-first", strconv.Itoa(len(piece)))
	}
	if e.fails == "pieces-fail" && e.pieces == 1 || e.fails == "pieces-late-fail" && e.pieces == 3 {
		return nil, false, plugins.Errorf(plugins.BadBody, "Too loud.")
	}
	if trailers := e.request.Trailers; last && trailers != nil {
		trailers.Set("x-pieces", strconv.Itoa(e.pieces))
	}
	return bytes.ToUpper(piece), e.pieces > 1, nil
}

func (f *toyFunction) Headers(r *plugins.Answer) (bool, error) {
	switch f.settings.Answer {
	case "error-on-headers":
		return false, &plugins.Error{Reason: plugins.FunctionThrottled, Detail: "Too fast.", RetryAfter: 1500 * time.Millisecond}
	case "panic":
		panic("ouch")
	}
	r.Headers.Set("x-answered", "yes")
	r.Annotate("answered", "yes")
	return f.settings.Answer != "" && !strings.HasPrefix(f.settings.Answer, "stream"), nil
}

func (f *toyFunction) Stream(r *plugins.Answer) plugins.Decoder {
	if !strings.HasPrefix(f.settings.Answer, "stream") {
		return nil
	}
	return &toyDecoder{answer: r, late: f.settings.Answer == "stream-late-error"}
}

// errSecret is a cause, which is for operators.
var errSecret = errors.New("something secret")

// toyDecoder waits for a bar, takes what stands before it for the status, and shouts the rest. "!" is an error.
type toyDecoder struct {
	answer *plugins.Answer
	begun  bool
	late   bool
}

func (d *toyDecoder) Decode(piece []byte, last bool) ([]byte, bool, error) {
	if !d.begun {
		status, rest, found := strings.Cut(string(piece), "|")
		if !found {
			return nil, false, nil
		}
		d.begun, piece = true, []byte(rest)
		d.answer.Headers.Set(":status", status)
		d.answer.Annotate("begun", "yes")
	}
	if strings.Contains(string(piece), "!") || last && d.late {
		return nil, false, plugins.Errorf(plugins.FunctionError, "It failed.").Because(errSecret)
	}
	return []byte(strings.ToUpper(string(piece))), true, nil
}

func (f *toyFunction) Body(r *plugins.Answer) error {
	switch f.settings.Answer {
	case "error-on-body":
		return plugins.Errorf(plugins.FunctionError, "It failed.").Because(errSecret)
	case "empty":
		r.Headers.Set(":status", "204")
	case "unmodified":
		r.Headers.Set(":status", "304")
	}
	r.SetBody([]byte("mapped " + string(r.Body())))
	return nil
}

// catalog is a toy whose upstream offers functions of its own, once somebody has waited for it.
type catalog struct{}

type catalogSettings struct {
	toySettings
	Offers  []string `setting:"offers"`
	Catalog string   `setting:"catalog" one_of:"ready,late,failed,broken,new-each-time"`
}

func (catalog) Name() string                { return "catalog" }
func (catalog) Settings() []plugins.Setting { return plugins.SettingsOf(catalogSettings{}) }

func (catalog) NewUpstream(environment plugins.Environment, settings plugins.Settings) (plugins.Upstream, error) {
	u := &catalogUpstream{toyUpstream: toyUpstream{environment}}
	if err := settings.Decode(&u.settings); err != nil {
		return nil, err
	}
	u.ready.Store(u.settings.Catalog != "late" && u.settings.Catalog != "failed")
	return u, nil
}

type catalogUpstream struct {
	toyUpstream
	settings catalogSettings
	ready    atomic.Bool
	asked    atomic.Int32
}

func (u *catalogUpstream) Ready() bool { return u.ready.Load() }

func (u *catalogUpstream) Preparing(string) plugins.Awaiter {
	if u.Ready() {
		return nil
	}
	return u
}

func (u *catalogUpstream) Await(done func(error)) (stop func()) {
	time.AfterFunc(0, func() {
		if u.settings.Catalog == "failed" {
			done(plugins.Errorf(plugins.CredentialsUnavailable, "No catalog to be had."))
			return
		}
		u.ready.Store(true)
		done(nil)
	})
	return func() {}
}

// workshop is a catalog that prepares each function by itself when it is first asked for.
type workshop struct{ catalog }

func (workshop) Name() string { return "workshop" }

func (workshop) NewUpstream(environment plugins.Environment, settings plugins.Settings) (plugins.Upstream, error) {
	made, err := catalog{}.NewUpstream(environment, settings)
	if err != nil {
		return nil, err
	}
	return &workshopUpstream{catalogUpstream: made.(*catalogUpstream)}, nil
}

type workshopUpstream struct {
	*catalogUpstream
	prepared sync.Map
}

func (u *workshopUpstream) Preparing(name string) plugins.Awaiter {
	if _, ready := u.prepared.Load(name); ready {
		return nil
	}
	return workpiece{u, name}
}

// NewFunction fails for what nobody has waited for.
func (u *workshopUpstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	if _, ready := u.prepared.Load(spec.Name); spec.Offered && !ready {
		return nil, fmt.Errorf("%s is not prepared", spec.Name)
	}
	return u.catalogUpstream.NewFunction(spec)
}

type workpiece struct {
	*workshopUpstream
	name string
}

func (w workpiece) Ready() bool { return w.Preparing(w.name) == nil }

func (w workpiece) Await(done func(error)) (stop func()) {
	return w.catalogUpstream.Await(func(err error) {
		w.prepared.Store(w.name, true)
		done(err)
	})
}

func (u *catalogUpstream) Offers(name string) (string, bool, error) {
	if u.settings.Catalog == "broken" {
		return "", false, plugins.Errorf(plugins.ConfigError, "The catalog is torn.")
	}
	if !slices.Contains(u.settings.Offers, name) {
		return "", false, nil
	}
	if u.settings.Catalog == "new-each-time" {
		return fmt.Sprintf("offered-%s-%d", name, u.asked.Add(1)), true, nil
	}
	return "offered-" + name, true, nil
}

func (u *catalogUpstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	if spec.Offered != strings.HasPrefix(spec.Target, "offered-") {
		return nil, fmt.Errorf("target %q: offered is %t", spec.Target, spec.Offered)
	}
	settings := plugins.Settings{}
	for name, value := range spec.Settings {
		if name != "offers" && name != "catalog" {
			settings[name] = value
		}
	}
	spec.Settings = settings
	return u.toyUpstream.NewFunction(spec)
}
