package cloudevents

import (
	"fmt"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

func TestConfigurationRefused(t *testing.T) {
	cases := map[string]struct{ config, want string }{
		"an unknown key":                {`{"match": {}}`, `unknown field "match"`},
		"an unknown key of webhook":     {`{"webhook": {"allowed_origin": []}}`, `unknown field "allowed_origin"`},
		"matches that are a list":       {`{"matches": []}`, `has a list at "matches", where an object belongs`},
		"a name that is no header":      {`{"matches": {"Big Orders": "TRUE"}}`, `"Big Orders" must consist of small letters`},
		"a match that is a number":      {`{"matches": {"a": 1}}`, `"a": must be an expression in CESQL`},
		"a match that is null":          {`{"matches": {"a": null}}`, `"a": must be an expression in CESQL`},
		"a match that is true":          {`{"matches": {"a": true}}`, `"a": must be an expression in CESQL`},
		"an empty list":                 {`{"matches": {"a": []}}`, "must not be empty"},
		"an empty filter":               {`{"matches": {"a": {}}}`, "has one dialect, not 0"},
		"two dialects":                  {`{"matches": {"a": {"exact": {"type": "x"}, "prefix": {"type": "x"}}}}`, "has one dialect, not 2"},
		"an unknown dialect":            {`{"matches": {"a": {"regex": {"type": "x"}}}}`, `regex: there is no such dialect; there are all, any, cesql`},
		"a nested unknown dialect":      {`{"matches": {"a": {"not": {"any": [{"exact": {"type": "x"}}, {"sql": "TRUE"}]}}}}`, `"a": not: any: 2: sql: there is no such dialect`},
		"a nested broken expression":    {`{"matches": {"a": {"all": [{"cesql": "type ="}]}}}`, `"a": all: 1: cesql: "type =" cannot be parsed`},
		"exact with nothing":            {`{"matches": {"a": {"exact": {}}}}`, "exact: must be attributes and their values"},
		"exact with a number":           {`{"matches": {"a": {"exact": {"count": 1}}}}`, "exact: must be attributes and their values, which are texts"},
		"exact with an empty value":     {`{"matches": {"a": {"exact": {"type": ""}}}}`, `exact: "type" must not be empty`},
		"exact with a wrong name":       {`{"matches": {"a": {"exact": {"myType": "x"}}}}`, `exact: "myType" cannot be the name of an attribute`},
		"any that is no list":           {`{"matches": {"a": {"any": {"exact": {"type": "x"}}}}}`, "any: must be a list of filters"},
		"all of nothing":                {`{"matches": {"a": {"all": []}}}`, "all: must be a list of filters, and not empty"},
		"not of a list of nothing":      {`{"matches": {"a": {"not": []}}}`, "not: a list of filters must not be empty"},
		"cesql that is no text":         {`{"matches": {"a": {"cesql": 1}}}`, "cesql: must be an expression, which is a text"},
		"a webhook without origins":     {`{"webhook": {}}`, `"allowed_origins" must be a list of texts`},
		"a webhook with an empty one":   {`{"webhook": {"allowed_origins": [""]}}`, `"allowed_origins" must be a list of texts`},
		"a rate that is a text":         {`{"webhook": {"allowed_origins": ["a"], "allowed_rate": "120"}}`, `has a text at "webhook.allowed_rate", where a number belongs`},
		"origins that are a text":       {`{"webhook": {"allowed_origins": "*"}}`, `has a text at "webhook.allowed_origins", where a list of texts belongs`},
		"an origin that is a number":    {`{"webhook": {"allowed_origins": [1]}}`, `has a number at "webhook.allowed_origins", where a text belongs`},
		"a webhook that is true":        {`{"webhook": true}`, `has true or false at "webhook", where an object belongs`},
		"a path that is none":           {`{"webhook": {"allowed_origins": ["a"], "paths": ["events"]}}`, `"events" must be a path like /events or /hooks/*`},
		"a path with a star within":     {`{"webhook": {"allowed_origins": ["a"], "paths": ["/a/*/b"]}}`, `"/a/*/b" must be a path`},
		"a path with a query":           {`{"webhook": {"allowed_origins": ["a"], "paths": ["/a?b"]}}`, `"/a?b" must be a path`},
		"a path of all hosts of a kind": {`{"webhook": {"allowed_origins": ["a"], "paths": ["*.example.com/a"]}}`, `"*.example.com/a" must be a path`},
		"a rate of nothing":             {`{"webhook": {"allowed_origins": ["a"], "allowed_rate": 0}}`, `"allowed_rate" must be a whole number`},
		"a rate in pieces":              {`{"webhook": {"allowed_origins": ["a"], "allowed_rate": 1.5}}`, `"allowed_rate" must be a whole number`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{FilterConfig: c.config})
			if got.Refused == nil || !strings.Contains(got.Refused.Error(), c.want) || !strings.HasPrefix(got.Refused.Error(), "cloudevents: filter configuration: ") {
				t.Errorf("refused = %v, want %q", got.Refused, c.want)
			}
		})
	}
}

