package hosttest

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/filters/host"
)

// Conform runs the conformance suite: what every host must do, told by scripted filters.
func Conform(t *testing.T, h Host) {
	t.Helper()
	groups := []struct {
		name  string
		cases []conformance
	}{
		{"headers", headerCases()},
		{"request bodies", bodyCases(requestSide)},
		{"answer bodies", bodyCases(answerSide)},
		{"requests in pieces", pieceCases(requestSide)},
		{"answers in pieces", pieceCases(answerSide)},
		{"trailers of requests", trailerCases(requestSide)},
		{"trailers of answers", slices.Concat(trailerCases(answerSide), collectedTrailerCases())},
		{"waiting", waitCases()},
		{"replies", replyCases()},
		{"panics", panicCases()},
		{"configuration and metadata", configurationCases()},
		{"the route chosen again", routeCases()},
		{"the route chosen again by another filter", forgottenCases()},
		{"telling", tellingCases()},
		{"concerns", concernCases()},
		{"done", doneCases()},
		{"answers collected", collectCases()},
	}
	t.Run("in a cluster, where the host has filters there", func(t *testing.T) { placement(h).run(t, h) })
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, h) })
			}
		})
	}
}

// placement is a filter in a cluster, which must know where it stands, on every host.
func placement(h Host) conformance {
	return conformance{
		exchange: Exchange{Upstream: true},
		script: Script{RequestHeaders: func(s host.Stream, _ bool) host.Action {
			s.Request().Headers().Set("in-cluster", strconv.FormatBool(s.InCluster()))
			return host.Continue
		}},
		want: want{sentHeaders: [][2]string{{"in-cluster", strconv.FormatBool(h.HasUpstreamFilters())}}},
	}
}

// conformance is one case. Fields of want that are empty are not looked at.
type conformance struct {
	name     string
	exchange Exchange
	script   Script
	done     bool // the filter must not be told of the stream's end
	want     want
}

type want struct {
	nothingSent  bool
	sentBody     *string
	sentHeaders  [][2]string
	status       string
	body         *string
	headers      [][2]string
	absent       []string // headers that the client must not get
	details      string
	refused      string
	logs         string
	counters     map[string]uint64
	dynamic      [3]string
	sentTrailers bool // the request's trailers arrive
	trailers     bool // the answer's trailers arrive
	// Trailers that arrive instead; nil is not looked at, an empty list is none.
	sentTrailersAre, trailersAre [][2]string
}

func (c conformance) run(t *testing.T, h Host) {
	t.Helper()
	if c.exchange.Request.Headers == nil {
		c.exchange.Request.Headers = get
	}
	if c.exchange.Answer.Headers == nil {
		c.exchange.Answer = Message{Headers: [][2]string{{":status", "200"}}, Chunks: chunks("answer")}
	}
	filter := &scripted{script: c.script}
	got := h.Run(t, filter, c.exchange)
	if got.Details == refusedRoute {
		got.Refused = errors.New(got.Received.Body())
	}
	if c.want.refused != "" {
		if got.Refused == nil || !strings.Contains(got.Refused.Error(), c.want.refused) {
			t.Fatalf("refused = %v, want %q", got.Refused, c.want.refused)
		}
		return
	}
	if got.Refused != nil {
		t.Fatalf("refused = %v, want it accepted", got.Refused)
	}
	c.want.check(t, c.exchange, got)
	wantDestroyed := int32(1)
	if c.done {
		wantDestroyed = 0
	}
	if n := filter.destroyed.Load(); n != wantDestroyed && c.script.Stream == nil {
		t.Errorf("destroyed = %d times, want %d", n, wantDestroyed)
	}
}

func (w want) check(t *testing.T, x Exchange, got Outcome) {
	t.Helper()
	if (got.Sent == nil) != w.nothingSent {
		t.Fatalf("sent = %v, want nothing: %v", got.Sent, w.nothingSent)
	}
	if got.Sent != nil {
		checkHeaders(t, "sent", got.Sent, w.sentHeaders)
		if w.sentBody != nil && got.Sent.Body() != *w.sentBody {
			t.Errorf("sent body = %q, want %q", got.Sent.Body(), *w.sentBody)
		}
		if w.sentTrailers && !slices.Equal(got.Sent.Trailers, x.Request.Trailers) {
			t.Errorf("sent trailers = %v, want %v", got.Sent.Trailers, x.Request.Trailers)
		}
	}
	if got.Sent != nil && w.sentTrailersAre != nil && !slices.Equal(got.Sent.Trailers, w.sentTrailersAre) {
		t.Errorf("sent trailers = %v, want %v", got.Sent.Trailers, w.sentTrailersAre)
	}
	if w.trailersAre != nil && !slices.Equal(got.Received.Trailers, w.trailersAre) {
		t.Errorf("received trailers = %v, want %v", got.Received.Trailers, w.trailersAre)
	}
	checkHeaders(t, "received", &got.Received, w.headers)
	for _, name := range w.absent {
		if value := got.Received.Header(name); value != "" {
			t.Errorf("received %s = %q, want none", name, value)
		}
	}
	if w.status != "" && got.Received.Header(":status") != w.status {
		t.Errorf("status = %q, want %q", got.Received.Header(":status"), w.status)
	}
	if w.body != nil && got.Received.Body() != *w.body {
		t.Errorf("received body = %q, want %q", got.Received.Body(), *w.body)
	}
	if w.trailers && !slices.Equal(got.Received.Trailers, x.Answer.Trailers) {
		t.Errorf("received trailers = %v, want %v", got.Received.Trailers, x.Answer.Trailers)
	}
	if w.details != "" && got.Details != w.details {
		t.Errorf("details = %q, want %q", got.Details, w.details)
	}
	if w.logs != "" && !strings.Contains(strings.Join(got.Logs, "\n"), w.logs) {
		t.Errorf("logs = %q, want a line with %q", got.Logs, w.logs)
	}
	for name, n := range w.counters {
		if got.Counters[name] != n {
			t.Errorf("counter %s = %d, want %d", name, got.Counters[name], n)
		}
	}
	if w.dynamic[0] != "" && got.DynamicMetadata[w.dynamic[0]][w.dynamic[1]] != w.dynamic[2] {
		t.Errorf("dynamic metadata %v, want %v", got.DynamicMetadata, w.dynamic)
	}
}

func checkHeaders(t *testing.T, what string, got *Message, want [][2]string) {
	t.Helper()
	for _, header := range want {
		if got.Header(header[0]) != header[1] {
			t.Errorf("%s %s = %q, want %q", what, header[0], got.Header(header[0]), header[1])
		}
	}
}
