package functions

import (
	"strconv"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// routines translate the rules of function types into the hosts' form. Each rule is translated once, for hosts keep what they get. There
// are only a few rules.
type routines struct {
	mutex sync.Mutex
	known map[*plugins.Routine]*host.Routine
}

func newRoutines() *routines { return &routines{known: map[*plugins.Routine]*host.Routine{}} }

func (r *routines) of(rule *plugins.Routine) *host.Routine {
	if rule == nil {
		return nil
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if known, ok := r.known[rule]; ok {
		return known
	}
	made := host.Rule{
		Status:    strconv.Itoa(rule.Status),
		Without:   rule.Without,
		Namespace: settingsNamespace,
		Remove:    rule.Remove,
	}
	for _, a := range rule.Annotate {
		made.Notes = append(made.Notes, host.Note{Header: a.Header, Key: a.Key})
	}
	routine := host.NewRoutine(made)
	r.known[rule] = routine
	return routine
}
