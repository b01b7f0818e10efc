package e2e

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// Events of up to 64 KiB arrive, whatever fills them, and what Envoy is shown of them makes them no longer than servers take.
func TestEventsOf64KiB(t *testing.T) {
	const structured = "POST / HTTP/1.1\ncontent-type: application/cloudevents+json"
	minimal := `{"specversion":"1.0","type":"t","source":"s","id":"1"`
	longest := strings.Repeat("a", 64<<10-len(minimal)-len(`,"subject":""}`))
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "upstream"})
		config.AddListener("http", []any{
			harness.Object{
				"match": harness.Object{"prefix": "/", "dynamic_metadata": []any{harness.Object{
					"filter": "funcroute.cloudevents", "path": []any{harness.Object{"key": "subject"}},
					"value": harness.Object{"string_match": harness.Object{"prefix": "€"}},
				}}},
				"route":                  harness.Object{"cluster": "upstream"},
				"request_headers_to_add": []any{harness.Object{"header": harness.Object{"key": "x-route", "value": "euro"}}},
			},
			harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "upstream"}},
		}, nil, harness.Object{"http_filters": harness.EventsFilters(nil)})
		envoy := harness.StartEnvoy(t, host, config)
		for _, c := range []struct{ name, head, body, route string }{
			{"a long subject", structured, minimal + `,"subject":"` + longest + `"}`, ""},
			{"of characters that headers encode", structured, minimal + `,"subject":"` + strings.Repeat("€", 2600) + `"}`, "euro"},
			{"thousands of extensions", structured, minimal + many(5000) + "}", ""},
			{"a long extension in a header", "POST / HTTP/1.1\nce-specversion: 1.0\nce-type: t\nce-source: s\nce-id: 1\nce-ext: " + longest[:20000], "{}", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, c.head, c.body))
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
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "upstream"})
		config.AddListener("http", []any{
			harness.Object{"match": harness.Object{"prefix": "/listed"}, "route": harness.Object{"cluster": "upstream"}},
			harness.Object{"match": harness.Object{"prefix": "/other"}, "route": harness.Object{"cluster": "upstream"}},
			harness.Object{
				"match": harness.Object{"path": "/said"}, "direct_response": harness.Object{"status": 405},
				"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute.cloudevents": harness.Object{"webhook": true}}},
			},
		}, nil, harness.Object{"http_filters": harness.EventsFilters(harness.Object{"webhook": harness.Object{
			"allowed_origins": []any{"example.com"}, "paths": []any{"/listed", "/nowhere"},
		}})})
		envoy := harness.StartEnvoy(t, host, config)
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
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "OPTIONS "+c.path+" HTTP/1.1\nwebhook-request-origin: "+c.origin, ""))
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
