package cloudevents_test

import (
	"testing"

	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/filters/host/hosttest"
	"github.com/funcroute/funcroute/filters/host/hosttest/panicking"
)

// Wherever the filter calls its host, in whatever state it then is: a panic costs that request a 500 and nothing else.
func TestPanicsWithinTheFilter(t *testing.T) {
	const structured = `{"specversion": "1.0", "type": "t", "source": "/s", "id": "1", "datacontenttype": "text/plain", "data": "d"}`
	request := func(method, body string, headers ...[2]string) hosttest.Message {
		m := hosttest.Message{Headers: append([][2]string{{":method", method}, {":path", "/orders"}, {":authority", "example.com"}}, headers...)}
		if body != "" {
			m.Chunks = [][]byte{[]byte(body)}
		}
		return m
	}
	contentType := func(value string) [2]string { return [2]string{"content-type", value} }
	binary := func(id string) hosttest.Message {
		return request("POST", "data", [2]string{"ce-specversion", "1.0"}, [2]string{"ce-type", "t"}, [2]string{"ce-source", "/s"},
			[2]string{"ce-id", id}, [2]string{"x-event-type", "forged"}, contentType("text/plain"))
	}
	delivers := func(mode string) hosttest.Metadata {
		return hosttest.Metadata{"funcroute.cloudevents": {"deliver": mode}}
	}
	exchanges := map[string]hosttest.Exchange{
		"binary mode":               {Request: binary("1")},
		"binary to structured mode": {Request: binary("1"), Cluster: delivers("structured")},
		"structured mode":           {Request: request("POST", structured, contentType("application/cloudevents+json"))},
		"structured to binary mode": {Request: request("POST", structured, contentType("application/cloudevents+json")), Cluster: delivers("binary")},
		"a batch":                   {Request: request("POST", "["+structured+","+structured+"]", contentType("application/cloudevents-batch+json"))},
		"a request to wrap": {Request: request("POST", `{"a": 1}`, contentType("application/json")), Route: hosttest.Metadata{
			"funcroute.cloudevents": {"wrap_type": "t", "wrap_source": "/{a}"}, "funcroute.parameters": {"body.a": "{a}"},
		}},
		"an invalid event": {Request: binary("")},
		"a mistake":        {Request: binary("1"), Cluster: delivers("by hand")},
		"a handshake":      {Request: request("OPTIONS", "", [2]string{"webhook-request-origin", "example.com"})},
		"a filter in the wrong place": {
			Request: binary("1"), Upstream: true,
		},
	}
	for name, x := range exchanges {
		x.Answer = hosttest.Message{Headers: [][2]string{{":status", "200"}}, Chunks: [][]byte{[]byte("answer")}}
		exchanges[name] = x
	}
	const options = `{"matches": {"all": {"exact": {"type": "t"}}}, "webhook": {"allowed_origins": ["example.com"]}}`
	panicking.Check(t, func() host.Filter { return cloudevents.New() }, options, exchanges,
		panicking.RequestPiece, panicking.Resumed, panicking.AnswerHeaders, panicking.AnswerBody, panicking.AnswerPiece) // It never waits, nor looks at answers.
}
