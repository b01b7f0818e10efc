package functions_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/plugins"
	_ "github.com/funcroute/funcroute/plugins/all" // Every type is fuzzed.
)

// credentialsOf gives what signs calls, and a way out of this machine to nothing, whatever a made-up setting names.
func credentialsOf(f *testing.F) {
	f.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIDFUZZ", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
		"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1",
	} {
		f.Setenv(name, value)
	}
}

const hurry = `{"credentials_wait": "5ms"}`

// FuzzMetadata asks that no metadata ends in a panic, that what cannot be served is refused alike each time and told of
// once, and that a type that takes nothing but calls sends nothing else.
func FuzzMetadata(f *testing.F) {
	credentialsOf(f)
	names := slices.DeleteFunc(plugins.Names(), func(name string) bool { return name == "toy" || name == "strict" })
	for i, name := range names {
		settings := plugins.Lookup(name).Settings()
		for j := range settings {
			f.Add(uint8(i), uint8(j), "", "{id}", uint8(i), "f", "path", "/users/{id}", "200")
		}
		f.Add(uint8(i), uint8(len(settings)), "unknown", "7", uint8(1), "arn:aws:lambda:us-east-1:123456789012:function:f:7", "body.a/0", "{a*}", "")
	}
	for _, value := range []string{"a,b", "true", "1e309", "900s", "a\x00b", "\xff", "{a}{b}", `{"a": "{id}"}`, "k=v", "text/*", "http://[::1]:80/x"} {
		f.Add(uint8(0), uint8(3), "x", value, uint8(2), value, "header."+value, value, value)
	}
	for _, target := range []string{
		"GET /api/users/{id}{?q,tags*}", "POST /x\nX-A: {{ header(\"x-a\") }}\nContent-Type: application/json\n\n{\"a\": {{ body.a ?? [] }}}",
		"PUT /{+rest}\nContent-Type: application/xml\n\n<a b=\"{{ id }}\">{{ raw(id) }}</a>", "GET /{id:3}", "CONNECT /", "GET http://x/", "POST /\n\n{{ }}",
	} {
		rest := uint8(slices.Index(names, "rest"))
		f.Add(rest, uint8(0), "", "true", uint8(9), target, "path", "/users/{id}", "{{ status }}\nX-B: {{ header(\"x-b\") }}\n\n{{ body }}")
		f.Add(rest, uint8(9), "x", "{id}", uint8(1), target, "body.a", "{id*}", "2{{ 1 }}")
	}
	f.Fuzz(func(t *testing.T, typ, setting uint8, other, value string, kind uint8, target, parameter, template, response string) {
		name := names[int(typ)%len(names)]
		settings := plugins.Lookup(name).Settings()
		if i := int(setting) % (len(settings) + 1); i < len(settings) {
			other = settings[i].Name
		}
		made := metadataValue(kind, value)
		route := metadata{"funcroute": {"function": "f"}, "funcroute.parameters": {parameter: template}}
		if kind&1 == 0 {
			route["funcroute.weights"] = map[string]any{"f": made, "g": 1.0}
			delete(route["funcroute"], "function")
		}
		cluster := metadata{
			"funcroute":           {"type": name, "region": "us-east-1", other: made},
			"funcroute.functions": {"f": target, "g": value}, "funcroute.responses": {"f": response},
		}
		x := hosttest.Exchange{Cluster: cluster, Route: route, Request: post(`{"a":[1]}`), Answer: answer("200", "{}"), Upstream: kind&2 == 0}
		run := hosttest.Memory{}.Session(&testing.T{}, functions.New(), hurry)
		first := run(x)
		checkOutcome(t, name, x, first)
		again := run(x)
		late := slices.Contains([]string{first.Details, again.Details}, "funcroute_credentials_unavailable")
		if kind&1 == 1 && !late && (again.Details != first.Details || len(again.Logs) != len(first.Logs)) {
			t.Errorf("the second time: got %q and %q, want %q and no more than %q", again.Details, again.Logs, first.Details, first.Logs)
		}
		route["funcroute"][other] = made
		checkOutcome(t, name, x, run(x))
	})
}

