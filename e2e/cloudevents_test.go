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

	"github.com/funcroute/funcroute/plugins/plugintest"
)

func eventOfType(t *testing.T, eventType string, headers ...string) *plugintest.Message {
	t.Helper()
	return message(t, "POST /events HTTP/1.1\nce-specversion: 1.0\nce-source: /shop\nce-id: 1\nce-type: "+eventType+
		strings.Join(append([]string{""}, headers...), "\n"), "")
}

func typedFilter(name, kind string, config Object) Object {
	typed := clone(config).(Object)
	typed["@type"] = "type.googleapis.com/envoy.extensions.filters.http." + kind
	return Object{"name": name, "typed_config": typed}
}

// Filters before `cloudevents` decide about the client, those after it about the event.
func TestEventsAmongOtherFilters(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token := signedToken(t, key, Object{"iss": "tests", "exp": time.Now().Add(time.Hour).Unix()})
	rateLimit := func(tokens int) Object {
		return Object{
			"stat_prefix":    "limit",
			"token_bucket":   Object{"max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": "3600s"},
			"filter_enabled": Object{"default_value": Object{"numerator": 100}}, "filter_enforced": Object{"default_value": Object{"numerator": 100}},
		}
	}
	limited := typedFilter("", "local_ratelimit.v3.LocalRateLimit", rateLimit(1))["typed_config"]
	byType := func(eventType string) Object {
		return Object{"prefix": "/", "headers": []any{Object{"name": "x-event-type", "string_match": Object{"exact": eventType}}}}
	}
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream, authorizer := StartUpstream(t), StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "upstream"})
		config.AddCluster(authorizer.Address, Object{"name": "authorizer"})
		events := EventsFilters(nil)
		config.AddListener("http", []any{
			Object{
				"match": byType("limited"), "route": Object{"cluster": "upstream"},
				"typed_per_filter_config": Object{"limit": limited},
			},
			Object{"match": Object{"prefix": "/"}, "route": Object{"cluster": "upstream"}},
		}, nil, Object{"http_filters": []any{
			typedFilter("jwt", "jwt_authn.v3.JwtAuthentication", Object{
				"providers": Object{"p": Object{"issuer": "tests", "local_jwks": Object{"inline_string": publicKeys(t, key)}, "forward": true}},
				"rules":     []any{Object{"match": Object{"prefix": "/"}, "requires": Object{"provider_name": "p"}}},
			}),
			events[0],
			typedFilter("rbac", "rbac.v3.RBAC", Object{"rules": Object{"action": "DENY", "policies": Object{"payments": Object{
				"principals":  []any{Object{"any": true}},
				"permissions": []any{Object{"header": Object{"name": "x-event-type", "string_match": Object{"prefix": "payment."}}}},
			}}}}),
			typedFilter("limit", "local_ratelimit.v3.LocalRateLimit", Object{"stat_prefix": "limit"}),
			typedFilter("authorizer", "ext_authz.v3.ExtAuthz", Object{"http_service": Object{
				"server_uri":            Object{"uri": "http://authorizer", "cluster": "authorizer", "timeout": "5s"},
				"authorization_request": Object{},
			}, "allowed_headers": Object{"patterns": []any{Object{"prefix": "x-event-"}}}}),
			events[1], events[2],
		}})
		envoy := StartEnvoy(t, host, config)
		bearer := "authorization: Bearer " + token
		for _, c := range []struct {
			name, details string
			request       *plugintest.Message
			want          int
		}{
			{"who may not come in is not read", "jwt_authn_access_denied{Jwt_is_missing}", eventOfType(t, "order"), 401},
			{"nor is an event that is not valid", "jwt_authn_access_denied{Jwt_is_missing}", message(t, "POST / HTTP/1.1\nce-specversion: 1.0", ""), 401},
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
				answer, err := Send(envoy.Listener(t, "http"), c.request)
				if err != nil {
					t.Fatal(err)
				}
				if details := envoy.AccessLog(t, answer.Client)["details"]; answer.Status() != c.want || details != c.details {
					t.Errorf("got %d %v, want %d %s", answer.Status(), details, c.want, c.details)
				}
				if c.want != 200 {
					return
				}
				eventType := plugintest.NewHeaders(c.request.Headers...).Get("ce-type")
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
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "upstream"})
		config.AddCluster(upstream.Address, Object{"name": "structured", "metadata": Object{"filter_metadata": Object{
			"funcroute.cloudevents": Object{"deliver": "structured"},
		}}})
		config.AddListener("http", []any{
			Object{"match": Object{"prefix": "/structured"}, "route": Object{"cluster": "structured"}},
			Object{"match": Object{"prefix": "/"}, "route": Object{"cluster": "upstream"}},
		}, Object{"per_connection_buffer_limit_bytes": 65536}, Object{
			"http_filters":           EventsFilters(nil),
			"http2_protocol_options": Object{"initial_stream_window_size": 65535}, // HTTP/2's buffer limit.
		})
		envoy := StartEnvoy(t, host, config)
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
				answer, err := Send(envoy.Listener(t, "http"), message(t, c.head, c.body))
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
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t, message(t, "200\ncontent-type: application/json", `{"specversion":"1.0","type":"u","source":"s","id":"2"}`))
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "lambda", "metadata": Object{"filter_metadata": Object{
			"funcroute":           Object{"type": "lambda", "region": "us-east-1", "payload": "cloudevent"},
			"funcroute.functions": Object{"first": "first", "second": "second"},
		}}})
		weighted := func(function string) Object {
			return Object{"weighted_clusters": Object{"clusters": []any{Object{"name": "lambda", "weight": 1, "typed_per_filter_config": Object{
				"functions": Object{
					"@type": dynamicModulePerRoute, "dynamic_module_config": Object{"name": "funcroute", "do_not_close": true},
					"filter_name": "functions", "filter_config": asStruct(Object{"funcroute": Object{"function": function}}),
				},
			}}}}}
		}
		config.AddListener("http", []any{
			Object{
				"match": Object{"prefix": "/", "headers": []any{Object{"name": "x-event-type", "string_match": Object{"exact": "t"}}}},
				"route": weighted("second"),
			},
			Object{"match": Object{"prefix": "/"}, "route": weighted("first")},
		}, nil, Object{"http_filters": EventsFilters(nil)})
		envoy := StartEnvoy(t, host, config)
		for eventType, function := range map[string]string{"t": "second", "other": "first"} {
			t.Run(function, func(t *testing.T) {
				before := len(upstream.Received())
				answer, err := Send(envoy.Listener(t, "http"), eventOfType(t, eventType))
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
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		for name, c := range map[string]struct {
			filter Object
			want   string
		}{
			"an expression that cannot be parsed": {Object{"matches": Object{"a": "type ="}}, `\"type =\" cannot be parsed`},
			"a dialect that there is not":         {Object{"matches": Object{"a": Object{"regex": Object{"type": ".*"}}}}, "regex: there is no such dialect"},
			"an unknown key":                      {Object{"match": Object{}}, `unknown field \"match\"`},
		} {
			t.Run(name, func(t *testing.T) {
				config := NewConfig()
				config.AddListener("http", []any{}, nil, Object{"http_filters": EventsFilters(c.filter)})
				output := Refused(t, host, config)
				if !strings.Contains(output, c.want) && !strings.Contains(output, strings.ReplaceAll(c.want, `\"`, `"`)) {
					t.Errorf("Envoy says\n%s\nwant %q", output, c.want)
				}
			})
		}
	})
}

