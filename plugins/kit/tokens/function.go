package tokens

import (
	"fmt"
	"net/http"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/reminder"
)

// function is a function whose calls are authenticated.
type function struct {
	plugins.Function
	plan plugins.Plan
	// answerer is the function if it has a say in answers, else nil.
	answerer plugins.Answerer
	with     credential
	// environment is told of refusals, and told keeps them from filling its log.
	environment plugins.Environment
	told        reminder.Reminder
	// header is where it goes. What a client sends under this name is removed, and its authorization too if removes is true.
	header  string
	removes bool
}

var (
	_ plugins.Planner  = (*function)(nil)
	_ plugins.Awaiter  = (*function)(nil)
	_ plugins.Answerer = (*function)(nil)
)

// accepted are the answers that a function which has no say in them need not see: nearly all. Of the others, refusals are told apart.
var accepted = &plugins.Routine{Status: http.StatusOK}

// newFunction panics on a function that has to be waited for or decodes streams, as only a programmer can cause that.
func newFunction(environment plugins.Environment, called plugins.Function, with credential, header string, removes bool) *function {
	f := &function{Function: called, environment: environment, with: with, header: header, removes: removes}
	if planner, is := called.(plugins.Planner); is {
		f.plan = planner.Plan()
	}
	_, awaits := called.(plugins.Awaiter)
	if awaits || f.plan.Answer == plugins.Pieces {
		panic(fmt.Sprintf("tokens: a %T waits or decodes streams, which cannot be authenticated yet", called))
	}
	if f.plan.Answer == plugins.Untouched {
		f.plan.Answer, f.plan.Routine = plugins.HeadersOnly, accepted
		return f
	}
	if f.plan.Routine != nil && f.plan.Routine.Status == http.StatusUnauthorized {
		f.plan.Routine = nil // We have to see those.
	}
	f.answerer, _ = called.(plugins.Answerer)
	return f
}

func (f *function) Plan() plugins.Plan { return f.plan }

func (f *function) Ready() bool { return f.with.Ready() }

func (f *function) Await(done func(error)) (stop func()) { return f.with.Await(done) }

// Request removes what a client says of an identity before the function sees it, and adds ours when the call is made.
func (f *function) Request(r *plugins.Request) (*plugins.Reply, error) {
	value, err := f.with.header()
	if err != nil {
		return nil, err
	}
	r.Headers.Remove(f.header)
	if f.removes {
		r.Headers.Remove(authorization)
	}
	reply, err := f.Function.Request(r)
	if err == nil && reply == nil {
		r.Headers.Set(f.header, value)
	}
	return reply, err
}

// Headers tells of a refusal: it concerns us and not the client, who has not sent what was refused.
func (f *function) Headers(a *plugins.Answer) (needsBody bool, err error) {
	if a.Headers.Get(":status") == "401" {
		return false, f.refused()
	}
	if f.answerer == nil {
		return false, nil
	}
	return f.answerer.Headers(a)
}

func (f *function) refused() error {
	f.with.rejected()
	why := fmt.Errorf("the upstream answers 401 to %s", f.with)
	if _, due := f.told.Due(why.Error()); due {
		f.environment.Warn("funcroute: " + why.Error())
	}
	return plugins.Errorf(plugins.UpstreamRejected, "The function's service did not accept the proxy's credentials.").Because(why)
}

func (f *function) Body(a *plugins.Answer) error {
	if f.answerer == nil {
		return nil
	}
	return f.answerer.Body(a)
}