// metadataValue is one of the kinds of values that metadata can have.
func metadataValue(kind uint8, text string) any {
	switch kind / 4 % 5 {
	case 1:
		number, _ := strconv.ParseFloat(text, 64)
		return number
	case 2:
		return text != ""
	case 3:
		return strings.Split(text, ",")
	case 4:
		return map[string]any{text: text}
	}
	return text
}

// FuzzConfiguration asks of a filter block's and a route's own configuration that it is taken or refused, and that a
// refusal says of what.
func FuzzConfiguration(f *testing.F) {
	credentialsOf(f)
	for _, seed := range [][2]string{
		{"", ""},
		{`{}`, `{}`},
		{`{"credentials_wait": "1ms"}`, `{"funcroute": {"function": "hello", "loud": true, "tags": ["x"], "times": 2}}`},
		{`{"credentials_wait": 5}`, `{"funcroute.weights": {"hello": 1e308, "bye": 1e308}}`},
		{`{"credentials_wait": "9999999h"}`, `{"funcroute.weights": {"hello": -1}}`},
		{`[]`, `{"funcroute.parameters": {"path": "/{x}", "path": 1}}`},
		{`{} {}`, `{"funcroute": {"function": "{x}"}, "funcroute.parameters": {"path": "/users/{x}"}}`},
		{"\xff", `{"funcroute": null, "funcroute.weights": null, "funcroute.parameters": null}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, filter, route string) {
		for _, typ := range []string{"strict", "lambda"} {
			x := hosttest.Exchange{
				FilterConfig: filter, RouteConfig: route, Cluster: offers(typ, nil), Route: calls(nil), Request: get(), Answer: answer("200", "{}"),
			}
			got := hosttest.Memory{}.Run(t, functions.New(), x)
			if got.Refused == nil {
				checkOutcome(t, typ, x, got)
				continue
			}
			if said := got.Refused.Error(); !strings.HasPrefix(said, "functions: filter configuration: ") &&
				!strings.HasPrefix(said, "functions: per-route configuration: ") {
				t.Errorf("refused: got %q, want it to say what", said)
			}
		}
	})
}

// FuzzExchange asks that whatever a client sends and a function answers, what leaves is a signed call and nothing else,
// and what comes back is an answer that HTTP allows.
func FuzzExchange(f *testing.F) {
	credentialsOf(f)
	f.Add(uint8(0), "GET", "/users/7?a=1", "x-tag", "a", []byte(`{"a":1}`), "200", "content-type", "application/json", []byte(`{"statusCode":201,"body":"x"}`))
	f.Add(uint8(1), "POST", "/users/..%2F%00%0d%0a", "authorization", "x", []byte{0xff}, "200", "x-amz-function-error", "Unhandled", []byte(`{}`))
	f.Add(uint8(2), "HEAD", "/users/%252e", "x-amz-date", "x", []byte{}, "429", "retry-after", "99999999999999999999", []byte(`[`))
	f.Add(uint8(3), "CONNECT", "*", "upgrade", "websocket", []byte("x"), "500", "x-amzn-errortype", "a\tb", []byte(`{"statusCode":204,"body":"x"}`))
	f.Add(uint8(4), "OPTIONS", "/users/7?=&&=%", "cookie", ";;=", []byte("x"), "200", "content-length", "7",
		[]byte(`{"statusCode":200,"headers":{":path":"/","transfer-encoding":"chunked","content-length":"99","a":"b\r\nc: d"}}`))
	payloads := []string{"apigateway-v2", "apigateway-v1", "function-url", "alb", "alb-multi-value", "envoy", "cloudevent", "body"}
	f.Fuzz(func(t *testing.T, choice uint8, method, path, name, value string, body []byte, status, answerName, answerValue string, result []byte) {
		name, answerName = strings.ToLower(name), strings.ToLower(answerName)
		if n, err := strconv.Atoi(status); err != nil || n < 200 || n > 599 || len(status) != 3 || !isHeader(name, value) || !isHeader(answerName, answerValue) ||
			!httpguts.ValidHeaderFieldName(method) || !httpguts.ValidHeaderFieldValue(path) {
			t.Skip("Envoy's codecs let no such message in")
		}
		request := hosttest.Message{
			Headers: [][2]string{{":method", method}, {":path", path}, {":authority", "example.com"}, {name, value}},
			Chunks:  [][]byte{body},
		}
		x := hosttest.Exchange{
			Cluster:  metadata{"funcroute": {"type": "lambda", "region": "us-east-1"}, "funcroute.functions": {"f": "f"}},
			Route:    metadata{"funcroute": {"function": "f", "payload": payloads[int(choice)%len(payloads)]}},
			Request:  request,
			Answer:   hosttest.Message{Headers: [][2]string{{":status", status}, {answerName, answerValue}}, Chunks: [][]byte{result}},
			Upstream: choice >= 128,
		}
		if choice&64 != 0 {
			x.Route["funcroute.parameters"] = map[string]any{"path": "/users/{id}", "header." + name: "{h?}"}
		}
		checkOutcome(t, "lambda", x, hosttest.Memory{}.Run(t, functions.New(), x))
	})
}

// isHeader reports whether Envoy's codecs let a header in.
func isHeader(name, value string) bool {
	return httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(value)
}

// leaves says for types that must sign or authenticate what they send whether it is.
var leaves = map[string]func(*hosttest.Message) bool{
	"lambda": func(sent *hosttest.Message) bool {
		path := sent.Header(":path")
		return sent.Header(":method") == http.MethodPost &&
			(strings.HasPrefix(path, "/2015-03-31/functions/") || strings.HasPrefix(path, "/2021-11-15/functions/")) &&
			strings.HasPrefix(sent.Header("authorization"), "AWS4-HMAC-SHA256 Credential=AKIDFUZZ/")
	},
}

// checkOutcome checks what is promised of every exchange.
func checkOutcome(t *testing.T, typ string, x hosttest.Exchange, got hosttest.Outcome) {
	t.Helper()
	if got.Refused != nil {
		t.Fatalf("refused: %v", got.Refused)
	}
	if got.Details == "funcroute_internal_error" || slices.ContainsFunc(got.Logs, func(line string) bool { return strings.Contains(line, "panic: ") }) {
		t.Fatalf("got %s and %q", got.Details, got.Logs)
	}
	if right := leaves[typ]; got.Sent != nil && right != nil && !right(got.Sent) {
		t.Errorf("sent: got %q", got.Sent.Headers)
	}
	if _, callsOnly := plugins.Lookup(typ).(plugins.CallsOnly); callsOnly && got.Sent != nil && reflect.DeepEqual(got.Sent.Headers, x.Request.Headers) {
		t.Error("sent: got the client's request, untouched")
	}
	if got.Sent != nil {
		checkFields(t, "sent", got.Sent.Headers)
	}
	checkFields(t, "received", got.Received.Headers)
	status, err := strconv.Atoi(got.Received.Header(":status"))
	if err != nil || status < 200 || status > 599 {
		t.Errorf("received: status: got %q", got.Received.Header(":status"))
	}
	if got.Received.Header("content-type") == "application/problem+json" && strings.HasPrefix(got.Details, "funcroute_") {
		if !json.Valid([]byte(got.Received.Body())) {
			t.Errorf("received: problem: got %q", got.Received.Body())
		}
	}
}

// checkFields looks for headers that no codec would write.
func checkFields(t *testing.T, what string, headers [][2]string) {
	t.Helper()
	for _, header := range headers {
		name, value := strings.TrimPrefix(header[0], ":"), header[1]
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			t.Errorf("%s: header: got %q: %q", what, name, value)
		}
	}
}
