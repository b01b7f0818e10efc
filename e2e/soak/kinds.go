package soak

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/funcroute/funcroute/e2e/harness"
)

// kind is one kind of traffic: a route, what its function answers, and what the client must then see. To have one more
// in the soak, add an entry to kinds.
type kind struct {
	name string
	// cluster is what the kind's requests go to, see clusters.
	cluster string
	// match is the route's, by the path if it is nil: requests go to /NAME/NONCE.
	match harness.Object
	// target and answerTemplate are the function's, in which %d stands for a number that changes with each update. A kind without
	// a target calls no function.
	target, answerTemplate string
	// settings are the route's `funcroute` metadata besides the function.
	settings harness.Object
	// parameters are the route's `funcroute.parameters`.
	parameters harness.Object
	// action is more of the route's action.
	action harness.Object
	// prepare makes a request of the plain one. Nil leaves it as it is.
	prepare func(*http.Request)
	// arrives says whether a call is the one that an exchange's request should become.
	arrives func(r *http.Request, body []byte, x *exchange) bool
	// answer writes the upstream's answer with that text in it.
	answer func(w http.ResponseWriter, text string)
	// sees is what the client sees of the text, nil for the text itself. status is 200 if it is 0.
	sees   func(text string) string
	status int
	// streams is that the answer reaches the client while it is made, so that one that breaks off is seen as such.
	streams bool
}

// clusters are what kinds go to, with their metadata. The functions of each are named after the kinds.
var clusters = map[string]harness.Object{
	"lambda": {"funcroute": harness.Object{"type": "lambda", "region": "us-east-1"}},
	"rest":   {"funcroute": harness.Object{"type": "rest"}},
	"events": {"funcroute.cloudevents": harness.Object{"deliver": "structured"}},
}

// signed reports whether what goes to a cluster must be signed.
func signed(cluster string) bool { return cluster == "lambda" }

var kinds = slices.Concat(lambdaKinds, otherKinds)

var otherKinds = []kind{
	{
		name: "rest", cluster: "rest", target: "POST /rest-%d/{id}{?nonce}",
		parameters: harness.Object{"path": "/rest/{id}", "query.nonce": "{nonce}"},
		arrives: func(r *http.Request, body []byte, x *exchange) bool {
			return strings.HasPrefix(r.URL.Path, "/rest-") && r.RequestURI[len("/rest-"):] == version(r)+"/"+x.nonce+"?nonce="+x.nonce &&
				isOf(body, x)
		},
		answer: plain, streams: true,
	},
	{
		name: "rest-templates", cluster: "rest",
		target:         "PUT /rest-templates-%d\nContent-Type: application/json\nX-Id: {{ id }}\n\n{ \"id\": {{ id }}, \"all\": {{ body }} }",
		answerTemplate: "{{ status }}\nContent-Type: application/json\n\n{ \"made\": {{ body.text }} }",
		parameters:     harness.Object{"path": "/rest-templates/{id}"},
		prepare:        func(r *http.Request) { r.Header.Set("content-type", "application/json") },
		arrives: func(r *http.Request, body []byte, x *exchange) bool {
			var sent struct {
				ID  string
				All json.RawMessage
			}
			return r.Method == http.MethodPut && r.Header.Get("x-id") == x.nonce && json.Unmarshal(body, &sent) == nil &&
				sent.ID == x.nonce && isOf(sent.All, x)
		},
		answer: described(map[string]any{}, "text"),
		sees:   func(text string) string { return fmt.Sprintf(`{ "made": %q }`, text) },
	},
	{
		name: "untouched", cluster: "rest",
		arrives: func(r *http.Request, body []byte, x *exchange) bool {
			return r.RequestURI == "/untouched/"+x.nonce+"?nonce="+x.nonce && isOf(body, x)
		},
		answer: plain, streams: true,
	},
	{
		name: "events", cluster: "events", match: harness.Object{"prefix": "/", "headers": []any{
			harness.Object{"name": "x-event-type", "string_match": harness.Object{"exact": "com.example.soak"}},
			harness.Object{"name": "x-event-match-big", "string_match": harness.Object{"exact": "true"}},
		}},
		prepare: func(r *http.Request) {
			for name, value := range map[string]string{"specversion": "1.0", "source": "/soak", "type": "com.example.soak", "amount": "500"} {
				r.Header.Set("ce-"+name, value)
			}
			r.Header.Set("ce-id", r.Header.Get("x-nonce"))
			r.Header.Set("x-event-type", "forged")
			r.Header.Set("content-type", "application/json")
		},
		arrives: func(r *http.Request, body []byte, x *exchange) bool {
			var event struct {
				ID   string
				Data json.RawMessage
			}
			return r.Header.Get("x-event-id") == x.nonce && json.Unmarshal(body, &event) == nil && event.ID == x.nonce && isOf(event.Data, x)
		},
		answer: plain, streams: true,
	},
}

// version is the number in the path of a call.
func version(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/rest-")
	return path[:max(0, strings.IndexByte(path, '/'))]
}

// isOf reports whether a body is what the exchange's client has sent.
func isOf(body []byte, x *exchange) bool { return string(body) == x.body }

// plain answers with the text alone.
func plain(w http.ResponseWriter, text string) { _, _ = w.Write([]byte(text)) }

