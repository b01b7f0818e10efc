package functions_test

import (
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

// Parameters of a request that was made an event are taken from what the client has sent, and the function gets the event.
func TestParametersOfARequestThatWasMadeAnEvent(t *testing.T) {
	const (
		structured = "application/cloudevents+json"
		begin      = `{"specversion":"1.0","type":"t","source":"s","id":"1"`
	)
	note := func(contentType string) map[string]map[string]string {
		return map[string]map[string]string{"funcroute": {"wrapped": contentType}}
	}
	for _, c := range []struct {
		name, contentType, body string
		marked                  map[string]map[string]string
		from, template, want    string
	}{
		{"JSON", structured, begin + `,"data":{"a": 1.0}}`, note("application/json"), "body.a", "{x}", "1.0"},
		{"a form", structured, begin + `,"data":"a=b%20c","datacontenttype":"application/x-www-form-urlencoded"}`, note("application/x-www-form-urlencoded"), "form.a", "{x}", "b c"},
		{"bytes", structured, begin + `,"data_base64":"eyJhIjoiYiJ9"}`, note(""), "body.a", "{x}", "b"},
		{"the type of the data", structured, begin + `,"data":"a","datacontenttype":"application/json"}`, note("text/plain"), "header.content-type", "text/{x}", "plain"},
		{"no type of the data", structured, begin + `,"data":1}`, note(""), "header.Content-Type", "{x=none}", "none"},
		{"in binary mode the body is the client's", "application/json", `a=b`, note("application/x-www-form-urlencoded"), "form.a", "{x}", "b"},
		{"an event of the client's", structured, begin + `,"data":{"id":"2"}}`, nil, "body.id", "{x}", "1"},
		{"its type", structured, begin + `}`, nil, "header.content-type", "{x}", structured},
		{"a body that another filter has changed", structured, `{"a":"b"}`, note("application/json"), "body.a", "{x}", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			route := calls(map[string]any{"body": true})
			route["funcroute.parameters"] = map[string]any{c.from: c.template}
			got := hosttest.Memory{}.Run(t, functions.New(), hosttest.Exchange{
				Cluster: offers("toy", nil), Route: route, Marked: c.marked,
				Request: post(c.body, [2]string{"content-type", c.contentType}), Answer: answer("200", ""),
			})
			if got.Sent == nil {
				t.Fatalf("received %v, want a call; logs %q", got.Received, got.Logs)
			}
			if value := got.Sent.Header("x-parameter-x"); value != c.want {
				t.Errorf("parameter: got %q, want %q", value, c.want)
			}
			if body := got.Sent.Body(); body != "wrapped "+c.body {
				t.Errorf("the function got %q, want the body as it is", body)
			}
		})
	}
}
