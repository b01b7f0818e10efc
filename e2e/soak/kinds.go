package soak

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/funcroute/funcroute/e2e"
)

// kind is one kind of traffic: a route, what its function answers, and what the client must then see. To have one more
// in the soak, add an entry to kinds.
type kind struct {
	name string
	// cluster is what the kind's requests go to, see clusters.
	cluster string
	// settings are the route's `funcroute` metadata besides the function.
	settings e2e.Object
	// parameters are the route's `funcroute.parameters`.
	parameters e2e.Object
	// action is more of the route's action.
	action e2e.Object
	// prepare makes a request of the plain one. Nil leaves it as it is.
	prepare func(*http.Request)
	// answer writes the upstream's answer with that text in it.
	answer func(w http.ResponseWriter, text string)
	// sees is what the client sees of the text, nil for the text itself. status is 200 if it is 0.
	sees   func(text string) string
	status int
	// streams is that the answer reaches the client while it is made, so that one that breaks off is seen as such.
	streams bool
}

// clusters are what kinds go to, with their metadata. The functions of each are named after the kinds.
var clusters = map[string]cluster{
	"lambda": {settings: e2e.Object{"type": "lambda", "region": "us-east-1"}, target: "%s-%d"},
}

type cluster struct {
	settings e2e.Object
	// target is a function's, with its kind's name and a number that changes with each update.
	target string
}

var kinds = []kind{
	{
		name: "apigateway-v2", cluster: "lambda", parameters: e2e.Object{"path": "/apigateway-v2/{id}"},
		answer: described(map[string]any{"statusCode": 200}, "body"),
	},
	{
		name: "apigateway-v1", cluster: "lambda", settings: e2e.Object{"payload": "apigateway-v1"},
		answer: described(map[string]any{"statusCode": 200, "multiValueHeaders": map[string]any{"x-a": []string{"b", "c"}}}, "body"),
	},
	{
		name: "function-url", cluster: "lambda", settings: e2e.Object{"payload": "function-url"},
		answer: described(map[string]any{"statusCode": 200, "cookies": []string{"a=b"}}, "body"),
	},
	{
		name: "alb", cluster: "lambda", settings: e2e.Object{"payload": "alb"},
		answer: described(map[string]any{"statusCode": 200, "headers": map[string]string{"x-a": "b"}}, "body"),
	},
	{
		name: "alb-multi-value", cluster: "lambda", settings: e2e.Object{"payload": "alb-multi-value"},
		answer: described(map[string]any{"statusCode": 200, "multiValueHeaders": map[string]any{"x-a": []string{"b"}}}, "body"),
	},
	{
		name: "envoy", cluster: "lambda", settings: e2e.Object{"payload": "envoy"},
		answer: described(map[string]any{"status_code": 200}, "body"),
	},
	{
		name: "base64", cluster: "lambda", settings: e2e.Object{"binary_types": []any{"*/*"}},
		answer: func(w http.ResponseWriter, text string) {
			encoded := base64.StdEncoding.EncodeToString([]byte(text))
			described(map[string]any{"statusCode": 200, "isBase64Encoded": true}, "body")(w, encoded)
		},
	},
	{
		name: "body", cluster: "lambda", settings: e2e.Object{"payload": "body"},
		prepare: func(r *http.Request) { r.Header.Set("content-type", "application/json") },
		answer:  described(map[string]any{}, "text"),
		sees:    func(text string) string { return fmt.Sprintf(`{"text":%q}`, text) },
		streams: true,
	},
	{
		name: "cloudevent", cluster: "lambda", settings: e2e.Object{"payload": "cloudevent"},
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
		name: "tail", cluster: "lambda", settings: e2e.Object{"log_type": "tail", "tenant_id": "{tenant}"},
		parameters: e2e.Object{"header.x-nonce": "{tenant}"},
		answer: func(w http.ResponseWriter, text string) {
			w.Header().Set("x-amz-log-result", base64.StdEncoding.EncodeToString([]byte("REPORT RequestId: 1\tDuration: 1.5 ms\t\n")))
			described(map[string]any{"statusCode": 200}, "body")(w, text)
		},
	},
	{
		name: "stream", cluster: "lambda", settings: e2e.Object{"invocation": "response-stream"},
		answer: streamed, streams: true,
	},
	{
		name: "event", cluster: "lambda", settings: e2e.Object{"invocation": "event"}, status: http.StatusAccepted,
		answer: func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusAccepted) },
		sees:   func(string) string { return "" },
	},
	{
		name: "dry-run", cluster: "lambda", settings: e2e.Object{"invocation": "dry-run"}, status: http.StatusNoContent,
		answer: func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusNoContent) },
		sees:   func(string) string { return "" },
	},
	{
		name: "retried", cluster: "lambda",
		action: e2e.Object{"retry_policy": e2e.Object{"retry_on": "5xx,reset", "num_retries": 2}},
		answer: described(map[string]any{"statusCode": 200}, "body"),
	},
}

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
