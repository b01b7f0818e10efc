package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/golden"
)

// With `payload: envoy`, a function gets what Envoy's own aws_lambda filter sends, and its answers mean the same. Both
// filters stand in one Envoy, each with a listener and a cluster of its own.
func TestEnvoyPayloadIsTheNativeFilters(t *testing.T) {
	type exchange struct {
		name            string
		request, answer *golden.Message
	}
	nothing := harness.Message(t, "200\ncontent-type: application/json", `{}`)
	get := harness.Message(t, "GET / HTTP/1.1\nhost: localhost", "")
	post := func(head, body string) *golden.Message {
		return harness.Message(t, "POST /a%20b?x=1 HTTP/1.1\nhost: localhost\n"+head, body)
	}
	answer := func(body string) *golden.Message {
		return harness.Message(t, "200\ncontent-type: application/octet-stream\nx-amzn-requestid: 5d6c", body)
	}
	exchanges := []exchange{
		{"no body", harness.Message(t, "GET /resource?proxy=envoy HTTP/1.1\nhost: localhost:80\nx-custom-header: unit\nx-custom-header: test\ncookie: a=1; b=2", ""), nothing},
		{"query", harness.Message(t, "GET /a%20b/%2F/?tag=x%20y&tag=z&&flag&=&q=a+b& HTTP/1.1\nhost: localhost", ""), nothing},
		{"a question mark alone", harness.Message(t, "GET /? HTTP/1.1\nhost: localhost", ""), nothing},
		{"another method", harness.Message(t, "DELETE /x HTTP/1.1\nhost: localhost", ""), nothing},
		{"text", post("content-type: text/plain; charset=utf-8", "Foo \"bar\" \t\u0001 <bazz> é 😀 \u2028"), nothing},
		{"JSON", post("content-type: application/json", `{"a":[1,2]}`), nothing},
		{"JSON with capital letters", post("content-type: Application/JSON", `{"a":[1,2]}`), nothing},
		{"JSON with a parameter", post("content-type: application/json; charset=utf-8", `{"a":[1,2]}`), nothing},
		{"JavaScript", post("content-type: application/javascript", `f()`), nothing},
		{"XML", post("content-type: application/xml", `<a/>`), nothing},
		{"XML of a kind", post("content-type: image/svg+xml", `<svg/>`), nothing},
		{"PDF", post("content-type: application/pdf", "%PDF\x00\xff"), nothing},
		{"no type", post("x-a: b", "hello"), nothing},
		{"chunked", post("content-type: text/plain\ntransfer-encoding: chunked", "hello"), nothing},
		{"authorization", harness.Message(t, "GET / HTTP/1.1\nhost: localhost\nauthorization: Bearer x\nx-amz-meta: y\nif-match: z", ""), nothing},

		{"an answer", get, answer(`{"statusCode":201,"headers":{"x-a":"b","X-C":"d",":other":"e"},"cookies":["a=1; Secure","b=2"],"body":"Beans"}`)},
		{"names of the proto file", get, answer(`{"status_code":"202","headers":{"content-type":"text/plain"},"body":"Q29mZmVl","is_base64_encoded":true,"unknown":{"a":[1]}}`)},
		{"a cookie among the headers", get, answer(`{"headers":{"Set-Cookie":"c=3"},"cookies":["a=1"]}`)},
		{"an empty object", get, answer(`{}`)},
		{"null", get, answer(`{"status_code":null,"headers":null,"cookies":null,"body":null,"is_base64_encoded":null}`)},
		{"zero", get, answer(`{"status_code":0}`)},
		{"no JSON", get, answer(`<a/>`)},
		{"a list", get, answer(`[1]`)},
		{"a string", get, answer(`"hello"`)},
		{"a body that is an object", get, answer(`{"body":{"a":1}}`)},
		{"a header that is a number", get, answer(`{"headers":{"x":7}}`)},
		{"a header that is null", get, answer(`{"headers":{"x":null}}`)},
		{"a cookie that is a number", get, answer(`{"cookies":[7]}`)},
		{"a cookie that is null", get, answer(`{"cookies":[null]}`)},
		{"a status with a fraction of 0", get, answer(`{"status_code":201.0}`)},
		{"a status with an exponent", get, answer(`{"status_code":2.01e2}`)},
		{"a status with a fraction", get, answer(`{"status_code":201.5}`)},
		{"a status as a text with a fraction", get, answer(`{"status_code":"201.0"}`)},
		{"a negative status", get, answer(`{"status_code":-201}`)},
		{"a member twice", get, answer(`{"status_code":201,"statusCode":202}`)},
		{"a flag that is a number", get, answer(`{"is_base64_encoded":1}`)},
		{"an escaped name", get, answer(`{"status\u005fcode":201}`)},
		{"more behind it", get, answer(`{"status_code":201} x`)},
		{"a flag that is a text", get, answer(`{"is_base64_encoded":"true","body":"aGk="}`)},
		{"a flag that is another text", get, answer(`{"is_base64_encoded":"false","body":"aGk="}`)},
		{"a status that is none", get, answer(`{"status_code":"ok"}`)},
		{"a status that is an empty text", get, answer(`{"status_code":""}`)},
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		ours, native := harness.StartUpstream(t), harness.StartUpstream(t)
		config := harness.NewConfig()
		config.AddCluster(ours.Address, harness.Object{"name": "ours", "metadata": harness.Object{"filter_metadata": harness.Object{
			"funcroute":           harness.Object{"type": "lambda", "region": "us-east-1", "payload": "envoy"},
			"funcroute.functions": harness.Object{"hello": "arn:aws:lambda:us-east-1:123456789012:function:hello"},
		}}})
		config.AddCluster(native.Address, harness.Object{"name": "native", "metadata": harness.Object{"filter_metadata": harness.Object{
			"com.amazonaws.lambda": harness.Object{"egress_gateway": true},
		}}})
		to := func(cluster string) []any {
			return []any{harness.Object{
				"match": harness.Object{"prefix": "/"}, "route": harness.Object{"cluster": cluster},
				"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "hello"}}},
			}}
		}
		config.AddListener("ours", to("ours"), nil, nil)
		config.AddListener("native", to("native"), nil, harness.Object{"http_filters": []any{nativeFilter(), harness.RouterFilter()}})
		envoy := harness.StartEnvoy(t, host, config)
		for _, e := range exchanges {
			t.Run(e.name, func(t *testing.T) {
				gotEvent, got := callThrough(t, envoy, "ours", ours, e.request, e.answer)
				wantEvent, want := callThrough(t, envoy, "native", native, e.request, e.answer)
				if !reflect.DeepEqual(gotEvent, wantEvent) {
					t.Errorf("event:\ngot  %v\nwant %v", gotEvent, wantEvent)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("answer:\ngot  %v\nwant %v", got, want)
				}
			})
		}
	})
}