func TestRouteConfigurationRefused(t *testing.T) {
	_, err := New().NewRouteConfig([]byte(`{"deliver":"binary"}`))
	if err == nil || !strings.Contains(err.Error(), "write funcroute.cloudevents into the metadata") {
		t.Errorf("error = %v", err)
	}
}

// Where nothing is routed there is nothing to consent to, and the client gets Envoy's 404.
func TestNoConsentWithoutARoute(t *testing.T) {
	for name, noRoute := range map[string]bool{"a route": false, "none": true} {
		got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{
			FilterConfig: `{"webhook": {"allowed_origins": ["*"], "paths": ["/*"]}}`, NoRoute: noRoute,
			Request: hosttest.Message{Headers: [][2]string{
				{":method", "OPTIONS"}, {":path", "/events"}, {":authority", "a"}, {"webhook-request-origin", "b"},
			}},
		})
		if passed := got.Sent != nil; passed != noRoute {
			t.Errorf("%s: passed on = %v, want %v", name, passed, noRoute)
		}
	}
}

// Nobody would notice that no consent is ever given.
func TestAWebhookThatCannotBeAnswered(t *testing.T) {
	got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{
		Route: hosttest.Metadata{namespace: {"webhook": true}}, Request: hosttest.Message{Headers: eventHeaders},
	})
	if got.Sent != nil || got.Details != "funcroute_config_error" || !strings.Contains(strings.Join(got.Logs, " "), `the filter block has no "webhook"`) {
		t.Errorf("got %+v", got)
	}
}

