package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/filters/host/hosttest/panicking"
	"github.com/funcroute/funcroute/golden"
)

// panickingFilter is the filter for users of that name, in the form that panics where it is told to.
func panickingFilter(name string, options harness.Object) harness.Object {
	filter := harness.Clone(harness.FunctionsFilter()).(harness.Object)
	filter["name"] = name
	filter["typed_config"].(harness.Object)["filter_name"] = "panicking-" + name
	if options != nil {
		filter["typed_config"].(harness.Object)["filter_config"] = harness.AsStruct(options)
	}
	return filter
}

// withinCase is an event of a filter's, and the request in which it happens.
type withinCase struct {
	event   panicking.Event
	request string
	status  int
	calls   bool // it calls its host before it ends
}

// The filters for users panic in each of their own entry points: at the first call of their host's, and at the end, when all
// of it has been done.
func TestPanicsWithinFilters(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartPieces(t)
		t.Run("functions", func(t *testing.T) {
			config := harness.NewConfig()
			var routes []any
			for _, name := range []string{"nowhere", "eventually", "whole", "in-pieces"} {
				config.AddCluster(upstream, harness.Object{"name": name, "metadata": harness.Object{"filter_metadata": harness.Object{
					"funcroute": harness.Object{"type": "panics", "at": name}, "funcroute.functions": harness.Object{"f": "f"},
				}}})
				routes = append(routes, harness.Object{
					"match": harness.Object{"path": "/" + name}, "route": harness.Object{"cluster": name},
					"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "f"}}},
				})
			}
			routes = append(routes, harness.Object{
				"match": harness.Object{"path": "/unknown"}, "route": harness.Object{"cluster": "nowhere"},
				"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "unknown"}}},
			})
			checkWithin(t, host, config, "functions", routes, "POST /nowhere HTTP/1.1", []withinCase{
				{panicking.NewStream, "POST /nowhere HTTP/1.1", 500, false},
				{panicking.RequestHeaders, "POST /nowhere HTTP/1.1", 500, true},
				{panicking.RequestBody, "POST /nowhere HTTP/1.1", 500, true},
				{panicking.Resumed, "POST /eventually HTTP/1.1", 500, true},
				{panicking.AnswerHeaders, "POST /nowhere HTTP/1.1", 500, true},
				{panicking.AnswerBody, "POST /whole HTTP/1.1", 500, true},
				{panicking.AnswerPiece, "POST /in-pieces HTTP/1.1", 500, true},
				{panicking.Destroy, "POST /unknown HTTP/1.1", 500, false}, // With an answer of a function's the filter is done.
			})
		})
		t.Run("cloudevents", func(t *testing.T) {
			config := harness.NewConfig()
			config.AddCluster(upstream, harness.Object{"name": "events"})
			routes := []any{harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "events"}}}
			const (
				event      = "POST / HTTP/1.1\nce-specversion: 1.0\nce-type: t\nce-source: /s\nce-id: 1"
				structured = "POST / HTTP/1.1\ncontent-type: application/cloudevents+json"
			)
			checkWithin(t, host, config, "cloudevents", routes, event, []withinCase{
				{panicking.NewStream, event, 500, false},
				{panicking.RequestHeaders, event, 500, true},
				{panicking.RequestBody, structured, 500, true},
				{panicking.Destroy, strings.Replace(event, "ce-id: 1", "ce-id: ", 1), 400, false}, // With an event it is done.
			})
		})
	})
}

func checkWithin(t *testing.T, host harness.Host, config harness.Config, filter string, routes []any, good string, cases []withinCase) {
	t.Helper()
	const body = `{"specversion": "1.0", "type": "t", "source": "/s", "id": "1", "data": "d"}`
	configured := func(options harness.Object) harness.Config {
		config := config.Clone()
		config.AddListener("http", routes, nil, harness.Object{
			"delayed_close_timeout": "0s", // Else an answer that is broken off ends a second later.
			"http_filters":          []any{panickingFilter(filter, options), harness.RouterFilter()},
		})
		return config
	}
	envoy := harness.StartEnvoy(t, host.Faulty(t), configured(nil))
	envoy.Expect("panic|unknown_function")
	var panics []panicCase
	requests := map[string]string{}
	for _, c := range cases {
		for _, call := range []string{":1", ":999"} {
			if call != ":1" && !c.calls {
				continue // It is the same place.
			}
			at := string(c.event) + call
			requests[at] = c.request
			panics = append(panics, panicCase{at: at, status: c.status, counter: "internal_error", logged: "panicking.(*"})
		}
	}
	for call := range 4 { // The handling of a panic panics.
		at := fmt.Sprintf("%s+%s:%d", panicking.RequestHeaders, panicking.Recovered, call+1)
		requests[at] = good
		panics = append(panics, panicCase{at: at, status: 500})
	}
	if host.Can(harness.StrictRoutes) { // Contrib does not recycle filters.
		at := string(panicking.Recycle)
		requests[at] = good
		panics = append(panics, panicCase{at: at, status: 200, logged: "Recycle"})
	}
	checkPanics(t, envoy, panics, func(c panicCase) *golden.Message {
		return harness.Message(t, requests[c.at]+"\n"+panicking.Header+": "+c.at, body)
	}, harness.Message(t, good, body))

	for _, event := range []panicking.Event{panicking.NewConfig, panicking.Concerns} {
		t.Run(string(event), func(t *testing.T) {
			said := harness.Refused(t, host.Faulty(t), configured(harness.Object{panicking.ConfigKey: string(event)}))
			if !strings.Contains(said, "panic") || strings.Contains(said, panicking.Secret) {
				t.Errorf("Envoy says %q, want that there was a panic, and not what its value was", said)
			}
		})
	}
	t.Run(string(panicking.NewRouteConfig), func(t *testing.T) { checkWithinRoute(t, host, configured(nil), filter, harness.Message(t, good, body)) })
}

// checkWithinRoute has the loading of a route panic.
func checkWithinRoute(t *testing.T, host harness.Host, config harness.Config, filter string, request *golden.Message) {
	t.Helper()
	for _, route := range harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts") {
		for _, r := range harness.Objects(route, "routes") {
			r["typed_per_filter_config"] = harness.Object{filter: harness.Object{
				"@type":                 harness.DynamicModulePerRoute,
				"dynamic_module_config": harness.Object{"name": "funcroute", "do_not_close": true},
				"filter_name":           "panicking-" + filter,
				"filter_config":         harness.AsStruct(harness.Object{panicking.ConfigKey: string(panicking.NewRouteConfig)}),
			}}
		}
	}
	if host.Can(harness.StrictRoutes) {
		if said := harness.Refused(t, host.Faulty(t), config); !strings.Contains(said, "panic") || strings.Contains(said, panicking.Secret) {
			t.Errorf("Envoy says %q, want that there was a panic, and not what its value was", said)
		}
		return
	}
	envoy := harness.StartEnvoy(t, host.Faulty(t), config)
	envoy.Expect("panic")
	wantProblem(t, envoy, request, http.StatusInternalServerError)
}
