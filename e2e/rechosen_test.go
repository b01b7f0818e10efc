package e2e

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// routeOf sends requests with such a header to a cluster. The metadata is the route's.
func routeOf(header, value, cluster string, metadata, perRoute harness.Object) harness.Object {
	match := harness.Object{"prefix": "/"}
	if header != "" {
		match["headers"] = []any{harness.Object{"name": header, "string_match": harness.Object{"exact": value}}}
	}
	route := harness.Object{"match": match, "route": harness.Object{"cluster": cluster}}
	if metadata != nil {
		route["metadata"] = harness.Object{"filter_metadata": metadata}
	}
	if perRoute != nil {
		route["typed_per_filter_config"] = harness.Object{"functions": harness.Object{
			"@type": harness.DynamicModulePerRoute, "dynamic_module_config": harness.Object{"name": "funcroute", "do_not_close": true},
			"filter_name": "functions", "filter_config": harness.AsStruct(perRoute),
		}}
	}
	return route
}

// clearer is a filter that changes a request so that another route fits it, and says so to Envoy.
func clearer() harness.Object {
	return typedFilter("clearer", "lua.v3.Lua", harness.Object{"default_source_code": harness.Object{"inline_string": `
function envoy_on_request(handle)
  local to = handle:headers():get("x-send-to")
  if to ~= nil then
    handle:headers():replace("x-sent-to", to)
    handle:clearRouteCache()
  end
end`}})
}

// What counts is what the route says that Envoy takes in the end: the one that an event has chosen.
func TestMetadataOfTheRouteThatAnEventHasChosen(t *testing.T) {
	deliver := func(mode string) harness.Object {
		return harness.Object{"funcroute.cloudevents": harness.Object{"deliver": mode}}
	}
	wrap := harness.Object{"funcroute.cloudevents": harness.Object{"wrap_type": "wrapped", "wrap_source": "/hooks"}}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "plain"})
		config.AddCluster(upstream.Address, harness.Object{"name": "structured", "metadata": harness.Object{"filter_metadata": deliver("structured")}})
		config.AddListener("http", []any{
			routeOf("x-event-type", "route", "plain", deliver("structured"), nil),
			routeOf("x-event-type", "cluster", "structured", nil, nil),
			routeOf("x-event-type", "wrapped", "plain", deliver("structured"), nil),
			routeOf("x-hook", "1", "plain", wrap, nil),
			routeOf("", "", "plain", nil, nil),
		}, nil, harness.Object{"http_filters": harness.EventsFilters(nil)})
		config.AddListener("back", []any{
			routeOf("x-event-type", "bare", "plain", nil, nil),
			routeOf("", "", "plain", deliver("structured"), nil),
		}, nil, harness.Object{"http_filters": harness.EventsFilters(nil)})
		envoy := harness.StartEnvoy(t, host, config)
		hook := harness.Message(t, "POST / HTTP/1.1\nx-hook: 1\ncontent-type: application/json", "{}")
		for _, c := range []struct {
			name, listener string
			request        *golden.Message
			want           string
		}{
			{"the route's metadata", "http", eventOfType(t, "route"), "application/cloudevents+json"},
			{"the cluster's", "http", eventOfType(t, "cluster"), "application/cloudevents+json"},
			{"of a request that was made an event", "http", hook, "application/cloudevents+json"},
			{"no metadata", "http", eventOfType(t, "other"), ""},
			{"none any more", "back", eventOfType(t, "bare"), ""},
			{"still the same", "back", eventOfType(t, "other"), "application/cloudevents+json"},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := harness.Send(envoy.Listener(t, c.listener), c.request)
				received := upstream.Received()[before:]
				if err != nil || len(received) != 1 {
					t.Fatalf("got %s, %v, and %d requests upstream", answer, err, len(received))
				}
				if got := received[0].Headers.Get("content-type"); got != c.want {
					t.Errorf("content-type: got %q, want %q", got, c.want)
				}
			})
		}
	})
}

// Other filters may have the route chosen again as well, before any of ours.
func TestMetadataOfTheRouteThatAnotherFilterHasChosen(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "plain"})
		config.AddCluster(upstream.Address, harness.Object{"name": "rest", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute":           harness.Object{"type": "rest"},
			"funcroute.functions": harness.Object{"first": "GET /first", "second": "GET /second", "third": "GET /third"},
		}}})
		call := func(function string) harness.Object {
			return harness.Object{"funcroute": harness.Object{"function": function}}
		}
		wrap := func(eventType string) harness.Object {
			return harness.Object{"funcroute.cloudevents": harness.Object{"wrap_type": eventType, "wrap_source": "/hooks"}}
		}
		events := harness.EventsFilters(nil)
		config.AddListener("http", []any{
			routeOf("x-sent-to", "second", "rest", call("second"), nil),
			routeOf("x-sent-to", "per-route", "rest", call("second"), call("third")),
			routeOf("x-sent-to", "plain", "plain", nil, nil),
			routeOf("x-sent-to", "hooks", "plain", wrap("second"), nil),
			routeOf("x-from", "plain", "plain", nil, nil),
			routeOf("x-from", "hooks", "plain", wrap("first"), nil),
			routeOf("", "", "rest", call("first"), nil),
		}, nil, harness.Object{"http_filters": append([]any{clearer()}, events...)})
		envoy := harness.StartEnvoy(t, host, config)
		for _, c := range []struct{ name, headers, path, eventType string }{
			{"none", "", "/first", ""},
			{"another function", "x-send-to: second", "/second", ""},
			{"another per-route configuration", "x-send-to: per-route", "/third", ""},
			{"a function where there was none", "x-from: plain\nx-send-to: second", "/second", ""},
			{"no function any more", "x-send-to: plain", "/", ""},
			{"an event where there was none", "x-send-to: hooks", "/", "second"},
			{"another event", "x-from: hooks\nx-send-to: hooks", "/", "second"},
			{"no event any more", "x-from: hooks\nx-send-to: plain", "/", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, strings.TrimSpace("GET / HTTP/1.1\n"+c.headers), ""))
				received := upstream.Received()[before:]
				if err != nil || len(received) != 1 {
					t.Fatalf("got %s, %v, and %d requests upstream", answer, err, len(received))
				}
				if got := received[0].Headers.Get(":path"); got != c.path {
					t.Errorf("path: got %q, want %q", got, c.path)
				}
				if got := received[0].Headers.Get("ce-type"); got != c.eventType {
					t.Errorf("ce-type: got %q, want %q", got, c.eventType)
				}
			})
		}
	})
}
