package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/headermap"
)

func eventOfType(t *testing.T, eventType string, headers ...string) *golden.Message {
	t.Helper()
	return harness.Message(t, "POST /events HTTP/1.1\nce-specversion: 1.0\nce-source: /shop\nce-id: 1\nce-type: "+eventType+
		strings.Join(append([]string{""}, headers...), "\n"), "")
}

func typedFilter(name, kind string, config harness.Object) harness.Object {
	typed := harness.Clone(config).(harness.Object)
	typed["@type"] = "type.googleapis.com/envoy.extensions.filters.http." + kind
	return harness.Object{"name": name, "typed_config": typed}
}

// Filters before `cloudevents` decide about the client, those after it about the event.
func TestEventsAmongOtherFilters(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token := signedToken(t, key, harness.Object{"iss": "tests", "exp": time.Now().Add(time.Hour).Unix()})
	rateLimit := func(tokens int) harness.Object {
		return harness.Object{
			"stat_prefix":    "limit",
			"token_bucket":   harness.Object{"max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": "3600s"},
			"filter_enabled": harness.Object{"default_value": harness.Object{"numerator": 100}}, "filter_enforced": harness.Object{"default_value": harness.Object{"numerator": 100}},
		}
	}
	limited := typedFilter("", "local_ratelimit.v3.LocalRateLimit", rateLimit(1))["typed_config"]
	byType := func(eventType string) harness.Object {
		return harness.Object{"prefix": "/", "headers": []any{harness.Object{"name": "x-event-type", "string_match": harness.Object{"exact": eventType}}}}
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream, authorizer := harness.StartUpstream(t), harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "upstream"})
		config.AddCluster(authorizer.Address, harness.Object{"name": "authorizer"})
		events := harness.EventsFilters(nil)
		config.AddListener("http", []any{
			harness.Object{
				"match": byType("limited"), "route": harness.Object{"cluster": "upstream"},
				"typed_per_filter_config": harness.Object{"limit": limited},
			},
			harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "upstream"}},
		}, nil, harness.Object{"http_filters": []any{
			typedFilter("jwt", "jwt_authn.v3.JwtAuthentication", harness.Object{
				"providers": harness.Object{"p": harness.Object{"issuer": "tests", "local_jwks": harness.Object{"inline_string": publicKeys(t, key)}, "forward": true}},
				"rules":     []any{harness.Object{"match": harness.Object{"prefix": "/"}, "requires": harness.Object{"provider_name": "p"}}},
			}),
			events[0],
			typedFilter("rbac", "rbac.v3.RBAC", harness.Object{"rules": harness.Object{"action": "DENY", "policies": harness.Object{"payments": harness.Object{
				"principals":  []any{harness.Object{"any": true}},
				"permissions": []any{harness.Object{"header": harness.Object{"name": "x-event-type", "string_match": harness.Object{"prefix": "payment."}}}},
			}}}}),
			typedFilter("limit", "local_ratelimit.v3.LocalRateLimit", harness.Object{"stat_prefix": "limit"}),
			typedFilter("authorizer", "ext_authz.v3.ExtAuthz", harness.Object{"http_service": harness.Object{
				"server_uri":            harness.Object{"uri": "http://authorizer", "cluster": "authorizer", "timeout": "5s"},
				"authorization_request": harness.Object{},
			}, "allowed_headers": harness.Object{"patterns": []any{harness.Object{"prefix": "x-event-"}}}}),
			events[1], events[2],
		}})
		envoy := harness.StartEnvoy(t, host, config)
		bearer := "authorization: Bearer " + token
		for _, c := range []struct {
			name, details string
			request       *golden.Message
			want          int
		}{
			{"who may not come in is not read", "jwt_authn_access_denied{Jwt_is_missing}", eventOfType(t, "order"), 401},
			{"nor is an event that is not valid", "jwt_authn_access_denied{Jwt_is_missing}", harness.Message(t, "POST / HTTP/1.1\nce-specversion: 1.0", ""), 401},
			{"an event", "via_upstream", eventOfType(t, "order", bearer), 200},
			{"a type that is not allowed", "rbac_access_denied_matched_policy[payments]", eventOfType(t, "payment.made", bearer), 403},
			{"and pretends to be another", "rbac_access_denied_matched_policy[payments]", eventOfType(t, "payment.made", bearer, "x-event-type: order"), 403},
			{"or is written in escapes", "rbac_access_denied_matched_policy[payments]", eventOfType(t, "%70ayment%2Emade", bearer), 403},
			{"the limit is that of the route the event chose", "via_upstream", eventOfType(t, "limited", bearer), 200},
			{"and holds", "local_rate_limited", eventOfType(t, "limited", bearer), 429},
			{"for other events it does not", "via_upstream", eventOfType(t, "order", bearer), 200},
		} {
			t.Run(c.name, func(t *testing.T) {
				asked := len(authorizer.Received())
				answer, err := harness.Send(envoy.Listener(t, "http"), c.request)
				if err != nil {
					t.Fatal(err)
				}
				if details := envoy.AccessLog(t, answer.Client)["details"]; answer.Status() != c.want || details != c.details {
					t.Errorf("got %d %v, want %d %s", answer.Status(), details, c.want, c.details)
				}
				if c.want != 200 {
					return
				}
				eventType := headermap.New(c.request.Headers...).Get("ce-type")
				for _, question := range authorizer.Received()[asked:] {
					if got := question.Headers.Get("x-event-type"); got != eventType {
						t.Errorf("the authorizer is asked about x-event-type %q, want %q", got, eventType)
					}
				}
				if n := len(authorizer.Received()) - asked; n != 1 {
					t.Errorf("the authorizer is asked %d times, want once", n)
				}
			})
		}
	})
}

