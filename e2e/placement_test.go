package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
)

// A request that a listener's filter has turned into a call is left alone by a cluster's filter.
func TestListenerAndClusterFilterTogether(t *testing.T) {
	oracle := counterparts.StartOracle(t)
	harness.OnEveryHost(t, []harness.Capability{harness.UpstreamFilter}, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		config := harness.HelloConfig(upstream.Address)
		harness.AddClusterFilters(config.Clusters()[0], []any{harness.FunctionsFilter()})
		host = host.AsWritten() // The filter is where it belongs already.
		stage := &scenarios.Stage{
			Host: host, Envoy: harness.StartEnvoy(t, host, config), Listener: "http", Upstream: upstream, Oracle: oracle, Signer: counterparts.DefaultSigner(),
		}
		stage.Perform(t, &scenarios.Step{
			Request: harness.Message(t, "POST / HTTP/1.1\ncontent-type: application/json", `{"a":1}`), Times: 3, Signed: true,
			Response: harness.Message(t, "200", ""), Counters: map[string]int{"funcroute.lambda.requests": 3},
			Receives: &[]*golden.Message{
				harness.Message(t, "POST /2015-03-31/functions/hello/invocations", `{"a":1}`),
				harness.Message(t, "POST /2015-03-31/functions/hello/invocations", `{"a":1}`),
				harness.Message(t, "POST /2015-03-31/functions/hello/invocations", `{"a":1}`),
			},
		})
	})
}

// A mistake in the filter's own configuration is refused at load, with a message that names it.
func TestFilterConfigurationIsStrict(t *testing.T) {
	tests := map[string]struct {
		settings harness.Object
		want     string
	}{
		"unknown key":  {harness.Object{"credential_wait": "5s"}, "credential_wait"},
		"wrong type":   {harness.Object{"credentials_wait": 5}, "credentials_wait"},
		"no duration":  {harness.Object{"credentials_wait": "soon"}, "soon"},
		"not positive": {harness.Object{"credentials_wait": "-5s"}, "-5s"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				config := harness.HelloConfig("127.0.0.1:1")
				config.ConfigureFilter(test.settings)
				if said := harness.Refused(t, host, config); !strings.Contains(said, test.want) {
					t.Errorf("got %s, want a message with %q", said, test.want)
				}
			})
		})
	}
}

// So is one in a route's configuration, or the request that meets it fails, see StrictRoutes.
func TestPerRouteConfigurationIsStrict(t *testing.T) {
	tests := map[string]struct {
		settings harness.Object
		want     string
	}{
		"unknown namespace": {harness.Object{"funcroute.parameter": harness.Object{"path": "/{x}"}}, "funcroute.parameter"},
		"not nested":        {harness.Object{"function": "hello"}, "function"},
		"wrong type":        {harness.Object{"funcroute.weights": harness.Object{"hello": "most"}}, "funcroute.weights"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t)
				config := withRouteConfiguration(harness.HelloConfig(upstream.Address), test.settings)
				if host.Can(harness.StrictRoutes) {
					if said := harness.Refused(t, host, config); !strings.Contains(said, test.want) {
						t.Errorf("got %s, want a message with %q", said, test.want)
					}
					return
				}
				envoy := harness.StartEnvoy(t, host, config)
				envoy.Expect(regexp.QuoteMeta(test.want))
				if err := harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusInternalServerError); err != nil {
					t.Error(err)
				}
				harness.Eventually(t, "a line in Envoy's log", func() error {
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

func withRouteConfiguration(config harness.Config, settings harness.Object) harness.Config {
	host := harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts")[0]
	harness.Objects(host, "routes")[0]["typed_per_filter_config"] = harness.Object{"functions": harness.Object{
		"@type":                 harness.DynamicModulePerRoute,
		"dynamic_module_config": harness.Object{"name": "funcroute", "do_not_close": true},
		"filter_name":           "functions",
		"filter_config":         harness.AsStruct(settings),
	}}
	return config
}

// An event is the same wherever the filter stands: it has none of the headers that Envoy's router adds to an attempt, and
// none of those that it takes away because they are for itself.
func TestEventsDoNotTellOfTheRouter(t *testing.T) {
	payloads := []string{"apigateway-v2", "apigateway-v1", "function-url", "alb", "alb-multi-value", "envoy"}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: application/json", `{"statusCode":200}`))
		config := harness.NewConfig()
		config.AddCluster(upstream.Address, harness.Object{"name": "lambda", "metadata": lambdaMetadata(nil)})
		config.AddListener("http", nil, nil, harness.Object{"route_config": harness.Object{"virtual_hosts": []any{harness.Object{
			"name": "all", "domains": []any{"*"}, "routes": payloadRoutes(payloads...),
			"include_request_attempt_count": true, "include_is_timeout_retry_header": true,
		}}}})
		envoy := harness.StartEnvoy(t, host, config)
		for _, payload := range payloads {
			t.Run(payload, func(t *testing.T) {
				before := len(upstream.Received())
				request := harness.Message(t, "GET /"+payload+" HTTP/1.1\nhost: localhost\nx-envoy-retry-on: reset\nx-envoy-upstream-rq-timeout-ms: 9000\nx-envoy-max-retries: 2", "")
				if _, err := harness.Send(envoy.Listener(t, "http"), request); err != nil {
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
