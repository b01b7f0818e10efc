package dynamicmodule_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/dynamicmodule"
	_ "github.com/funcroute/funcroute/plugins/lambda"
	_ "github.com/funcroute/funcroute/plugins/rest"
)

func BenchmarkRequest(b *testing.B) {
	b.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	b.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	for name, envoy := range map[string]*stillEnvoy{
		"lambda, body":          newStillEnvoy("body", `{"a":1}`),
		"lambda, apigateway-v2": newStillEnvoy("apigateway-v2", `{"a":1}`),
		"lambda, apigateway-v1": newStillEnvoy("apigateway-v1", `{"a":1}`),
		"lambda, function-url":  newStillEnvoy("function-url", `{"a":1}`),
		"lambda, alb":           newStillEnvoy("alb", `{"a":1}`),
		"lambda, envoy":         newStillEnvoy("envoy", `{"a":1}`),
		"rest":                  newStillREST(),
	} {
		b.Run(name, func(b *testing.B) {
			config, err := dynamicmodule.NewConfig(functions.New(), envoy, nil)
			if err != nil {
				b.Fatal(err)
			}
			for range 100 {
				envoy.request(b, config)
			}
			b.ReportAllocs()
			for b.Loop() {
				envoy.request(b, config)
			}
		})
	}
}

// stillEnvoy is an Envoy in which every request is the same and nothing it is told is kept, so that all garbage is ours.
type stillEnvoy struct {
	dynamicmodule.Envoy
	texts    map[host.Source]map[string]map[string]string
	keys     map[host.Source]map[string][]string
	requests [][2]string
	answer   [][2]string
	body     []byte
	result   []byte
	resumed  chan struct{}
	replied  bool
	waiting  bool
	stream   *dynamicmodule.Stream
}

// newStillEnvoy has a Lambda function.
func newStillEnvoy(payload, body string) *stillEnvoy {
	e := newStill(map[host.Source]map[string]map[string]string{
		host.Cluster: {
			"funcroute":           {"type": "lambda", "region": "us-east-1", "payload": payload},
			"funcroute.functions": {"hello": "arn:aws:lambda:us-east-1:123456789012:function:hello"},
		},
		host.Route: {"funcroute": {"function": "hello"}},
	})
	if payload == "alb" {
		e.result = []byte(`{"statusCode":200,"statusDescription":"200 OK","isBase64Encoded":false,"headers":{"content-type":"text/plain"},"body":"hello"}`)
	}
	if body != "" {
		e.body = []byte(body)
		e.requests[0][1] = "POST"
		e.requests = append(e.requests, [2]string{"content-type", "application/json"}, [2]string{"content-length", "7"})
	}
	return e
}

// newStillREST has an operation with two parameters from the path.
func newStillREST() *stillEnvoy {
	e := newStill(map[host.Source]map[string]map[string]string{
		host.Cluster: {
			"funcroute":           {"type": "rest"},
			"funcroute.functions": {"order": "GET /api/{user}/{order}"},
		},
		host.Route: {
			"funcroute":            {"function": "order"},
			"funcroute.parameters": {"path": "/users/{user}/orders/{order}"},
		},
	})
	e.requests[1][1] = "/users/42/orders/7"
	return e
}

func newStill(texts map[host.Source]map[string]map[string]string) *stillEnvoy {
	e := &stillEnvoy{
		texts: texts,
		keys:  map[host.Source]map[string][]string{host.Cluster: {}, host.Route: {}},
		requests: [][2]string{
			{":method", "GET"},
			{":path", "/a/b?x=1"},
			{":authority", "example.com"},
			{":scheme", "http"},
			{"user-agent", "test"},
			{"x-request-id", "5d6c1ff1"},
			{"x-forwarded-proto", "http"},
		},
		answer:  [][2]string{{":status", "200"}, {"content-type", "application/json"}, {"x-amzn-requestid", "5d6c"}, {"content-length", "93"}},
		result:  []byte(`{"statusCode":200,"headers":{"content-type":"text/plain"},"body":"hello"}`),
		resumed: make(chan struct{}, 1),
	}
	for source, namespaces := range e.texts {
		for namespace, texts := range namespaces {
			e.keys[source][namespace] = slices.Sorted(maps.Keys(texts))
		}
	}
	return e
}