func nativeFilter() harness.Object {
	return harness.Object{"name": "envoy.filters.http.aws_lambda", "typed_config": harness.Object{
		"@type": "type.googleapis.com/envoy.extensions.filters.http.aws_lambda.v3.Config",
		"arn":   "arn:aws:lambda:us-east-1:123456789012:function:hello",
		"credentials": harness.Object{
			// These stand in its configuration for all to see, so they are nobody's.
			"access_key_id": "AKIDNATIVE", "secret_access_key": "in-plain-sight",
		},
	}}
}

// callThrough returns the event that reached an upstream, and what the client got of its answer.
func callThrough(t *testing.T, envoy *harness.Envoy, listener string, upstream *harness.Upstream, request, scripted *golden.Message) (harness.Object, harness.Object) {
	t.Helper()
	upstream.Script(scripted)
	before := len(upstream.Received())
	answer, err := harness.Send(envoy.Listener(t, listener), request)
	if err != nil {
		t.Fatal(err)
	}
	received := upstream.Received()[before:]
	if len(received) != 1 {
		t.Fatalf("%s: got %d calls, want 1", listener, len(received))
	}
	event := harness.Object{}
	if err := json.Unmarshal(received[0].Body, &event); err != nil {
		t.Fatalf("%s: %v in %q", listener, err, received[0].Body)
	}
	if headers, ok := event["headers"].(harness.Object); ok { // These differ from request to request and from place to place.
		maps.DeleteFunc(headers, func(name string, _ any) bool {
			return name == "x-request-id"
		})
	}
	return event, essence(answer)
}

// essence leaves aside what is not the function's: AWS's own headers, which the native filter hands on, and the body of
// an error, which is empty there; and headers without a value, which a dynamic module cannot write.
func essence(answer harness.Answer) harness.Object {
	result := harness.Object{"status": answer.Status()}
	if answer.Status() == 500 {
		return result
	}
	result["body"] = string(answer.Body)
	for _, header := range answer.Headers.List() {
		name := header[0]
		if header[1] != "" && name != "date" && name != "server" && !strings.HasPrefix(name, ":") && !strings.HasPrefix(name, "x-amzn-") &&
			!strings.HasPrefix(name, "x-envoy-") {
			result[name] = fmt.Sprint(answer.Headers.Values(name))
		}
	}
	return result
}