// What has to be read must fit into Envoy's buffer; what need not, streams past.
func TestLargeEvents(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "upstream"})
		config.AddCluster(upstream.Address, harness.Object{"name": "structured", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute.cloudevents": harness.Object{"deliver": "structured"},
		}}})
		config.AddListener("http", []any{
			harness.Object{"match": harness.Object{"prefix": "/structured"}, "route": harness.Object{"cluster": "structured"}},
			harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "upstream"}},
		}, harness.Object{"per_connection_buffer_limit_bytes": 65536}, harness.Object{
			"http_filters":           harness.EventsFilters(nil),
			"http2_protocol_options": harness.Object{"initial_stream_window_size": 65535}, // HTTP/2's buffer limit.
		})
		envoy := harness.StartEnvoy(t, host, config)
		event := `{"specversion":"1.0","type":"t","source":"s","id":"1","data":"` + strings.Repeat("x", 1000) + `"}`
		batch := "[" + strings.Repeat(event+",", 500) + event + "]"
		binary := "ce-specversion: 1.0\nce-type: t\nce-source: s\nce-id: 1"
		for _, c := range []struct {
			name, head, body string
			want             int
		}{
			{"a batch below the limit", "POST / HTTP/1.1\ncontent-type: application/cloudevents-batch+json", "[" + event + "]", 200},
			{"a batch above it", "POST / HTTP/1.1\ncontent-type: application/cloudevents-batch+json", batch, 413},
			{"over HTTP/2", "POST / HTTP/2\ncontent-type: application/cloudevents-batch+json", batch, 413},
			{"a large event in binary mode", "POST / HTTP/1.1\n" + binary, batch, 200},
			{"over HTTP/2 as well", "POST / HTTP/2\n" + binary, batch, 200},
			{"in binary mode, to be delivered in structured", "POST /structured HTTP/1.1\n" + binary, batch, 413},
		} {
			t.Run(c.name, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, c.head, c.body))
				if err != nil {
					t.Fatal(err)
				}
				received := upstream.Received()[before:]
				if answer.Status() != c.want || (len(received) == 1) != (c.want == 200) {
					t.Fatalf("got %s and %d requests upstream, want %d", answer, len(received), c.want)
				}
				if c.want == 200 && string(received[0].Body) != c.body {
					t.Errorf("%d bytes arrived, want the %d that were sent", len(received[0].Body), len(c.body))
				}
			})
		}
	})
}