// request is one request, from its headers to its end.
func (e *stillEnvoy) request(t testing.TB, config *dynamicmodule.Config) {
	e.replied, e.waiting = false, false
	e.stream = config.NewStream(e)
	e.stream.OnRequestHeaders(e.body == nil)
	if e.body != nil {
		e.stream.OnRequestBody(true)
	}
	if e.waiting { // For credentials, as the first ones do.
		<-e.resumed
		e.stream.OnResumed()
	}
	if interest := e.stream.Interest(); interest&dynamicmodule.AnswerCollected != 0 {
		e.stream.OnCollected()
	} else if interest != 0 {
		e.stream.OnAnswerHeaders(false)
		e.stream.OnAnswerBody(true)
		e.stream.OnDestroy()
	}
	e.stream.Recycle()
	if e.replied {
		t.Fatal("the request was not sent")
	}
}

func (e *stillEnvoy) DefineCounter(string) (uint32, bool)   { return 1, true }
func (e *stillEnvoy) DefineHistogram(string) (uint32, bool) { return 1, true }
func (e *stillEnvoy) Log(host.Level, string)                {}

func (e *stillEnvoy) Headers(m dynamicmodule.Map, to [][2]string) [][2]string {
	if m == dynamicmodule.AnswerHeaderMap {
		return append(to, e.answer...)
	}
	return append(to, e.requests...)
}

func (e *stillEnvoy) Write([]dynamicmodule.Write) {}

func (e *stillEnvoy) AppendBody(to []byte, d dynamicmodule.Direction, p dynamicmodule.Part) []byte {
	switch {
	case p == dynamicmodule.Buffered:
		return to
	case d == dynamicmodule.Answer:
		return append(to, e.result...)
	}
	return append(to, e.body...)
}

func (e *stillEnvoy) ReplaceBody(dynamicmodule.Direction, dynamicmodule.Part, []byte) {}
func (e *stillEnvoy) ReceivedIsBuffered(dynamicmodule.Direction) bool                 { return false }

func (e *stillEnvoy) Keys(source host.Source, namespace string) []string {
	return e.keys[source][namespace]
}

func (e *stillEnvoy) Value(source host.Source, namespace, key string) host.Value {
	return host.Value{Kind: host.Text, Text: e.texts[source][namespace][key]}
}

func (e *stillEnvoy) DynamicText(string, string) string { return "" }
func (e *stillEnvoy) HasDynamic(string, string) bool    { return false }

func (e *stillEnvoy) Attribute(which dynamicmodule.Attribute) string {
	switch which {
	case dynamicmodule.SourceAddress:
		return "203.0.113.7:4711"
	case dynamicmodule.RequestProtocol:
		return "HTTP/1.1"
	}
	return ""
}

func (e *stillEnvoy) FromUpstream() bool       { return true }
func (e *stillEnvoy) KeepHeaders([][2]string)  {}
func (e *stillEnvoy) KeptHeaders() [][2]string { return nil }
func (e *stillEnvoy) ClusterName() string      { return "cluster" }
func (e *stillEnvoy) RouteConfig() any         { return nil }
func (e *stillEnvoy) AppendExcerpt(to []byte, excerpt *host.Excerpt, name string) []byte {
	return host.AppendExcerpt(to, e, excerpt, name)
}

func (e *stillEnvoy) FollowRoutine(*host.Routine) {}
func (e *stillEnvoy) ContinueRequest()            {}
func (e *stillEnvoy) Scheduler() dynamicmodule.Scheduler {
	e.waiting = true
	return e
}

func (e *stillEnvoy) Wake()  { e.resumed <- struct{}{} }
func (e *stillEnvoy) Close() {}

func (e *stillEnvoy) SendReply(int, [][2]string, []byte, string) { e.replied = true }
