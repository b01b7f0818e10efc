package golden

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Run sends the case's request through its file's filter, without an Envoy, and returns one line per difference.
func (c *Case) Run() []string {
	proxy, err := c.proxy()
	if err != nil {
		return []string{fmt.Sprintf("the filter's configuration is refused: %v", err)}
	}
	got, err := proxy.Send(c.Exchange())
	if err != nil {
		return []string{fmt.Sprintf("nothing came of the request: %v", err)}
	}
	return c.Differences(got)
}

// proxy is a fresh one, so that what it counts and writes down is the case's.
func (c *Case) proxy() (*Proxy, error) {
	if c.filter == nil {
		return Functions("")
	}
	config, err := json.Marshal(c.filter)
	if err != nil {
		return nil, err
	}
	return CloudEvents(string(config))
}

// Exchange is what the case has a [Proxy] do.
func (c *Case) Exchange() Exchange {
	x := Exchange{
		Cluster: c.Cluster, Route: c.Route, Client: c.Client, Protocol: c.Request.Protocol(), DynamicMetadata: c.DynamicMetadata,
		Request: c.Request.Request(),
	}
	if c.Upstream != nil {
		x.Answer = c.Upstream.Answer.Answer()
	}
	return x
}

// Differences compares an outcome with what the case expects. It returns one line per difference.
func (c *Case) Differences(got *Outcome) []string {
	return slices.Concat(c.ofCall(got), c.ofReply(got), c.ofAnnotations(got), c.ofLog(got))
}

func (c *Case) ofCall(got *Outcome) []string {
	var want *Message
	if c.Upstream != nil {
		want = c.Upstream.Receives
	}
	switch {
	case want == nil && got.Call != nil:
		headers := got.Call.Headers
		return []string{fmt.Sprintf("the upstream: got %s %s, want nothing", headers.Get(":method"), headers.Get(":path"))}
	case want != nil && got.Call == nil:
		return []string{fmt.Sprintf("the upstream: got nothing, want %s; the client got %s%s", want.Start, got.answer(), got.more())}
	case want != nil:
		return MatchRequest(want, got.Call.Headers, got.Call.Body)
	}
	return nil
}

func (c *Case) ofReply(got *Outcome) []string {
	switch {
	case c.Error == nil && got.Reason != "":
		return []string{fmt.Sprintf("the client: got %s, want status %d%s", got.answer(), c.Response.Status(), got.more())}
	case c.Error == nil:
		return MatchAnswer(c.Response, got.Reply.Headers, got.Reply.Body)
	case got.Reason == "":
		return []string{fmt.Sprintf("the client: got %s, want the error %s", got.answer(), c.Error.Reason)}
	}
	var differences []string
	if got.Reason != c.Error.Reason {
		differences = append(differences, fmt.Sprintf("the client: got %s, want the error %s%s", got.answer(), c.Error.Reason, got.more()))
	}
	differences = append(differences, MatchError(c.Error, got.Reply.Headers, got.Reply.Body)...)
	if counter := "funcroute.errors." + string(got.Reason); got.Counters[counter] != 1 {
		differences = append(differences, fmt.Sprintf("counter %s: got %d, want 1", counter, got.Counters[counter]))
	}
	return differences
}

// answer says in a few words what the client got.
func (o *Outcome) answer() string {
	status := o.Reply.Headers.Get(":status")
	if o.Reason == "" {
		return "status " + status
	}
	return fmt.Sprintf("the error %s (%s)", o.Reason, status)
}

// more is what helps to understand an error that nobody has expected.
func (o *Outcome) more() string {
	if o.Reason == "" {
		return ""
	}
	return fmt.Sprintf("; the client reads %q, the log has %q", abridge(o.Reply.Body), o.Log)
}

func (c *Case) ofAnnotations(got *Outcome) []string {
	var differences []string
	for _, key := range slices.Sorted(maps.Keys(c.Annotations)) {
		value, there := got.Annotations[key]
		if want := c.Annotations[key]; !MatchAnnotation(want, value, there) {
			differences = append(differences, fmt.Sprintf("annotation %s: got %q, want %q", key, value, want))
		}
	}
	return differences
}

func (c *Case) ofLog(got *Outcome) []string {
	var differences []string
	for _, piece := range c.logged() {
		if !slices.ContainsFunc(got.Log, func(line string) bool { return strings.Contains(line, piece) }) {
			differences = append(differences, fmt.Sprintf("log: got %q, want a line with %q", got.Log, piece))
		}
	}
	return differences
}

// logged are pieces of the lines that must have been written to the log: those that the case names, and what the operator reads of its error.
func (c *Case) logged() []string {
	if c.Error == nil || c.Error.Message == "" {
		return c.Log
	}
	return append(slices.Clone(c.Log), c.Error.Message)
}