// A route that an event has chosen is one like any other to `functions`, per-route configuration included.
func TestFunctionsOfChosenRoute(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"specversion":"1.0","type":"u","source":"s","id":"2"}`))
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "lambda", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute":           harness.Object{"type": "lambda", "region": "us-east-1", "payload": "cloudevent"},
			"funcroute.functions": harness.Object{"first": "first", "second": "second"},
		}}})
		weighted := func(function string) harness.Object {
			return harness.Object{"weighted_clusters": harness.Object{"clusters": []any{harness.Object{"name": "lambda", "weight": 1, "typed_per_filter_config": harness.Object{
				"functions": harness.Object{
					"@type": harness.DynamicModulePerRoute, "dynamic_module_config": harness.Object{"name": "funcroute", "do_not_close": true},
					"filter_name": "functions", "filter_config": harness.AsStruct(harness.Object{"funcroute": harness.Object{"function": function}}),
				},
			}}}}}
		}
		config.AddListener("http", []any{
			harness.Object{
				"match": harness.Object{"prefix": "/", "headers": []any{harness.Object{"name": "x-event-type", "string_match": harness.Object{"exact": "t"}}}},
				"route": weighted("second"),
			},
			harness.Object{"match": harness.Object{"prefix": "/"}, "route": weighted("first")},
		}, nil, harness.Object{"http_filters": harness.EventsFilters(nil)})
		envoy := harness.StartEnvoy(t, host, config)
		for eventType, function := range map[string]string{"t": "second", "other": "first"} {
			t.Run(function, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := harness.Send(envoy.Listener(t, "http"), eventOfType(t, eventType))
				if err != nil {
					t.Fatal(err)
				}
				received := upstream.Received()[before:]
				if len(received) != 1 || received[0].Headers.Get(":path") != "/2015-03-31/functions/"+function+"/invocations" {
					t.Fatalf("the upstream got %v, want a call of %s; the client got %s", received, function, answer)
				}
				if got := answer.Headers.Get("content-type"); got != "application/cloudevents+json" {
					t.Errorf("the answer's content type = %q, want that of an event", got)
				}
			})
		}
	})
}

// Mistakes in the filter's configuration are refused when it is loaded.
func TestEventsConfigurationRefused(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		for name, c := range map[string]struct {
			filter harness.Object
			want   string
		}{
			"an expression that cannot be parsed": {harness.Object{"matches": harness.Object{"a": "type ="}}, `\"type =\" cannot be parsed`},
			"a dialect that there is not":         {harness.Object{"matches": harness.Object{"a": harness.Object{"regex": harness.Object{"type": ".*"}}}}, "regex: there is no such dialect"},
			"an unknown key":                      {harness.Object{"match": harness.Object{}}, `unknown field \"match\"`},
		} {
			t.Run(name, func(t *testing.T) {
				config := harness.NewConfig()
				config.AddListener("http", []any{}, nil, harness.Object{"http_filters": harness.EventsFilters(c.filter)})
				output := harness.Refused(t, host, config)
				if !strings.Contains(output, c.want) && !strings.Contains(output, strings.ReplaceAll(c.want, `\"`, `"`)) {
					t.Errorf("Envoy says\n%s\nwant %q", output, c.want)
				}
			})
		}
	})
}