var lambdaKinds = []kind{
	{
		name: "apigateway-v2", cluster: "lambda", target: "apigateway-v2-%d", parameters: harness.Object{"path": "/apigateway-v2/{id}"},
		answer: described(map[string]any{"statusCode": 200}, "body"),
	},
	{
		name: "apigateway-v1", cluster: "lambda", target: "apigateway-v1-%d", settings: harness.Object{"payload": "apigateway-v1"},
		answer: described(map[string]any{"statusCode": 200, "multiValueHeaders": map[string]any{"x-a": []string{"b", "c"}}}, "body"),
	},
	{
		name: "function-url", cluster: "lambda", target: "function-url-%d", settings: harness.Object{"payload": "function-url"},
		answer: described(map[string]any{"statusCode": 200, "cookies": []string{"a=b"}}, "body"),
	},
	{
		name: "alb", cluster: "lambda", target: "alb-%d", settings: harness.Object{"payload": "alb"},
		answer: described(map[string]any{"statusCode": 200, "headers": map[string]string{"x-a": "b"}}, "body"),
	},
	{
		name: "alb-multi-value", cluster: "lambda", target: "alb-multi-value-%d", settings: harness.Object{"payload": "alb-multi-value"},
		answer: described(map[string]any{"statusCode": 200, "multiValueHeaders": map[string]any{"x-a": []string{"b"}}}, "body"),
	},
	{
		name: "envoy", cluster: "lambda", target: "envoy-%d", settings: harness.Object{"payload": "envoy"},
		answer: described(map[string]any{"status_code": 200}, "body"),
	},
	{
		name: "base64", cluster: "lambda", target: "base64-%d", settings: harness.Object{"binary_types": []any{"*/*"}},
		answer: func(w http.ResponseWriter, text string) {
			encoded := base64.StdEncoding.EncodeToString([]byte(text))
			described(map[string]any{"statusCode": 200, "isBase64Encoded": true}, "body")(w, encoded)
		},
	},
	{
		name: "body", cluster: "lambda", target: "body-%d", settings: harness.Object{"payload": "body"},
		prepare: func(r *http.Request) { r.Header.Set("content-type", "application/json") },
		answer:  described(map[string]any{}, "text"),
		sees:    func(text string) string { return fmt.Sprintf(`{"text":%q}`, text) },
		streams: true,
	},
	{
		name: "cloudevent", cluster: "lambda", target: "cloudevent-%d", settings: harness.Object{"payload": "cloudevent"},
		prepare: func(r *http.Request) {
			for name, value := range map[string]string{"specversion": "1.0", "id": "1", "source": "/soak", "type": "soak"} {
				r.Header.Set("ce-"+name, value)
			}
		},
		answer: described(map[string]any{}, "text"),
		sees:   func(text string) string { return fmt.Sprintf(`{"text":%q}`, text) },
		// What an event's function answers is handed on as it is.
		streams: true,
	},
	{
		name: "tail", cluster: "lambda", target: "tail-%d", settings: harness.Object{"log_type": "tail", "tenant_id": "{tenant}"},
		parameters: harness.Object{"header.x-nonce": "{tenant}"},
		answer: func(w http.ResponseWriter, text string) {
			w.Header().Set("x-amz-log-result", base64.StdEncoding.EncodeToString([]byte("REPORT RequestId: 1\tDuration: 1.5 ms\t\n")))
			described(map[string]any{"statusCode": 200}, "body")(w, text)
		},
	},
	{
		name: "stream", cluster: "lambda", target: "stream-%d", settings: harness.Object{"invocation": "response-stream"},
		answer: streamed, streams: true,
	},
	{
		name: "event", cluster: "lambda", target: "event-%d", settings: harness.Object{"invocation": "event"}, status: http.StatusAccepted,
		answer: func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusAccepted) },
		sees:   func(string) string { return "" },
	},
	{
		name: "dry-run", cluster: "lambda", target: "dry-run-%d", settings: harness.Object{"invocation": "dry-run"}, status: http.StatusNoContent,
		answer: func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusNoContent) },
		sees:   func(string) string { return "" },
	},
	{
		name: "retried", cluster: "lambda", target: "retried-%d",
		action: harness.Object{"retry_policy": harness.Object{"retry_on": "5xx,reset", "num_retries": 2}},
		answer: described(map[string]any{"statusCode": 200}, "body"),
	},
}

// isInvocation is what arrives of a kind that is a Lambda function: its target is the kind's name and a number.
func isInvocation(r *http.Request, body []byte, x *exchange) bool {
	target := invocation.FindStringSubmatch(r.URL.Path)
	return target != nil && kindOf(target[2]) == x.kind && bytes.Contains(body, []byte(x.nonce))
}

var invocation = regexp.MustCompile(`^/20(15-03-31|21-11-15)/functions/([^/]+)/(response-streaming-)?invocations$`)

// kindOf finds the kind that a function's name was made of.
func kindOf(target string) *kind {
	for i := range kinds {
		if target == kinds[i].name || strings.HasPrefix(target, kinds[i].name+"-") && isNumber(target[len(kinds[i].name)+1:]) {
			return &kinds[i]
		}
	}
	return nil
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// described answers with a JSON object in which the text is the member of that name.
func described(members map[string]any, name string) func(http.ResponseWriter, string) {
	return func(w http.ResponseWriter, text string) {
		object := map[string]any{name: text}
		for name, value := range members {
			object[name] = value
		}
		body, err := json.Marshal(object)
		if err != nil {
			panic(err) // Texts and lists only.
		}
		w.Header().Set("content-type", "application/json")
		_, _ = w.Write(body)
	}
}
