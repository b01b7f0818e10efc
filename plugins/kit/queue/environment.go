package queue

import (
	"sync/atomic"

	"github.com/funcroute/funcroute/plugins"
)

// latest is the environment of who has come last. A client outlives the filter blocks whose clusters it serves, and must not hold on to
// those that were replaced.
type latest struct {
	environment atomic.Pointer[plugins.Environment]
}

var _ plugins.Environment = (*latest)(nil)

func (l *latest) set(environment plugins.Environment) { l.environment.Store(&environment) }

func (l *latest) get() plugins.Environment { return *l.environment.Load() }

func (l *latest) Warn(message string) { l.get().Warn(message) }

func (l *latest) Count(counter plugins.Counter) { l.get().Count(counter) }

func (l *latest) TellPanic(value any, stack []byte) { l.get().TellPanic(value, stack) }

func (l *latest) Secret(reference string) (plugins.Secret, error) { return l.get().Secret(reference) }