// In a cluster the route has been chosen already, so events are not let through there as if they had been seen.
func TestEventsFilterInCluster(t *testing.T) {
	host := harness.Hosts()[0]
	upstream := harness.StartUpstream(t)
	config := harness.NewConfig()
	cluster := harness.Object{"name": "upstream"}
	harness.AddClusterFilters(cluster, harness.EventsFilters(nil)[:1])
	config.AddCluster(upstream.Address, cluster)
	config.AddListener("http", []any{harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "upstream"}}}, nil, nil)
	envoy := harness.StartEnvoy(t, host, config)
	envoy.Expect("config_error.*belongs into a listener")
	for request, want := range map[*golden.Message]int{eventOfType(t, "t"): 500, harness.Message(t, "GET / HTTP/1.1", ""): 200} {
		answer, err := harness.Send(envoy.Listener(t, "http"), request)
		if err != nil || answer.Status() != want {
			t.Errorf("%s: got %s, %v, want %d", request.Start, answer, err, want)
		}
	}
}

// Clients that break off, and connections that are no requests, leave Envoy as it was.
func TestHostileEvents(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "upstream", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute.cloudevents": harness.Object{"deliver": "binary"},
		}}})
		config.AddListener("http", []any{harness.Object{"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": "upstream"}}}, nil, harness.Object{
			"http_filters":    harness.EventsFilters(harness.Object{"matches": harness.Object{"a": "subject LIKE '%_%_%_%x'", "b": "INT(n) / INT(m) = 1"}}),
			"upgrade_configs": []any{harness.Object{"upgrade_type": "websocket"}},
		})
		envoy := harness.StartEnvoy(t, host, config)
		address := envoy.Listener(t, "http")
		structured := "POST / HTTP/1.1\ncontent-type: application/cloudevents+json"
		minimal := `"specversion":"1.0","type":"t","source":"s","id":"1"`
		for _, c := range []struct {
			name, head, body string
			want             int
		}{
			{"an attribute that would end the header", structured, `{` + minimal + `,"subject":"a\r\nx-admin: 1"}`, 400},
			{"a NUL", structured, `{` + minimal + `,"subject":"a\u0000"}`, 400},
			{"deep nesting", structured, `{` + minimal + `,"data":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`, 400},
			{"very many attributes", structured, `{` + minimal + many(20000) + `}`, 400},
			{"a very long attribute", structured, `{` + minimal + `,"subject":"` + strings.Repeat("€", 30000) + `"}`, 400},
			{"an attribute that becomes long", structured, `{` + minimal + `,"subject":"` + strings.Repeat("€", 2700) + `"}`, 200},
			{"a division by nothing", "POST / HTTP/1.1\nce-specversion: 1.0\nce-type: t\nce-source: s\nce-id: 1\nce-n: 1\nce-m: 0", "", 200},
			{"an upgrade that never ends", "GET / HTTP/1.1\nconnection: upgrade\nupgrade: websocket\ncontent-type: application/cloudevents+json", "", 400},
			{"a header that is just the prefix", "POST / HTTP/1.1\nce-specversion: 1.0\nce-: x", "", 400},
			{"a batch of nothing but events that are not", "POST / HTTP/1.1\ncontent-type: application/cloudevents-batch+json", "[" + strings.Repeat("{},", 50000) + "{}]", 400},
		} {
			t.Run(c.name, func(t *testing.T) {
				answer, err := harness.Send(address, harness.Message(t, c.head, c.body))
				if err != nil {
					t.Fatal(err)
				}
				if answer.Status() != c.want {
					t.Errorf("got %.300s, want %d", answer, c.want)
				}
			})
		}
		t.Run("a client that goes away in the midst of its event", func(t *testing.T) {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := connection.Write(harness.Wire(harness.Message(t, structured+"\ncontent-length: 1000", "{"))); err != nil {
				t.Fatal(err)
			}
			_ = connection.Close()
			if answer, err := harness.Send(address, eventOfType(t, "t")); err != nil || answer.Status() != 200 {
				t.Errorf("got %s, %v afterwards", answer, err)
			}
		})
	})
}

func many(n int) string {
	var members strings.Builder
	for i := range n {
		fmt.Fprintf(&members, `,"x%d":1`, i)
	}
	return members.String()
}