// In a cluster the route has been chosen already, so events are not let through there as if they had been seen.
func TestEventsFilterInCluster(t *testing.T) {
	host := Hosts()[0]
	upstream := StartUpstream(t)
	config := NewConfig()
	cluster := Object{"name": "upstream"}
	addClusterFilters(cluster, EventsFilters(nil)[:1])
	config.AddCluster(upstream.Address, cluster)
	config.AddListener("http", []any{Object{"match": Object{"prefix": "/"}, "route": Object{"cluster": "upstream"}}}, nil, nil)
	envoy := StartEnvoy(t, host, config)
	envoy.Expect("config_error.*belongs into a listener")
	for request, want := range map[*plugintest.Message]int{eventOfType(t, "t"): 500, message(t, "GET / HTTP/1.1", ""): 200} {
		answer, err := Send(envoy.Listener(t, "http"), request)
		if err != nil || answer.Status() != want {
			t.Errorf("%s: got %s, %v, want %d", request.Start, answer, err, want)
		}
	}
}

// Clients that break off, and connections that are no requests, leave Envoy as it was.
func TestHostileEvents(t *testing.T) {
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "upstream", "metadata": Object{"filter_metadata": Object{
			"funcroute.cloudevents": Object{"deliver": "binary"},
		}}})
		config.AddListener("http", []any{Object{"match": Object{"prefix": "/"}, "route": Object{"cluster": "upstream"}}}, nil, Object{
			"http_filters":    EventsFilters(Object{"matches": Object{"a": "subject LIKE '%_%_%_%x'", "b": "INT(n) / INT(m) = 1"}}),
			"upgrade_configs": []any{Object{"upgrade_type": "websocket"}},
		})
		envoy := StartEnvoy(t, host, config)
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
				answer, err := Send(address, message(t, c.head, c.body))
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
			if _, err := connection.Write(wire(message(t, structured+"\ncontent-length: 1000", "{"))); err != nil {
				t.Fatal(err)
			}
			_ = connection.Close()
			if answer, err := Send(address, eventOfType(t, "t")); err != nil || answer.Status() != 200 {
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
