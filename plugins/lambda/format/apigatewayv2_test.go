package format

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

var noon = time.Date(2020, time.March, 4, 21, 15, 17, 123456789, time.FixedZone("", 2*3600))

func newRequest(headers *plugintest.Headers, body []byte) *plugins.Request {
	r := plugins.NewRequest(headers, plugintest.Connection{
		Address: "203.0.113.7:4711", Version: "HTTP/1.1", Identity: "0f6d8a4e",
	}, body)
	r.Time = noon
	return r
}

// eventOf builds an event and reads it with AWS's own model.
func eventOf(t testing.TB, r *plugins.Request) events.APIGatewayV2HTTPRequest {
	t.Helper()
	text, err := eventBy(t, &httpAPI{}, r)
	if err != nil {
		t.Fatal(err)
	}
	return decode[events.APIGatewayV2HTTPRequest](t, text)
}

// duplicates lists the names that an object, or one within it, has more than once.
func duplicates(t testing.TB, text []byte) []string {
	t.Helper()
	var found []string
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	var walk func()
	walk = func() {
		token, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch token {
		case json.Delim('{'):
			names := map[string]bool{}
			for decoder.More() {
				name, _ := decoder.Token()
				text, _ := name.(string)
				if names[text] {
					found = append(found, text)
				}
				names[text] = true
				walk()
			}
			_, _ = decoder.Token()
		case json.Delim('['):
			for decoder.More() {
				walk()
			}
			_, _ = decoder.Token()
		}
	}
	walk()
	return found
}

func TestTimesOfAnEventAreUTC(t *testing.T) {
	event := eventOf(t, newRequest(plugintest.NewHeaders([2]string{":path", "/"}), nil))
	if got, want := event.RequestContext.Time, "04/Mar/2020:19:15:17 +0000"; got != want {
		t.Errorf("time: got %q, want %q", got, want)
	}
	if got, want := event.RequestContext.TimeEpoch, noon.UnixMilli(); got != want {
		t.Errorf("timeEpoch: got %d, want %d", got, want)
	}
}

func TestAnEventHasARequestIDOfItsOwnIfEnvoyGivesNone(t *testing.T) {
	r := plugins.NewRequest(plugintest.NewHeaders([2]string{":path", "/"}), plugintest.Connection{}, nil)
	if got := eventOf(t, r).RequestContext.RequestID; len(got) != 32 {
		t.Errorf("got %q, want 32 digits", got)
	}
}

func TestAnAWSPathTemplate(t *testing.T) {
	cases := map[string]string{
		"":                       "",
		"/":                      "/",
		"/images/{id}":           "/images/{id}",
		"/files/{+rest}":         "/files/{rest+}",
		"/a/{id?}":               "/a/{id}",
		"/a/{id=7}/b":            "/a/{id}/b",
		"/a/{name}.{ext}":        "/a/{name}.{ext}",
		"/a/{tags*}":             "/a/{tags}",
		"/a/{{literal}}/{b}":     "/a/{literal}/{b}",
		"/a/{tenant_1=none}/{b}": "/a/{tenant_1}/{b}",
	}
	for template, want := range cases {
		if got := routeTemplate(template); got != want {
			t.Errorf("%q: got %q, want %q", template, got, want)
		}
	}
}

func TestManyParametersOfTheSameNameCostLittle(t *testing.T) {
	const count = 500_000 // If each were compared with all others, the test would not come to its end.
	path := "/?" + strings.Repeat("a=1&b&", count)
	event := eventOf(t, newRequest(plugintest.NewHeaders([2]string{":path", path}), nil))
	if got, want := event.QueryStringParameters["a"], strings.Repeat("1,", count-1)+"1"; got != want {
		t.Errorf("a: got %d bytes, want %d", len(got), len(want))
	}
}
