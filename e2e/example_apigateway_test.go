package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

var ordersRoutes = []string{
	"GET /orders/{id}", "POST /orders", "PUT /orders/{id}/label", "GET /orders/{id}/label", "GET /echo/{rest+}", "POST /echo/{rest+}",
}

// ordersRequests are sent to API Gateway and to Envoy. Those that begin with /echo are answered with the event.
var ordersRequests = [][2]string{
	{"GET /orders/7 HTTP/1.1", ""},
	{"GET /orders/7?currency=USD HTTP/1.1", ""},
	{"POST /orders HTTP/1.1\ncontent-type: application/json", `{"id": "8"}`},
	{"PUT /orders/7/label HTTP/1.1\ncontent-type: image/png", "\x89PNG\r\n\x1a\n\x00\xff"},
	{"PUT /orders/7/label HTTP/1.1\ncontent-type: text/plain", "text"},
	{"GET /orders/7/label HTTP/1.1\naccept: image/png", ""},
	{"DELETE /orders/7 HTTP/1.1", ""},
	{"GET /nowhere HTTP/1.1", ""},
	{"GET /echo/a HTTP/1.1", ""},
	{"GET /echo/a/b?x=1&y=a%20b&empty= HTTP/1.1\nuser-agent: test\nx-one: 1\ncookie: a=1; b=2", ""},
	{"POST /echo/a?x=1&x=2 HTTP/1.1\ncontent-type: application/json; charset=utf-8", `{"ü": 1}`},
	{"GET /echo/twice HTTP/1.1\nx-one: 1\nx-one: 2", ""},
	{"POST /echo/a HTTP/1.1\ncontent-type: image/png", "\x89PNG\x00"},
	{"POST /echo/a%20b HTTP/1.1\ncontent-type: text/plain", "text"},
}

// exceptions are members that may differ between an event of ministack's and one of ours, and why. What is
// below such a member may differ, too.
type exceptions map[string]string

// differsByNature is what differs between any two gateways, or two requests.
var differsByNature = exceptions{
	"requestContext.accountId":            "the owner of the API: there is none",
	"requestContext.apiId":                "an id",
	"requestContext.requestId":            "an id",
	"requestContext.extendedRequestId":    "an id",
	"requestContext.elb.targetGroupArn":   "there is no target group, its ARN is made up",
	"requestContext.resourceId":           "an id",
	"requestContext.time":                 "a time",
	"requestContext.timeEpoch":            "a time",
	"requestContext.requestTime":          "a time",
	"requestContext.requestTimeEpoch":     "a time",
	"requestContext.domainName":           "each gateway has its host",
	"requestContext.domainPrefix":         "each gateway has its host",
	"headers.host":                        "each gateway has its host",
	"multiValueHeaders.host":              "each gateway has its host",
	"headers.x-forwarded-proto":           "Envoy sets it, as API Gateway does; ministack does not",
	"multiValueHeaders.x-forwarded-proto": "Envoy sets it, as API Gateway does; ministack does not",
	"headers.x-request-id":                "an id of Envoy's",
	"multiValueHeaders.x-request-id":      "an id of Envoy's",
}

// deviations are where ministack is not like API Gateway, and one where we cannot be. Each has to occur, or it goes.
var deviations = map[string]exceptions{
	"alb":             balancerDeviations,
	"alb-multi-value": multiValueBalancerDeviations,
	"http": {
		"headers.x-one":  "values of the same name are joined by a comma, with ministack by a comma and a space",
		"cookies":        "ministack leaves cookies in the headers, API Gateway takes them out",
		"headers.cookie": "ministack leaves cookies in the headers, API Gateway takes them out",
	},
	"rest": {
		"headers.x-one":                    "the last of several values counts, ministack joins them",
		"multiValueHeaders.x-one":          "each value is one of its own, ministack joins them",
		"version":                          "ministack has one; API Gateway only in HTTP APIs with payload format 1.0",
		"headers.content-length":           "API Gateway drops it, ministack does not",
		"multiValueHeaders.content-length": "API Gateway drops it, ministack does not",
		"queryStringParameters.x":          "the last of several values counts, with ministack the first",
		"path":                             "percent-encoded as received, ministack decodes it",
		"pathParameters.rest":              "percent-encoded as received, ministack decodes it",
		"requestContext.path":              "ministack puts the stage before it; so does API Gateway, but not behind a custom domain name",
		"requestContext.stage":             "there are no stages behind Envoy",
		"requestContext.identity":          "ministack leaves out what is null, and an absent user agent is \"\"",
	},
}

