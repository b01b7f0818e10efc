package cloudevents_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"

	"github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/filters/cloudevents"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// FuzzExchange asks that whatever claims to be an event ends as one or as a 400, and that only what the filter has read
// stands in the headers that routes are chosen by.
func FuzzExchange(f *testing.F) {
	const matches = `{"matches": {"big": "INT(amount) > 100 AND type LIKE 'a%'", "shop": {"prefix": {"source": "/shop"}}}}`
	f.Add("1.0", "application/json", "ce-type", "a", "x-event-type", "b", []byte(`{"a":1}`), uint8(0))
	f.Add("1.0", "text/plain", "ce-id", "%e4%b8%80%", "ce-amount", "\"7\\\"", []byte("\xff"), uint8(1))
	f.Add("", "application/cloudevents+json", "x-event-match-big", "true", "ce-id", "x", []byte(`{"specversion":"1.0","id":"1","source":"/shop","type":"ab","amount":200,"data":{}}`), uint8(2))
	f.Add("", "application/cloudevents-batch+json; charset=utf-8", "content-encoding", "gzip", "a", "b", []byte(`[{"specversion":"1.0","id":"1","source":"s","type":"t"}]`), uint8(1))
	f.Add("", "text/plain", "x-hook", "push", "x-event-type", "b", []byte("x"), uint8(3))
	f.Add("0.3", "application/cloudevents+xml", "ce-\xff", "a", "upgrade", "websocket", []byte("<a/>"), uint8(0))
	f.Fuzz(func(t *testing.T, version, contentType, name1, value1, name2, value2 string, body []byte, route uint8) {
		headers := [][2]string{{":method", "POST"}, {":path", "/"}, {":authority", "a"}, {"x-event-type", "forged"}, {"x-event-match-shop", "true"}}
		for _, header := range [][2]string{
			{"content-type", contentType}, {"ce-specversion", version}, {"ce-source", "/shop/7"}, {name1, value1}, {name2, value2},
		} {
			header[0] = strings.ToLower(header[0])
			if header[1] != "" && httpguts.ValidHeaderFieldName(header[0]) && httpguts.ValidHeaderFieldValue(header[1]) {
				headers = append(headers, header)
			}
		}
		got := hosttest.Memory{}.Run(t, cloudevents.New(), hosttest.Exchange{
			FilterConfig: matches,
			Route:        routes()[int(route)%len(routes())],
			Request:      hosttest.Message{Headers: headers, Chunks: [][]byte{body}},
			Answer:       hosttest.Message{Headers: [][2]string{{":status", "200"}}},
		})
		checkExchange(t, got)
	})
}

// routes are what is done with events.
func routes() []hosttest.Metadata {
	return []hosttest.Metadata{
		nil,
		{"funcroute.cloudevents": {"deliver": "structured"}},
		{"funcroute.cloudevents": {"deliver": "binary"}},
		{
			"funcroute.cloudevents": {"wrap_type": "hook.{kind}", "wrap_source": "/hooks", "deliver": "structured"},
			"funcroute.parameters":  {"header.x-hook": "{kind}"},
		},
		{
			"funcroute.cloudevents": {
				"wrap_type": "hook{.kind?}", "wrap_source": "/hooks", "wrap_id": "1", "wrap_time": "{kind?}",
				"wrap_dataschema": "urn:{kind?}", "wrap_datacontenttype": "{kind?}", "wrap_extensions": []string{"kind={kind?}"},
			},
			"funcroute.parameters": {"header.x-hook": "{kind?}"},
		},
		{"funcroute.cloudevents": {"deliver": "structured", "batch": "split-one"}},
		{"funcroute.cloudevents": {"deliver": "binary", "batch": "split-one"}},
	}
}

func checkExchange(t *testing.T, got hosttest.Outcome) {
	t.Helper()
	if got.Refused != nil || got.Details == "funcroute_internal_error" {
		t.Fatalf("got %v, %s, %q", got.Refused, got.Details, got.Logs)
	}
	if got.Sent == nil {
		if status := got.Received.Header(":status"); status != "400" && status != "415" {
			t.Errorf("status: got %s, want 400 or 415", status)
		}
		return
	}
	for _, header := range got.Sent.Headers {
		name, value := strings.TrimPrefix(header[0], ":"), header[1]
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			t.Errorf("header: got %q: %q", name, value)
		}
	}
	attributes := got.DynamicMetadata["funcroute.cloudevents"]
	if attributes["specversion"] == "" && attributes["type"] == "" {
		return // No event, or some that share nothing.
	}
	for _, header := range got.Sent.Headers {
		attribute, shown := strings.CutPrefix(header[0], "x-event-")
		if !shown {
			continue
		}
		if match, is := strings.CutPrefix(attribute, "match-"); is {
			if slices.Contains([]string{"big", "shop"}, match) && header[1] != "true" {
				t.Errorf("header %s: got %q", header[0], header[1])
			}
			continue
		}
		if !slices.Contains([]string{"type", "source", "subject", "id"}, attribute) {
			continue // The client's own.
		}
		if value, ok := events.Decode(header[1]); !ok || value != attributes[attribute] {
			t.Errorf("header %s: got %q, want %q", header[0], value, attributes[attribute])
		}
	}
	if strings.HasPrefix(got.Sent.Header("content-type"), "application/cloudevents") && !json.Valid([]byte(got.Sent.Body())) {
		t.Errorf("body: got %q, want JSON", got.Sent.Body())
	}
}
