package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// A request that a listener's filter has turned into a call is left alone by a cluster's filter.
func TestListenerAndClusterFilterTogether(t *testing.T) {
	oracle := StartOracle(t)
	OnEveryHost(t, []Capability{UpstreamFilter}, func(t *testing.T, host Host) {
		upstream := StartUpstream(t)
		config := helloConfig(upstream.Address)
		addClusterFilters(config.clusters()[0], []any{functionsFilter()})
		host = host.asWritten() // The filter is where it belongs already.
		stage := &Stage{
			Host: host, Envoy: StartEnvoy(t, host, config), Listener: "http", Upstream: upstream, Oracle: oracle, Signer: DefaultSigner(),
		}
		stage.Perform(t, &Step{
			Request: message(t, "POST / HTTP/1.1\ncontent-type: application/json", `{"a":1}`), Times: 3, Signed: true,
			Response: message(t, "200", ""), Counters: map[string]int{"funcroute.lambda.requests": 3},
			Receives: &[]*plugintest.Message{
				message(t, "POST /2015-03-31/functions/hello/invocations", `{"a":1}`),
				message(t, "POST /2015-03-31/functions/hello/invocations", `{"a":1}`),
				message(t, "POST /2015-03-31/functions/hello/invocations", `{"a":1}`),
			},
		})
	})
}

// A mistake in the filter's own configuration is refused at load, with a message that names it.
func TestFilterConfigurationIsStrict(t *testing.T) {
	tests := map[string]struct {
		settings Object
		want     string
	}{
		"unknown key":  {Object{"credential_wait": "5s"}, "credential_wait"},
		"wrong type":   {Object{"credentials_wait": 5}, "credentials_wait"},
		"no duration":  {Object{"credentials_wait": "soon"}, "soon"},
		"not positive": {Object{"credentials_wait": "-5s"}, "-5s"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			OnEveryHost(t, nil, func(t *testing.T, host Host) {
				config := helloConfig("127.0.0.1:1")
				config.configureFilter(test.settings)
				if said := Refused(t, host, config); !strings.Contains(said, test.want) {
					t.Errorf("got %s, want a message with %q", said, test.want)
				}
			})
		})
	}
}

// So is one in a route's configuration, or the request that meets it fails, see StrictRoutes.
func TestPerRouteConfigurationIsStrict(t *testing.T) {
	tests := map[string]struct {
		settings Object
		want     string
	}{
		"unknown namespace": {Object{"funcroute.parameter": Object{"path": "/{x}"}}, "funcroute.parameter"},
		"not nested":        {Object{"function": "hello"}, "function"},
		"wrong type":        {Object{"funcroute.weights": Object{"hello": "most"}}, "funcroute.weights"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			OnEveryHost(t, nil, func(t *testing.T, host Host) {
				upstream := StartUpstream(t)
				config := withRouteConfiguration(helloConfig(upstream.Address), test.settings)
				if host.can(StrictRoutes) {
					if said := Refused(t, host, config); !strings.Contains(said, test.want) {
						t.Errorf("got %s, want a message with %q", said, test.want)
					}
					return
				}
				envoy := StartEnvoy(t, host, config)
				envoy.Expect(regexp.QuoteMeta(test.want))
				if err := wantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusInternalServerError); err != nil {
					t.Error(err)
				}
				Eventually(t, "a line in Envoy's log", func() error {
					if len(envoy.LogLines(test.want)) == 0 {
						return fmt.Errorf("no line with %q", test.want)
					}
					return nil
				})
				if n := len(upstream.Received()); n > 0 {
					t.Errorf("the upstream: got %d requests, want none", n)
				}
			})
		})
	}
}

func withRouteConfiguration(config Config, settings Object) Config {
	host := objects(config.connectionManagers()[0], "route_config", "virtual_hosts")[0]
	objects(host, "routes")[0]["typed_per_filter_config"] = Object{"functions": Object{
		"@type":                 dynamicModulePerRoute,
		"dynamic_module_config": Object{"name": "funcroute", "do_not_close": true},
		"filter_name":           "functions",
		"filter_config":         asStruct(settings),
	}}
	return config
}

// An event is the same wherever the filter stands: it has none of the headers that Envoy's router adds to an attempt, and
// none of those that it takes away because they are for itself.
func TestEventsDoNotTellOfTheRouter(t *testing.T) {
	payloads := []string{"apigateway-v2", "apigateway-v1", "function-url", "alb", "alb-multi-value", "envoy"}
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		upstream := StartUpstream(t, message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
		config := NewConfig()
		config.AddCluster(upstream.Address, Object{"name": "lambda", "metadata": lambdaMetadata(nil)})
		config.AddListener("http", nil, nil, Object{"route_config": Object{"virtual_hosts": []any{Object{
			"name": "all", "domains": []any{"*"}, "routes": payloadRoutes(payloads...),
			"include_request_attempt_count": true, "include_is_timeout_retry_header": true,
		}}}})
		envoy := StartEnvoy(t, host, config)
		for _, payload := range payloads {
			t.Run(payload, func(t *testing.T) {
				before := len(upstream.Received())
				request := message(t, "GET /"+payload+" HTTP/1.1\nhost: localhost\nx-envoy-retry-on: reset\nx-envoy-upstream-rq-timeout-ms: 9000\nx-envoy-max-retries: 2", "")
				if _, err := Send(envoy.Listener(t, "http"), request); err != nil {
					t.Fatal(err)
				}
				if upstream.Received()[before].Headers.Get("x-envoy-attempt-count") != "1" {
					t.Error("the router has added no headers")
				}
				for path := range members(t, upstream.Received()[before].Body) {
					name := strings.ToLower(path)
					for _, added := range []string{"attempt-count", "expected-rq-timeout-ms", "is-timeout-retry"} {
						if strings.HasSuffix(name, added) {
							t.Errorf("the event has %s", path)
						}
					}
					for _, taken := range []string{"retry-on", "upstream-rq-timeout-ms", "max-retries"} {
						if strings.HasSuffix(name, taken) && payload != "envoy" {
							t.Errorf("the event has %s", path)
						}
					}
				}
			})
		}
	})
}
