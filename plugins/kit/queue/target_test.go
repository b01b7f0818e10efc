package queue

import (
	"fmt"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
)

// plain is a protocol with one part, whose events have a prefix, and a header of the broker's own.
var plain = Protocol{
	Address:  func(first string) ([]Part, error) { return []Part{{Text: first, Rule: dotted}}, nil },
	Binding:  Binding{Prefix: "ce_", Encode: func(value string) string { return "<" + value + ">" }},
	Reserved: func(name string) bool { return strings.HasPrefix(name, "broker-") },
}

func TestMake(t *testing.T) {
	event := []string{"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "content-type", "text/plain"}
	inJSON := `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"a":1.0}}`
	cases := []struct {
		name, target string
		settings     Publishing
		request      *plugins.Request
		want         string
	}{
		{
			"the client's body", "a",
			Publishing{},
			request("hi", "content-type", "text/plain", "content-encoding", "gzip", "cookie", "c"),
			"a|id=|text/plain|gzip|[]|hi",
		},
		{
			"tracing and what is forwarded", "a",
			Publishing{ForwardHeaders: []string{"X-Shop"}},
			request("", "traceparent", "00", "x-shop", "7", "x-shop", "8", "x-other", "9"), "a|id=|||[{traceparent 00} {X-Shop 7} {X-Shop 8}]|",
		},
		{
			"headers of the target", "a\nX-Tenant: {{ header(\"x\") }}\nX-Tenant: two\nTraceParent: mine\nX-None: {{ nil }}",
			Publishing{},
			request("hi", "x", "one", "traceparent", "00"), "a|id=|||[{X-Tenant one} {X-Tenant two} {TraceParent mine}]|hi",
		},
		{
			"a body of its own", "a\n\n{ \"n\": {{ body.n }} }",
			Publishing{},
			request(`{"n": 1.50}`, "content-type", "text/plain", "content-encoding", "x"),
			`a|id=|application/json||[]|{ "n": 1.50 }`,
		},
		{
			"a body of its own with its type", "a\nContent-Type: text/csv\n\n{{ method }},b",
			Publishing{},
			request("", ":method", "PUT"),
			"a|id=|text/csv||[]|PUT,b",
		},
		{"an empty body", "a\n\n", Publishing{}, request("hi", "content-type", "text/plain"), "a|id=|||[]|"},
		{"an id", "a", Publishing{MessageID: "order-{body.id}"}, request(`{"id": "x y"}`), `a|id=order-x y|||[]|{"id": "x y"}`},
		{
			"an event in binary mode", "a",
			Publishing{Payload: "cloudevent"},
			request("hi", event...),
			"a|id=|text/plain||[{ce_specversion <1.0>} {ce_id <1>} {ce_source </s>} {ce_type <t>}]|hi",
		},
		{
			"the same from structured mode", "a",
			Publishing{Payload: "cloudevent"},
			request(inJSON, "content-type", "application/cloudevents+json"),
			`a|id=|application/json||[{ce_specversion <1.0>} {ce_id <1>} {ce_source </s>} {ce_type <t>}]|{"a":1.0}`,
		},
		{
			"an event in structured mode", "a",
			Publishing{Payload: "cloudevent", EventMode: "structured"},
			request("hi", event...),
			`a|id=|application/cloudevents+json||[]|{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/plain","data":"hi"}`,
		},
		{
			"the same from structured mode, byte for byte", "a",
			Publishing{Payload: "cloudevent", EventMode: "structured"},
			request(inJSON, "content-type", "application/cloudevents+json; charset=utf-8"), "a|id=|application/cloudevents+json; charset=utf-8||[]|" + inJSON,
		},
		{
			"compressed data in binary mode", "a",
			Publishing{Payload: "cloudevent"},
			request("hi", append([]string{"content-encoding", "gzip"}, event...)...),
			"a|id=|text/plain|gzip|[{ce_specversion <1.0>} {ce_id <1>} {ce_source </s>} {ce_type <t>}]|hi",
		},
		{
			"compressed data in structured mode", "a",
			Publishing{Payload: "cloudevent", EventMode: "structured"},
			request("hi", append([]string{"content-encoding", "gzip"}, event...)...), "invalid_event 415",
		},
		{
			"a compressed event", "a",
			Publishing{Payload: "cloudevent"},
			request(inJSON, "content-type", "application/cloudevents+json", "content-encoding", "gzip"), "invalid_event 415",
		},
		{"no event", "a", Publishing{Payload: "cloudevent"}, request("hi"), "invalid_event 400"},
		{"an id with a line break", "a", Publishing{MessageID: "{body.id}"}, request(`{"id": "a\nb"}`), "bad_parameter 400"},
		{"an empty id", "a", Publishing{MessageID: "{body.id}"}, request(`{"id": ""}`), "bad_parameter 400"},
		{"a header with a line break", "a\nX: {{ body.x }}", Publishing{}, request(`{"x": "a\r\nb"}`), "bad_parameter 400"},
		{"no JSON", "a.{body.x}", Publishing{}, request(`{`), "bad_body 400"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			target, err := CompileTarget(c.target, c.settings, set(t, nil), plain)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(target.Make(c.request)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// shown is a message in one line, or an error's reason.
func shown(m *Message, err error) string {
	if failure, is := err.(*plugins.Error); is { //nolint:errorlint // It is made here and never wrapped.
		return fmt.Sprintf("%s %d", failure.Reason, failure.HTTPStatus())
	}
	return fmt.Sprintf("%s|id=%s|%s|%s|%v|%s", strings.Join(m.Address, ","), m.ID, m.ContentType, m.ContentEncoding, m.Headers, m.Body)
}

// What a task gets is no part of the request, which is gone by then.
func TestMessagesKeepNothingOfTheRequest(t *testing.T) {
	body := []byte(`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":"hello"}`)
	for _, settings := range []Publishing{{}, {Payload: "cloudevent"}, {Payload: "cloudevent", EventMode: "structured"}} {
		target, err := CompileTarget("a", settings, set(t, nil), plain)
		if err != nil {
			t.Fatal(err)
		}
		given := append([]byte(nil), body...)
		r := request("", "content-type", "application/cloudevents+json")
		r.SetBody(given)
		made, err := target.Make(r)
		if err != nil {
			t.Fatal(err)
		}
		before := shown(made, nil)
		clear(given)
		if got := shown(made, nil); got != before {
			t.Errorf("%+v: got %q after the request has ended, before %q", settings, got, before)
		}
	}
}
