package e2e

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Parameters are taken from what the client has sent, though the function gets what the request was made.
func TestParametersOfRequestsThatAreMadeEvents(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "rest", "metadata": Object{"filter_metadata": Object{
			"funcroute": Object{"type": "rest"},
			"funcroute.functions": Object{
				"act": "POST /act/{action}", "chosen": "POST /chosen/{action}", "event": "POST /event/{id}", "kind": "POST /kind/{kind}",
			},
		}}})
		// hook is a route that makes requests events, and calls a function with them unless the event chooses another.
		hook := func(path, function string, parameters, events Object) Object {
			events["wrap_source"] = "/hooks"
			return Object{"match": Object{"path": path}, "route": Object{"cluster": "rest"}, "metadata": Object{"filter_metadata": Object{
				"funcroute": Object{"function": function}, "funcroute.parameters": parameters, "funcroute.cloudevents": events,
			}}}
		}
		structured := func(eventType string) Object { return Object{"wrap_type": eventType, "deliver": "structured"} }
		config.AddListener("http", []any{
			routeOf("x-event-type", "opened", "rest", Object{
				"funcroute": Object{"function": "chosen"}, "funcroute.parameters": Object{"body.nested/action": "{action}"},
				"funcroute.cloudevents": Object{"deliver": "structured"},
			}, nil),
			routeOf("x-event-type", "event", "rest", Object{
				"funcroute": Object{"function": "event"}, "funcroute.parameters": Object{"body.id": "{id}"},
				"funcroute.cloudevents": Object{"deliver": "structured"},
			}, nil),
			hook("/two", "act", Object{"body.action": "{action}"}, Object{"wrap_type": "{action}"}),
			hook("/json", "act", Object{"body.action": "{action}"}, structured("json.{action}")),
			hook("/form", "act", Object{"form.action": "{action}"}, structured("form.{action}")),
			hook("/kind", "kind", Object{"header.content-type": "text/{kind}"}, structured("kind.{kind}")),
			hook("/typed", "act", Object{"form.action": "{action}"}, Object{"wrap_type": "typed.{action}", "wrap_datacontenttype": "text/plain"}),
		}, nil, Object{"http_filters": EventsFilters(nil)})
		envoy := StartEnvoy(t, host, config)
		for _, c := range []struct {
			name, head, body, path string
			data                   any
		}{
			{"JSON", "POST /json HTTP/1.1\ncontent-type: application/json", `{"action": "opened"}`, "/act/opened", map[string]any{"action": "opened"}},
			{"JSON that does not say so", "POST /json HTTP/1.1", `{"action": "opened"}`, "/act/opened", map[string]any{"action": "opened"}},
			{"a form", "POST /form HTTP/1.1\ncontent-type: application/x-www-form-urlencoded", "action=opened", "/act/opened", "action=opened"},
			{"its media type is told anew", "POST /typed HTTP/1.1\ncontent-type: application/x-www-form-urlencoded", "action=opened", "/act/opened", nil},
			{"its media type", "POST /kind HTTP/1.1\ncontent-type: text/xml", "<a/>", "/kind/xml", "<a/>"},
			{
				"of the route that the event chooses", "POST /two HTTP/1.1\ncontent-type: application/json", `{"action": "opened", "nested": {"action": "x"}}`,
				"/chosen/x",
				map[string]any{"action": "opened", "nested": map[string]any{"action": "x"}},
			},
			{
				"an event's are those of the event, in the mode of its delivery",
				"POST / HTTP/1.1\nce-specversion: 1.0\nce-type: event\nce-source: s\nce-id: 7\ncontent-type: application/json", `{"id": 1}`,
				"/event/7",
				map[string]any{"id": 1.0},
			},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := Send(envoy.Listener(t, "http"), message(t, c.head, c.body))
				received := upstream.Received()[before:]
				if err != nil || len(received) != 1 {
					t.Fatalf("got %s, %v, and %d requests upstream", answer, err, len(received))
				}
				if got := received[0].Headers.Get(":path"); got != c.path {
					t.Errorf("path: got %q, want %q", got, c.path)
				}
				if c.data == nil {
					if got := string(received[0].Body); got != c.body {
						t.Errorf("body: got %q, want %q", got, c.body)
					}
					return
				}
				checkData(t, received[0], c.data)
			})
		}
	})
}

func checkData(t *testing.T, received Received, want any) {
	t.Helper()
	var event struct {
		SpecVersion string
		Data        any
	}
	if err := json.Unmarshal(received.Body, &event); err != nil || event.SpecVersion != "1.0" {
		t.Fatalf("body: got %s (%v), want an event", received.Body, err)
	}
	if !reflect.DeepEqual(event.Data, want) {
		t.Errorf("data: got %v, want %v", event.Data, want)
	}
}
