package e2e

import (
	"strings"
	"testing"
)

// Events of up to 64 KiB arrive, whatever fills them, and what Envoy is shown of them makes them no longer than servers take.
func TestEventsOf64KiB(t *testing.T) {
	const structured = "POST / HTTP/1.1\ncontent-type: application/cloudevents+json"
	minimal := `{"specversion":"1.0","type":"t","source":"s","id":"1"`
	longest := strings.Repeat("a", 64<<10-len(minimal)-len(`,"subject":""}`))
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "upstream"})
		config.AddListener("http", []any{
			Object{
				"match": Object{"prefix": "/", "dynamic_metadata": []any{Object{
					"filter": "funcroute.cloudevents", "path": []any{Object{"key": "subject"}},
					"value": Object{"string_match": Object{"prefix": "€"}},
				}}},
				"route":                  Object{"cluster": "upstream"},
				"request_headers_to_add": []any{Object{"header": Object{"key": "x-route", "value": "euro"}}},
			},
			Object{"match": Object{"prefix": "/"}, "route": Object{"cluster": "upstream"}},
		}, nil, Object{"http_filters": EventsFilters(nil)})
		envoy := StartEnvoy(t, host, config)
		for _, c := range []struct{ name, head, body, route string }{
			{"a long subject", structured, minimal + `,"subject":"` + longest + `"}`, ""},
			{"of characters that headers encode", structured, minimal + `,"subject":"` + strings.Repeat("€", 2600) + `"}`, "euro"},
			{"thousands of extensions", structured, minimal + many(5000) + "}", ""},
			{"a long extension in a header", "POST / HTTP/1.1\nce-specversion: 1.0\nce-type: t\nce-source: s\nce-id: 1\nce-ext: " + longest[:20000], "{}", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := Send(envoy.Listener(t, "http"), message(t, c.head, c.body))
				received := upstream.Received()[before:]
				if err != nil || len(received) != 1 {
					t.Fatalf("got %.300s, %v, and %d requests upstream", answer, err, len(received))
				}
				if string(received[0].Body) != c.body {
					t.Errorf("%d bytes arrived, want the %d that were sent", len(received[0].Body), len(c.body))
				}
				if got := received[0].Headers.Get("x-event-subject"); got != "" {
					t.Errorf("x-event-subject: got %d bytes, want none", len(got))
				}
				if got := received[0].Headers.Get("x-route"); got != c.route {
					t.Errorf("route: got %q, want %q", got, c.route)
				}
			})
		}
	})
}

// Consent is given where events are taken; a path that no route fits stays a 404.
func TestWebhooks(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "upstream"})
		config.AddListener("http", []any{
			Object{"match": Object{"prefix": "/listed"}, "route": Object{"cluster": "upstream"}},
			Object{"match": Object{"prefix": "/other"}, "route": Object{"cluster": "upstream"}},
			Object{
				"match": Object{"path": "/said"}, "direct_response": Object{"status": 405},
				"metadata": Object{"filter_metadata": Object{"funcroute.cloudevents": Object{"webhook": true}}},
			},
		}, nil, Object{"http_filters": EventsFilters(Object{"webhook": Object{
			"allowed_origins": []any{"example.com"}, "paths": []any{"/listed", "/nowhere"},
		}})})
		envoy := StartEnvoy(t, host, config)
		for _, c := range []struct {
			path, origin, consent string
			want                  int
		}{
			{"/listed", "example.com", "example.com", 200},
			{"/listed", "example.org", "", 403},
			{"/said", "example.com", "example.com", 200},
			{"/other", "example.com", "", 200},
			{"/nowhere", "example.com", "", 404},
			{"/nothing", "example.com", "", 404},
		} {
			t.Run(c.path+" from "+c.origin, func(t *testing.T) {
				answer, err := Send(envoy.Listener(t, "http"), message(t, "OPTIONS "+c.path+" HTTP/1.1\nwebhook-request-origin: "+c.origin, ""))
				if err != nil {
					t.Fatal(err)
				}
				if got := answer.Headers.Get("webhook-allowed-origin"); answer.Status() != c.want || got != c.consent {
					t.Errorf("got %d and consent to %q, want %d and %q", answer.Status(), got, c.want, c.consent)
				}
			})
		}
	})
}
