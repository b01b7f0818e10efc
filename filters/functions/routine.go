package functions

import (
	"strconv"
	"sync"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// routines are the rules of function types in the form that hosts know. There are a few, and hosts keep them.
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