// asDocumented is what our events have where ministack's deviate, for requests in which that shows; "" is nothing.
var asDocumented = map[string]map[string]map[string]string{
	"alb":             balancerAsDocumented,
	"alb-multi-value": multiValueBalancerAsDocumented,
	"http": {
		"GET /echo/twice": {"headers.x-one": `"1,2"`},
		"GET /echo/a/b":   {"cookies": `["a=1","b=2"]`, "headers.cookie": ""},
	},
	"rest": {
		"GET /echo/twice":   {"headers.x-one": `"2"`, "multiValueHeaders.x-one": `["1","2"]`},
		"GET /echo/a/b":     {"version": "", "requestContext.path": `"/echo/a/b"`, "requestContext.identity.sourceIp": `"127.0.0.1"`},
		"POST /echo/a?x=1":  {"headers.content-length": "", "queryStringParameters.x": `"2"`, "multiValueQueryStringParameters.x": `["1","2"]`},
		"POST /echo/a%20b ": {"path": `"/echo/a%20b"`, "pathParameters.rest": `"a%20b"`},
	},
}

// The function answers behind Envoy as it does behind API Gateway, and gets the same events.
func TestExampleAPIGateway(t *testing.T) {
	exchanges := readmeExchanges(t, "examples/apigateway/README.md")
	ministack := counterparts.StartMinistack(t, counterparts.LambdaFunction{Name: "function", Code: "examples/apigateway/function"})
	gateways := ministack.CreateAPIs(t,
		counterparts.API{Kind: "http", Function: "function", Routes: ordersRoutes},
		counterparts.API{Kind: "rest", Function: "function", Routes: ordersRoutes, BinaryTypes: []string{"image/png"}},
	)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		config := harness.LoadConfig(t, "examples/apigateway/envoy.yaml").OnFreePorts().To("lambda", ministack.Address)
		address := harness.StartEnvoy(t, host, config).Listener(t, "http")
		perform(t, address, exchanges)
		for i, kind := range []string{"http", "rest"} {
			t.Run(kind, func(t *testing.T) {
				used := map[string]bool{}
				for _, request := range ordersRequests {
					t.Run(request[0], func(t *testing.T) {
						want := sendTo(t, ministack.Address, gateways[i], request)
						got := sendTo(t, address, counterparts.Gateway{Host: kind + ".example.com"}, request)
						harness.Report(t, answerDifferences(want, got))
						if strings.Contains(request[0], " /echo/") {
							wanted, given := members(t, want.Body), members(t, got.Body)
							harness.Report(t, eventDifferences(kind, wanted, given, used))
							harness.Report(t, documentedDifferences(kind, request[0], given))
							return
						}
						if string(got.Body) != string(want.Body) {
							t.Errorf("body = %q, want %q", got.Body, want.Body)
						}
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

func sendTo(t *testing.T, address string, gateway counterparts.Gateway, request [2]string) harness.Answer {
	t.Helper()
	head := strings.Replace(request[0], " /", " "+gateway.Prefix+"/", 1)
	answer, err := harness.Send(address, harness.Message(t, head+"\nhost: "+gateway.Host, request[1]))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// answerDifferences compares status and headers. What the function does not set is the gateway's or Envoy's own.
func answerDifferences(want, got harness.Answer) []string {
	var differences []string
	for _, name := range []string{":status", "content-type", "cache-control", "location", "set-cookie"} {
		if w, g := want.Headers.Values(name), got.Headers.Values(name); !slices.Equal(w, g) {
			differences = append(differences, fmt.Sprintf("%s: got %q, want %q", name, g, w))
		}
	}
	return differences
}

func eventDifferences(kind string, want, got map[string]string, used map[string]bool) []string {
	paths := maps.Clone(want)
	maps.Copy(paths, got)
	var differences []string
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if want[path] == got[path] {
			continue
		}
		if exception := exceptionFor(kind, path); exception != "" {
			used[exception] = true
			continue
		}
		differences = append(differences, fmt.Sprintf("event: %s: got %s, want %s", path, got[path], want[path]))
	}
	return differences
}

func exceptionFor(kind, path string) string {
	for _, list := range []exceptions{differsByNature, deviations[kind]} {
		for exception := range list {
			if path == exception || strings.HasPrefix(path, exception+".") {
				return exception
			}
		}
	}
	return ""
}

func documentedDifferences(kind, request string, got map[string]string) []string {
	var differences []string
	for start, members := range asDocumented[kind] {
		if !strings.HasPrefix(request, start) {
			continue
		}
		for path, want := range members {
			if got[path] != want {
				differences = append(differences, fmt.Sprintf("event: %s: got %s, want %s as documented", path, got[path], want))
			}
		}
	}
	return differences
}
