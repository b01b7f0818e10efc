package e2e

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// balancerRequests are sent to a load balancer and to Envoy. They are answered with the event.
var balancerRequests = [][2]string{
	{"GET / HTTP/1.1", ""},
	{"GET /a/b?x=1&y=a%20b&empty= HTTP/1.1\nuser-agent: test\nx-one: 1\ncookie: a=1; b=2", ""},
	{"POST /orders HTTP/1.1\ncontent-type: application/json; charset=utf-8", `{"ü": 1}`},
	{"PUT /orders/7 HTTP/1.1\ncontent-type: text/plain", "text"},
	{"POST /image HTTP/1.1\ncontent-type: image/png", "\x89PNG\x00\xff"},
	{"POST /upload HTTP/1.1\ncontent-type: application/x-www-form-urlencoded", "a=1&b=2"},
	{"GET /twice?x=1&x=2 HTTP/1.1\nx-one: 1\nx-one: 2", ""},
	{"GET /a%20b?q=%2F HTTP/1.1", ""},
}

const formIsNoText = "a form is no text for a load balancer; for ministack, whatever is UTF-8 is one"

// balancerDeviations are where ministack is not like a load balancer, see deviations.
var balancerDeviations = exceptions{
	"headers.x-one":           "the last of several values counts, ministack joins them",
	"path":                    "percent-encoded as received, ministack decodes it",
	"body":                    formIsNoText,
	"isBase64Encoded":         formIsNoText,
	"headers.x-amzn-trace-id": "each request has its own",
	"headers.x-forwarded-for": "Envoy sets it with use_remote_address; of a local client it then is the machine's address",
}

var multiValueBalancerDeviations = exceptions{
	"multiValueHeaders.x-one":           "each value is one of its own, ministack joins them",
	"headers":                           "there are no single values, ministack has both",
	"queryStringParameters":             "there are no single values, ministack has both",
	"multiValueQueryStringParameters":   "not decoded, ministack decodes",
	"path":                              "percent-encoded as received, ministack decodes it",
	"body":                              formIsNoText,
	"isBase64Encoded":                   formIsNoText,
	"multiValueHeaders.x-amzn-trace-id": "each request has its own",
	"multiValueHeaders.x-forwarded-for": "Envoy sets it with use_remote_address; of a local client it then is the machine's address",
}

var balancerAsDocumented = map[string]map[string]string{
	"GET /twice":   {"headers.x-one": `"2"`, "queryStringParameters.x": `"2"`},
	"GET /a%20b":   {"path": `"/a%20b"`, "queryStringParameters.q": `"%2F"`},
	"POST /upload": {"body": `"YT0xJmI9Mg=="`, "isBase64Encoded": "true"},
}

var multiValueBalancerAsDocumented = map[string]map[string]string{
	"GET /twice":   {"multiValueHeaders.x-one": `["1","2"]`, "multiValueQueryStringParameters.x": `["1","2"]`, "headers.x-one": ""},
	"GET /a%20b":   {"path": `"/a%20b"`, "multiValueQueryStringParameters.q": `["%2F"]`, "queryStringParameters.q": ""},
	"POST /upload": {"body": `"YT0xJmI9Mg=="`, "isBase64Encoded": "true"},
}

// A function gets the events behind Envoy that it gets behind a load balancer, and answers alike.
func TestLoadBalancer(t *testing.T) {
	kinds := []string{"alb", "alb-multi-value"}
	ministack := counterparts.StartMinistack(t, counterparts.LambdaFunction{Name: "target", Code: "e2e/testdata/functions/target.py"})
	balancers := ministack.CreateAPIs(t, counterparts.API{Kind: kinds[0], Function: "target"}, counterparts.API{Kind: kinds[1], Function: "target"})
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.NewConfig()
		metadata := lambdaMetadata(harness.Object{"endpoint": "http://" + ministack.Address})
		metadata["filter_metadata"].(harness.Object)["funcroute.functions"] = harness.Object{"hello": "target"}
		config.AddCluster(ministack.Address, harness.Object{"name": "lambda", "metadata": metadata})
		for _, kind := range kinds {
			routes := payloadRoutes(kind)
			routes[0].(harness.Object)["match"] = harness.Object{"prefix": "/"}
			config.AddListener(kind, routes, nil, nil)
		}
		envoy := harness.StartEnvoy(t, host, config)
		for i, kind := range kinds {
			t.Run(kind, func(t *testing.T) {
				used := map[string]bool{}
				for _, request := range balancerRequests {
					t.Run(strings.SplitN(request[0], "\n", 2)[0], func(t *testing.T) {
						want := sendTo(t, ministack.Address, balancers[i], request)
						got := sendTo(t, envoy.Listener(t, kind), balancers[i], request)
						harness.Report(t, answerDifferences(want, got))
						given := members(t, got.Body)
						harness.Report(t, eventDifferences(kind, members(t, want.Body), given, used))
						harness.Report(t, documentedDifferences(kind, request[0], given))
					})
				}
				for path := range deviations[kind] {
					if !used[path] {
						t.Errorf("%s does not differ any more: no exception is needed", path)
					}
				}
			})
		}
	})
}
