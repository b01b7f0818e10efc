package e2e

import (
	"encoding/json"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// All attempts of a request share one map of headers in Envoy. Whatever ends an attempt, the next one must begin with what
// the client sent: its method, path, cookies, and not the signature of the attempt before.
func TestEveryAttemptBeginsWithTheClientsRequest(t *testing.T) {
	oracle := StartOracle(t)
	done := message(t, "200\ncontent-type: application/json", `{"statusCode": 200, "body": "done"}`)
	failing := message(t, "200\nx-amz-function-error: Unhandled", `{}`)
	held := message(t, "200\nx-upstream-hold: true", "")
	cases := []struct {
		name    string
		answers []*plugintest.Message
		policy  Object
		hedge   Object
		want    int // how many attempts arrive
	}{
		{
			name:    "after a function error",
			answers: []*plugintest.Message{failing, failing, done},
			policy:  Object{"retry_on": "5xx", "num_retries": 3},
			want:    3,
		},
		{
			name:    "after a reset",
			answers: []*plugintest.Message{message(t, "200\nx-upstream-reset: true", ""), done},
			policy:  Object{"retry_on": "reset", "num_retries": 2},
			want:    2,
		},
		{
			name:    "after a timeout of the attempt",
			answers: []*plugintest.Message{held, done},
			policy:  Object{"retry_on": "5xx", "num_retries": 1, "per_try_timeout": "1s"},
			want:    2,
		},
		{
			name:    "beside an attempt that is still under way",
			answers: []*plugintest.Message{held, done},
			policy:  Object{"retry_on": "5xx", "num_retries": 1, "per_try_timeout": "0.2s"},
			hedge:   Object{"hedge_on_per_try_timeout": true},
			want:    2,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			OnEveryEnvoy(t, []Capability{UpstreamFilter}, func(t *testing.T, host Host) {
				upstream := StartUpstream(t, c.answers...)
				config := NewConfig()
				config.AddCluster(upstream.Address, Object{"name": "lambda", "metadata": Object{"filter_metadata": Object{
					"funcroute":           Object{"type": "lambda", "region": "us-east-1"},
					"funcroute.functions": Object{"hello": "hello"},
				}}})
				route := Object{"cluster": "lambda", "retry_policy": c.policy}
				if c.hedge != nil {
					route["hedge_policy"] = c.hedge
				}
				config.AddListener("http", []any{Object{
					"match": Object{"prefix": "/"}, "route": route,
					"metadata": Object{"filter_metadata": Object{
						"funcroute":            Object{"function": "hello"},
						"funcroute.parameters": Object{"path": "/users/{id}"},
					}},
				}}, nil, nil)
				envoy := StartEnvoy(t, host, config)

				request := message(t, "PUT /users/7?a=b HTTP/1.1\ncookie: c=d\nauthorization: Bearer e\ncontent-type: text/plain", "body")
				answer, err := Send(envoy.Listener(t, "http"), request)
				if err != nil {
					t.Fatal(err)
				}
				report(t, plugintest.MatchAnswer(message(t, "200", "done"), answer.Headers, answer.Body))

				received := upstream.Received()
				if len(received) != c.want {
					t.Fatalf("attempts = %d, want %d", len(received), c.want)
				}
				for i, attempt := range received {
					if problems := oracle.Problems(t, attempt, DefaultSigner()); len(problems) > 0 {
						t.Errorf("attempt %d: signature: %v", i+1, problems)
					}
					checkEvent(t, i+1, attempt.Body)
				}
			})
		})
	}
}

func checkEvent(t *testing.T, attempt int, body []byte) {
	t.Helper()
	var event struct {
		RawPath, RawQueryString, Body string
		Cookies                       []string
		Headers, PathParameters       map[string]string
		RequestContext                struct{ HTTP struct{ Method string } }
	}
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatalf("attempt %d: event %q: %v", attempt, body, err)
	}
	for what, values := range map[string][2]string{
		"path":          {event.RawPath, "/users/7"},
		"query":         {event.RawQueryString, "a=b"},
		"method":        {event.RequestContext.HTTP.Method, "PUT"},
		"parameter":     {event.PathParameters["id"], "7"},
		"authorization": {event.Headers["authorization"], "Bearer e"},
		"x-amz-date":    {event.Headers["x-amz-date"], ""},
		"body":          {event.Body, "body"},
	} {
		if values[0] != values[1] {
			t.Errorf("attempt %d: event's %s = %q, want %q", attempt, what, values[0], values[1])
		}
	}
	if len(event.Cookies) != 1 || event.Cookies[0] != "c=d" {
		t.Errorf("attempt %d: event's cookies = %q, want c=d", attempt, event.Cookies)
	}
}

// An answer that Envoy might retry, held back until it was whole, while another attempt is under way: Envoy's router mixes
// the two up and the process ends, were it not for the filter.
//
// The first attempt is held until Envoy gives it up, and all others get the same answer: on a busy machine an attempt may
// take longer than Envoy waits before it sends another, and then it is not settled which of them answers first.
func TestHedgedErrors(t *testing.T) {
	failing := message(t, "200\nx-amz-function-error: Unhandled", `{}`)
	own := message(t, "200\ncontent-type: application/json", `{"statusCode": 503, "body": "closed"}`)
	done := message(t, "200\ncontent-type: application/json", `{"statusCode": 200, "body": "done"}`)
	held := message(t, "200\nx-upstream-hold: true", "")
	cases := []struct {
		name   string
		answer *plugintest.Message
		want   *plugintest.Message
	}{
		{"the function fails", failing, &plugintest.Message{Start: "502"}},
		{"the function answers with an error", own, message(t, "503", "closed")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			OnEveryEnvoy(t, []Capability{UpstreamFilter}, func(t *testing.T, host Host) {
				upstream := StartUpstream(t)
				config := helloConfig(upstream.Address)
				for _, cluster := range config.clusters() {
					cluster["metadata"].(Object)["filter_metadata"].(Object)["funcroute"].(Object)["payload"] = "apigateway-v2"
				}
				for _, manager := range config.connectionManagers() {
					for _, virtualHost := range objects(manager["route_config"].(Object), "virtual_hosts") {
						for _, route := range objects(virtualHost, "routes") {
							action := route["route"].(Object)
							action["retry_policy"] = Object{"retry_on": "5xx", "num_retries": 3, "per_try_timeout": "0.1s"}
							action["hedge_policy"] = Object{"hedge_on_per_try_timeout": true}
						}
					}
				}
				envoy := StartEnvoy(t, host, config)
				for range 3 {
					before := len(upstream.Received())
					upstream.Script(held, c.answer)
					answer, err := Send(envoy.Listener(t, "http"), message(t, "GET / HTTP/1.1", ""))
					if err != nil {
						t.Fatal(err)
					}
					report(t, plugintest.MatchAnswer(c.want, answer.Headers, answer.Body))
					if n := len(upstream.Received()) - before; n < 2 {
						t.Errorf("attempts = %d, want several", n)
					}
				}
				upstream.Script(done)
				answer, err := Send(envoy.Listener(t, "http"), message(t, "GET / HTTP/1.1", ""))
				if err != nil {
					t.Fatalf("Envoy does not serve the next request: %v", err)
				}
				report(t, plugintest.MatchAnswer(message(t, "200", "done"), answer.Headers, answer.Body))
			})
		})
	}
}
