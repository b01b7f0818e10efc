package e2e

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// Parameters are taken from what the client has sent, though the function gets what the request was made.
func TestParametersOfRequestsThatAreMadeEvents(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "rest", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute": harness.Object{"type": "rest"},
			"funcroute.functions": harness.Object{
				"act": "POST /act/{action}", "chosen": "POST /chosen/{action}", "event": "POST /event/{id}", "kind": "POST /kind/{kind}",
			},
		}}})
		// hook is a route that makes requests events, and calls a function with them unless the event chooses another.
		hook := func(path, function string, parameters, events harness.Object) harness.Object {
			events["wrap_source"] = "/hooks"
			return harness.Object{"match": harness.Object{"path": path}, "route": harness.Object{"cluster": "rest"}, "metadata": harness.Object{"filter_metadata": harness.Object{
				"funcroute": harness.Object{"function": function}, "funcroute.parameters": parameters, "funcroute.cloudevents": events,
			}}}
		}
		structured := func(eventType string) harness.Object {
			return harness.Object{"wrap_type": eventType, "deliver": "structured"}
		}
		config.AddListener("http", []any{
			routeOf("x-event-type", "opened", "rest", harness.Object{
				"funcroute": harness.Object{"function": "chosen"}, "funcroute.parameters": harness.Object{"body.nested/action": "{action}"},
				"funcroute.cloudevents": harness.Object{"deliver": "structured"},
			}, nil),
			routeOf("x-event-type", "event", "rest", harness.Object{
				"funcroute": harness.Object{"function": "event"}, "funcroute.parameters": harness.Object{"body.id": "{id}"},
				"funcroute.cloudevents": harness.Object{"deliver": "structured"},
			}, nil),
			hook("/two", "act", harness.Object{"body.action": "{action}"}, harness.Object{"wrap_type": "{action}"}),
			hook("/json", "act", harness.Object{"body.action": "{action}"}, structured("json.{action}")),
			hook("/form", "act", harness.Object{"form.action": "{action}"}, structured("form.{action}")),
			hook("/kind", "kind", harness.Object{"header.content-type": "text/{kind}"}, structured("kind.{kind}")),
			hook("/typed", "act", harness.Object{"form.action": "{action}"}, harness.Object{"wrap_type": "typed.{action}", "wrap_datacontenttype": "text/plain"}),
		}, nil, harness.Object{"http_filters": harness.EventsFilters(nil)})
		envoy := harness.StartEnvoy(t, host, config)
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
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, c.head, c.body))
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

func checkData(t *testing.T, received harness.Received, want any) {
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
