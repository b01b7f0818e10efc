package panicking

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// internalErrors is the counter of panics.
const internalErrors = "funcroute.errors.internal_error"

// Check has a filter panic at each call of the host's that it makes, and at the end of each event, in each of these
// exchanges; once with nothing compiled yet, and several times with all compiled. It wants that nothing leaves unless the filter
// was done with the request, that the client gets a 500 or the answer that was already given, that it is counted, and that
// the log has the stack once and the panic's value never; and that the next request is served as ever. Events that never
// happen must be named.
func Check(t *testing.T, filter func() host.Filter, filterConfig string, exchanges map[string]hosttest.Exchange, never ...Event) {
	t.Helper()
	c := check{filter, filterConfig}
	for _, event := range []Event{NewConfig, Concerns} {
		calls, _ := c.calls(t, hosttest.Exchange{}, event)
		for n := range calls + 1 {
			c.refused(t, c.withPanic(fmt.Sprintf("%s:%d", event, n+1)), hosttest.Exchange{})
		}
	}
	c.refused(t, c.filterConfig, hosttest.Exchange{RouteConfig: check{}.withPanic(string(NewRouteConfig))})
	happened := map[Event]bool{}
	for _, name := range slices.Sorted(maps.Keys(exchanges)) {
		t.Run(name, func(t *testing.T) {
			for _, event := range StreamEvents() {
				calls, happens := c.calls(t, exchanges[name], event)
				if !happens {
					continue
				}
				happened[event] = true
				for n := range calls + 1 {
					place := fmt.Sprintf("%s:%d", event, n+1)
					if event == Recovered {
						place += "+" + string(RequestHeaders)
					}
					t.Run(place, func(t *testing.T) { c.cold(t, exchanges[name], event, place) })
					if event == Recovered {
						continue // It does not tell of the same again, so the second time it makes other calls.
					}
					t.Run(place+" again", func(t *testing.T) { c.warm(t, exchanges[name], event, place) })
				}
			}
		})
	}
	for _, event := range StreamEvents() {
		if happened[event] == slices.Contains(never, event) {
			t.Errorf("%s: happened = %t, want %t: are these the right exchanges?", event, happened[event], !happened[event])
		}
	}
}

type check struct {
	filter       func() host.Filter
	filterConfig string
}

// withPanic is the filter's configuration and where it panics.
func (c check) withPanic(place string) string {
	where := fmt.Sprintf("{%q: %q", ConfigKey, place)
	if rest := strings.TrimPrefix(c.filterConfig, "{"); rest != "" {
		return where + ", " + rest
	}
	return where + "}"
}

// refused wants a configuration that panics to be refused.
func (c check) refused(t *testing.T, filterConfig string, x hosttest.Exchange) {
	t.Helper()
	filter := c.filter()
	got := hosttest.Memory{}.Session(t, Wrap(filter, filter.Name()), filterConfig)(x)
	if got.Refused == nil || !strings.HasPrefix(got.Refused.Error(), "panic: ") || strings.Contains(got.Refused.Error(), Secret) {
		t.Errorf("%s%s: refused = %v, want it to be for a panic, whose value is not told", filterConfig, x.RouteConfig, got.Refused)
	}
}

type runner func(hosttest.Exchange) hosttest.Outcome

func (c check) session(t *testing.T) (*Filter, runner) {
	t.Helper()
	filter := c.filter()
	wrapped := Wrap(filter, filter.Name())
	return wrapped, hosttest.Memory{}.Session(t, wrapped, c.filterConfig)
}

func (c check) calls(t *testing.T, x hosttest.Exchange, event Event) (most int, happens bool) {
	t.Helper()
	filter, run := c.session(t)
	if event == Recovered {
		x = panicAt(x, string(RequestHeaders))
	}
	run(x)
	return filter.Calls(event)
}

// cold panics with the first request.
func (c check) cold(t *testing.T, x hosttest.Exchange, event Event, place string) {
	t.Helper()
	_, alone := c.session(t)
	usual := alone(x)
	_, run := c.session(t)
	got := run(panicAt(x, place))
	checkOutcome(t, event, got, usual)
	checkTold(t, event, 1, got)
	checkServed(t, run(x), usual)
}

// warm panics with requests after a first one.
func (c check) warm(t *testing.T, x hosttest.Exchange, event Event, place string) {
	t.Helper()
	const times = 3
	filter, run := c.session(t)
	usual := run(x)
	before := len(usual.Logs)
	var got hosttest.Outcome
	for i := range times {
		got = run(panicAt(x, place))
		if i == 0 && filter.Panics() == 0 {
			checkServed(t, got, usual) // What happens to the first request only.
			return
		}
		checkOutcome(t, event, got, usual)
	}
	got.Logs = got.Logs[before:]
	checkTold(t, event, times, got)
	checkServed(t, run(x), usual)
}

func checkOutcome(t *testing.T, event Event, got, usual hosttest.Outcome) {
	t.Helper()
	status, ofUsual := got.Received.Header(":status"), usual.Received.Header(":status")
	over := event == Destroy || event == Recycle
	switch {
	case status == "500" && !over:
	case status == ofUsual && (over || usual.Details != ""): // It was there before the panic.
	default:
		t.Errorf("status = %s, want 500; or %s in %s and %s, and if the filter has sent that before", status, ofUsual, Destroy, Recycle)
	}
	if got.Sent != nil && slices.Contains([]Event{NewStream, RequestHeaders, RequestBody, RequestPiece, Resumed, Recovered}, event) {
		t.Errorf("sent = %v, want nothing to leave", got.Sent)
	}
	if strings.Contains(got.Received.Body(), Secret) {
		t.Errorf("answer = %s, want no word of the panic", got.Received.Body())
	}
}

// checkTold checks what operators learn. Whether a filter has counted and told of a panic before its handling of it panics
// too, nobody knows.
func checkTold(t *testing.T, event Event, times int, got hosttest.Outcome) {
	t.Helper()
	if n := got.Counters[internalErrors]; int(n) != times && (event != Recovered || int(n) < times) { //nolint:gosec // A handful.
		t.Errorf("%s = %d, want %d", internalErrors, n, times)
	}
	log := strings.Join(got.Logs, "\n")
	if n := strings.Count(log, "panic: a value of type string\n"); n != 1 && (event != Recovered || n != 2) {
		t.Errorf("log: %d panics told of, want 1:\n%s", n, log)
	}
	if strings.Contains(log, Secret) {
		t.Errorf("log: the panic's value stands in it:\n%s", log)
	}
}

func checkServed(t *testing.T, next, usual hosttest.Outcome) {
	t.Helper()
	if (next.Sent == nil) != (usual.Sent == nil) || next.Received.Header(":status") != usual.Received.Header(":status") {
		t.Errorf("the next request: sent %v, received %v, want as ever: %v, %v", next.Sent, next.Received, usual.Sent, usual.Received)
	}
}

// panicAt is an exchange whose request panics.
func panicAt(x hosttest.Exchange, place string) hosttest.Exchange {
	x.Request.Headers = append(slices.Clip(x.Request.Headers), [2]string{Header, place})
	return x
}