// The route is shown events in headers that every server takes, and in dynamic metadata whole.
func TestLongValuesAreNotShownInHeaders(t *testing.T) {
	for _, c := range []struct {
		name, subject string
		shown         bool
	}{
		{"1,024 letters", strings.Repeat("a", 1024), true},
		{"one more", strings.Repeat("a", 1025), false},
		{"as long once it is encoded", strings.Repeat("€", 113), true}, // 9 bytes each.
		{"longer once it is encoded", strings.Repeat("€", 114), false},
		{"12,000 letters", strings.Repeat("a", 12000), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"specversion":"1.0","type":"t","source":"s","id":"1","subject":"` + c.subject + `"}`
			got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{
				Request: hosttest.Message{
					Headers: [][2]string{
						{":method", "POST"},
						{":path", "/"},
						{":authority", "a"},
						{"content-type", "application/cloudevents+json"},
						{"x-event-subject", "forged"},
					},
					Chunks: [][]byte{[]byte(body)},
				},
			})
			if got.Sent == nil || got.Sent.Body() != body {
				t.Fatalf("sent = %v, want the event", got.Sent)
			}
			want := ""
			if c.shown {
				want = events.Encode(c.subject)
			}
			if header := got.Sent.Header("x-event-subject"); header != want {
				t.Errorf("x-event-subject: got %d bytes, want %d", len(header), len(want))
			}
			if whole := got.DynamicMetadata[namespace]["subject"]; whole != c.subject {
				t.Errorf("dynamic metadata: got %d bytes, want %d", len(whole), len(c.subject))
			}
		})
	}
}

// An event of 64 KiB is handed on in every mode, however its bytes are spread.
func TestLargeEventsInEveryMode(t *testing.T) {
	var many strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, `,"x%d":"v"`, i)
	}
	const minimal = `"specversion":"1.0","type":"t","source":"s","id":"1"`
	for name, members := range map[string]string{
		"an extension of 20 kB":  `,"x1":"` + strings.Repeat("a", 20000) + `"`,
		"160 extensions":         many.String()[:strings.Index(many.String(), `,"x160"`)],
		"thousands":              many.String(),
		"a long subject, in hex": `,"subject":"` + strings.Repeat("€", 15000) + `"`,
	} {
		for _, mode := range []string{"", "binary", "structured"} {
			t.Run(name+" "+mode, func(t *testing.T) {
				route := hosttest.Metadata{}
				if mode != "" {
					route[namespace] = map[string]any{"deliver": mode}
				}
				got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{Route: route, Request: hosttest.Message{
					Headers: [][2]string{{":method", "POST"}, {":path", "/"}, {":authority", "a"}, {"content-type", "application/cloudevents+json"}},
					Chunks:  [][]byte{[]byte("{" + minimal + members + "}")},
				}})
				if got.Sent == nil {
					t.Fatalf("received = %.300v, want the event sent", got.Received)
				}
			})
		}
	}
}

var eventHeaders = [][2]string{
	{":method", "POST"}, {":path", "/"}, {":authority", "a"}, {"ce-specversion", "1.0"}, {"ce-type", "t"}, {"ce-source", "s"}, {"ce-id", "1"},
}

// In a cluster the route cannot be chosen any more, so an event must not seem to be handled there.
func TestMisplaced(t *testing.T) {
	got := hosttest.Memory{}.Run(t, New(), hosttest.Exchange{Upstream: true, Request: hosttest.Message{Headers: eventHeaders}})
	if got.Sent != nil || got.Details != "funcroute_config_error" || !strings.Contains(strings.Join(got.Logs, " "), "belongs into a listener") {
		t.Errorf("got %+v", got)
	}
}

// What a host could not refuse must not seem to be in force.
func TestARouteConfigurationThatCouldNotBeRefused(t *testing.T) {
	got := hosttest.Memory{CannotRefuseRoutes: true}.Run(t, New(), hosttest.Exchange{
		RouteConfig: `{"deliver":"binary"}`, Request: hosttest.Message{Headers: eventHeaders},
	})
	if got.Sent != nil || got.Details != "funcroute_config_error" || !strings.Contains(strings.Join(got.Logs, " "), "there is no per-route configuration") {
		t.Errorf("got %+v", got)
	}
}

// What counts for an event is what its own route says, which is chosen when it has been shown.
func TestTheRouteIsChosenAgain(t *testing.T) {
	plain := eventHeaders[:3:3]
	for name, x := range map[string]hosttest.Exchange{
		"an event": {Request: hosttest.Message{Headers: eventHeaders}},
		"a request that is made one": {
			Route: hosttest.Metadata{namespace: {"wrap_type": "t", "wrap_source": "s"}}, Request: hosttest.Message{Headers: plain},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x.Answer = hosttest.Message{Headers: [][2]string{{":status", "200"}}}
			x.Others = []hosttest.Destination{
				{Header: [2]string{"x-event-type", "t"}, Route: hosttest.Metadata{namespace: {"deliver": "structured"}}},
			}
			got := hosttest.Memory{}.Run(t, New(), x)
			if got.Sent == nil || got.Sent.Header("content-type") != "application/cloudevents+json" {
				t.Errorf("sent = %v, want the event as the second choice has it", got.Sent)
			}
		})
	}
}

func TestConfigurationErrorIsLoggedOnce(t *testing.T) {
	run := hosttest.Memory{}.Session(t, New(), "")
	var got hosttest.Outcome
	for range 3 {
		got = run(hosttest.Exchange{
			Cluster: hosttest.Metadata{namespace: {"deliver": "batch"}},
			Request: hosttest.Message{Headers: eventHeaders},
		})
	}
	if len(got.Logs) != 1 || got.Counters["funcroute.errors.config_error"] != 3 {
		t.Errorf("logs = %q, counters = %v, want one line and three errors", got.Logs, got.Counters)
	}
}

// What Concerns says a host may decide on without the filter.
func TestConcerns(t *testing.T) {
	wrapped := hosttest.Metadata{namespace: {"wrap_type": "t", "wrap_source": "s"}}
	cases := map[string]struct {
		headers [][2]string
		route   hosttest.Metadata
		webhook bool
		want    bool
	}{
		"a plain request":                     {headers: [][2]string{{"content-type", "application/json"}, {"ce-id", "1"}, {"x-event-type", "t"}}},
		"an event in binary mode":             {headers: [][2]string{{"ce-specversion", "1.0"}}, want: true},
		"an event in structured mode":         {headers: [][2]string{{"content-type", "application/cloudevents+json"}}, want: true},
		"in other letters":                    {headers: [][2]string{{"content-type", "APPLICATION/CloudEvents-batch+json"}}, want: true},
		"a content type that begins alike":    {headers: [][2]string{{"content-type", "application/cloud"}}},
		"a route that wraps":                  {route: wrapped, want: true},
		"a route with other metadata":         {route: hosttest.Metadata{"funcroute": {"function": "f"}}},
		"a handshake":                         {headers: [][2]string{{":method", "OPTIONS"}, {"webhook-request-origin", "a"}}, webhook: true, want: true},
		"a handshake without a webhook":       {headers: [][2]string{{":method", "OPTIONS"}, {"webhook-request-origin", "a"}}},
		"a delivery that repeats its origin":  {headers: [][2]string{{":method", "POST"}, {"webhook-request-origin", "a"}}, webhook: true},
		"OPTIONS of another kind":             {headers: [][2]string{{":method", "OPTIONS"}}, webhook: true},
		"an empty specversion makes no event": {headers: [][2]string{{"ce-specversion", ""}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			config := &config{}
			if c.webhook {
				config.options.webhook = &webhook{}
			}
			filter := concernFilter{config.Concerns(), new(bool)}
			hosttest.Memory{}.Run(t, filter, hosttest.Exchange{Route: c.route, Request: hosttest.Message{Headers: c.headers}})
			if *filter.got != c.want {
				t.Errorf("concerned = %v, want %v", *filter.got, c.want)
			}
		})
	}
}

// concernFilter tells whether a request was a concern.
type concernFilter struct {
	concerns []host.Concern
	got      *bool
}

var _ host.Selective = concernFilter{}

func (concernFilter) Name() string { return "concern" }

func (f concernFilter) NewConfig(host.ConfigHandle, []byte) (host.Config, error) { return f, nil }

func (concernFilter) NewRouteConfig([]byte) (any, error) { return nil, nil }

func (f concernFilter) Concerns() []host.Concern { return f.concerns }

func (f concernFilter) NewStream(host.Stream) host.StreamFilter {
	*f.got = true
	return untouched{&stream{}}
}

// untouched lets a request pass.
type untouched struct{ *stream }

func (untouched) RequestHeaders(bool) host.Action { return host.Continue }
