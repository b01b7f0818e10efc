package main

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

const (
	invocation = "/2015-03-31/functions/" + arn + "/invocations signed"
	shown      = "/events com.example.order.created /shop A234-1234-1234 order-7"
)

// arrivals say what each contestant makes of a request, of which summary shows what matters. The empty module is not among
// them: it does nothing, and only make bench builds it.
var arrivals = map[string]struct {
	summary string
	body    func(sent string) (part string)
}{
	"funcroute, no function":            {"/hello?x=1", whole},
	"aws_lambda, passthrough":           {invocation, whole},
	"funcroute, body":                   {invocation, whole},
	"aws_lambda, JSON":                  {invocation, inJSON},
	"funcroute, apigateway-v2":          {invocation, inJSON},
	"route's regex_rewrite":             {"/api/42/7", whole},
	"header_mutation, path_rewrite":     {"/api/42/7", whole},
	"Lua, path":                         {"/api/42/7", whole},
	"funcroute, rest":                   {"/api/42/7", whole},
	"Lua, path and body":                {"/api/42/7", fromEdge},
	"transform, path_rewrite":           {"/api/42/7", fromEdge},
	"funcroute, rest with body":         {"/api/42/7", fromEdge},
	"Lua, event":                        {shown, whole},
	"funcroute, cloudevents":            {shown, whole},
	"Lua, event in the body":            {shown, whole},
	"funcroute, cloudevents structured": {shown, whole},
}

func whole(sent string) string    { return sent }
func inJSON(sent string) string   { return strconv.Quote(sent) }
func fromEdge(sent string) string { return `{"source":"edge",` + strings.TrimPrefix(sent, "{") }

func summary(got harness.Received) string {
	path, err := url.PathUnescape(got.Headers.Get(":path")) // The native filter does not escape colons.
	if err != nil {
		path = err.Error()
	}
	parts := []string{path}
	if strings.HasPrefix(got.Headers.Get("authorization"), "AWS4-HMAC-SHA256 ") {
		parts = append(parts, "signed")
	}
	for _, attribute := range []string{"type", "source", "id", "subject"} {
		parts = append(parts, got.Headers.Values("x-event-"+attribute)...)
	}
	return strings.Join(parts, " ")
}

func TestContestantsDoTheSame(t *testing.T) {
	for _, j := range jobs() {
		for _, c := range j.contestants {
			if c.libraries != "" || c.name == noFilter {
				continue
			}
			t.Run(listenerName(j.name, c.name), func(t *testing.T) {
				upstream := harness.StartUpstream(t)
				config := harness.NewConfig()
				addContestant(config, upstream.Address, "only", c)
				e, err := start(config, ours)
				if err != nil {
					t.Fatal(err)
				}
				defer e.stop()
				want, known := arrivals[c.name]
				if !known {
					t.Fatal("what it is to do stands nowhere in arrivals")
				}
				for _, b := range bodies {
					if b.size < 0 && !j.bodyless {
						continue
					}
					sent := sendOne(t, "http://"+e.ports["only"]+j.path, j, b)
					received := upstream.Received()
					got := received[len(received)-1]
					if summary := summary(got); summary != want.summary {
						t.Errorf("%s: got %s, want %s", b.name, summary, want.summary)
					}
					if b.size >= 0 && !strings.Contains(string(got.Body), want.body(sent)) {
						t.Errorf("%s: got body %.200q, want %.200q in it", b.name, got.Body, want.body(sent))
					}
				}
			})
		}
	}
}

// sendOne sends a request of a job and returns its body.
func sendOne(t *testing.T, address string, j job, b body) string {
	t.Helper()
	method, content := http.MethodGet, ""
	if b.size >= 0 {
		method, content = http.MethodPost, j.content(b.size)
	}
	var body io.Reader = strings.NewReader(content)
	if b.streamed {
		body = io.MultiReader(body) // Of an unknown length.
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range requestHeaders(j, b) {
		request.Header.Set(header[0], header[1])
	}
	if err := send(http.DefaultClient, request, http.StatusOK); err != nil {
		t.Fatalf("%s: %v", b.name, err)
	}
	return content
}

// A ratio is one of neighbours, which are run one after the other; between them may be only others that are measured by the same.
func TestContestantsFollowWhatTheyAreMeasuredBy(t *testing.T) {
	for _, j := range jobs() {
		names := map[string]bool{}
		for i, c := range j.contestants {
			before := i - 1
			for before > 0 && c.against != "" && j.contestants[before].against == c.against {
				before--
			}
			if c.against != "" && j.contestants[before].name != c.against {
				t.Errorf("%s: %s does not follow %s", j.name, c.name, c.against)
			}
			if names[c.name] {
				t.Errorf("%s: two contestants are named %s", j.name, c.name)
			}
			names[c.name] = true
		}
		if j.contestants[0].name != noFilter {
			t.Errorf("%s does not begin with the chain without a filter", j.name)
		}
	}
}
