package e2e

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// routeOf sends requests with such a header to a cluster. The metadata is the route's.
func routeOf(header, value, cluster string, metadata, perRoute Object) Object {
	match := Object{"prefix": "/"}
	if header != "" {
		match["headers"] = []any{Object{"name": header, "string_match": Object{"exact": value}}}
	}
	route := Object{"match": match, "route": Object{"cluster": cluster}}
	if metadata != nil {
		route["metadata"] = Object{"filter_metadata": metadata}
	}
	if perRoute != nil {
		route["typed_per_filter_config"] = Object{"functions": Object{
			"@type": dynamicModulePerRoute, "dynamic_module_config": Object{"name": "funcroute", "do_not_close": true},
			"filter_name": "functions", "filter_config": asStruct(perRoute),
		}}
	}
	return route
}

// clearer is a filter that changes a request so that another route fits it, and says so to Envoy.
func clearer() Object {
	return typedFilter("clearer", "lua.v3.Lua", Object{"default_source_code": Object{"inline_string": `
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
	deliver := func(mode string) Object { return Object{"funcroute.cloudevents": Object{"deliver": mode}} }
	wrap := Object{"funcroute.cloudevents": Object{"wrap_type": "wrapped", "wrap_source": "/hooks"}}
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "plain"})
		config.AddCluster(upstream.Address, Object{"name": "structured", "metadata": Object{"filter_metadata": deliver("structured")}})
		config.AddListener("http", []any{
			routeOf("x-event-type", "route", "plain", deliver("structured"), nil),
			routeOf("x-event-type", "cluster", "structured", nil, nil),
			routeOf("x-event-type", "wrapped", "plain", deliver("structured"), nil),
			routeOf("x-hook", "1", "plain", wrap, nil),
			routeOf("", "", "plain", nil, nil),
		}, nil, Object{"http_filters": EventsFilters(nil)})
		config.AddListener("back", []any{
			routeOf("x-event-type", "bare", "plain", nil, nil),
			routeOf("", "", "plain", deliver("structured"), nil),
		}, nil, Object{"http_filters": EventsFilters(nil)})
		envoy := StartEnvoy(t, host, config)
		hook := message(t, "POST / HTTP/1.1\nx-hook: 1\ncontent-type: application/json", "{}")
		for _, c := range []struct {
			name, listener string
			request        *plugintest.Message
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
				answer, err := Send(envoy.Listener(t, c.listener), c.request)
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
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "plain"})
		config.AddCluster(upstream.Address, Object{"name": "rest", "metadata": Object{"filter_metadata": Object{
			"funcroute":           Object{"type": "rest"},
			"funcroute.functions": Object{"first": "GET /first", "second": "GET /second", "third": "GET /third"},
		}}})
		call := func(function string) Object { return Object{"funcroute": Object{"function": function}} }
		wrap := func(eventType string) Object {
			return Object{"funcroute.cloudevents": Object{"wrap_type": eventType, "wrap_source": "/hooks"}}
		}
		events := EventsFilters(nil)
		config.AddListener("http", []any{
			routeOf("x-sent-to", "second", "rest", call("second"), nil),
			routeOf("x-sent-to", "per-route", "rest", call("second"), call("third")),
			routeOf("x-sent-to", "plain", "plain", nil, nil),
			routeOf("x-sent-to", "hooks", "plain", wrap("second"), nil),
			routeOf("x-from", "plain", "plain", nil, nil),
			routeOf("x-from", "hooks", "plain", wrap("first"), nil),
			routeOf("", "", "rest", call("first"), nil),
		}, nil, Object{"http_filters": append([]any{clearer()}, events...)})
		envoy := StartEnvoy(t, host, config)
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
				answer, err := Send(envoy.Listener(t, "http"), message(t, strings.TrimSpace("GET / HTTP/1.1\n"+c.headers), ""))
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
