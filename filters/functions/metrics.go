package functions

import (
	"fmt"
	"sync/atomic"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/secrets"
)

// metrics are the filter block's counters and its histogram. They are all named at load, since Envoy takes no new names
// afterwards.
type metrics struct {
	requests  map[string]host.Metric
	errors    map[plugins.Reason]host.Metric
	addedTime host.Metric
	tallies   tallies
	ofPlugins []host.Metric // in the order of tallies
}

func newMetrics(handle host.ConfigHandle, tallies tallies) (*metrics, error) {
	m := &metrics{requests: map[string]host.Metric{}, errors: map[plugins.Reason]host.Metric{}, tallies: tallies}
	var err error
	for _, name := range plugins.Names() {
		if m.requests[name], err = handle.Counter("funcroute." + name + ".requests"); err != nil {
			return nil, fmt.Errorf("functions: counter of type %q: %w", name, err)
		}
	}
	for _, reason := range plugins.Reasons() {
		if m.errors[reason], err = handle.Counter("funcroute.errors." + string(reason)); err != nil {
			return nil, fmt.Errorf("functions: counter of reason %q: %w", reason, err)
		}
	}
	for i := range tallies {
		counter, err := handle.Counter(string(tallies[i].name))
		if err != nil {
			return nil, fmt.Errorf("functions: counter %q: %w", tallies[i].name, err)
		}
		m.ofPlugins = append(m.ofPlugins, counter)
	}
	if m.addedTime, err = handle.Histogram("funcroute.added_time", host.Microseconds); err != nil {
		return nil, fmt.Errorf("functions: histogram: %w", err)
	}
	return m, nil
}

// ofReason returns the counter of a reason. One that [plugins.NewReason] has not made has none, and is a mistake of ours.
func (m *metrics) ofReason(reason plugins.Reason) host.Metric {
	if counter, known := m.errors[reason]; known {
		return counter
	}
	return m.errors[plugins.InternalError]
}

// flush writes what plugins have counted since some request last did so.
func (m *metrics) flush(s host.Stream) {
	for i := range m.tallies {
		if m.tallies[i].count.Load() == 0 {
			continue
		}
		if n := m.tallies[i].count.Swap(0); n > 0 {
			s.Record(m.ofPlugins[i], n)
		}
	}
}

// tallies are the counts of plugins. They happen outside of any request, where Envoy's counters cannot be reached, and
// outlive a filter block; the next request through any block writes them down.
type tallies []*tally

type tally struct {
	name  plugins.Counter
	count atomic.Uint64
}

func newTallies() tallies {
	var all tallies
	for _, name := range plugins.Counters() {
		all = append(all, &tally{name: name})
	}
	return all
}

// environment is what plugins see of the process around them.
type environment struct {
	handle  host.ConfigHandle
	tallies tallies
	panics  *panics
	secrets *secrets.Stores
}

var _ plugins.Environment = (*environment)(nil)

func (e *environment) Warn(message string) { e.handle.Log(host.Warn, message) }

func (e *environment) TellPanic(value any, stack []byte) { e.panics.tell(e.handle.Log, value, stack) }

func (e *environment) Secret(reference string) (plugins.Secret, error) {
	return e.secrets.Secret(e, reference)
}

func (e *environment) Count(counter plugins.Counter) {
	for _, t := range e.tallies {
		if t.name == counter {
			t.count.Add(1)
		}
	}
}
