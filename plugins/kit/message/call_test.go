package message

import (
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// A type whose target leaves out the method calls with the client's, and what a HEAD is answered follows from that.
func TestACallWithTheClientsMethod(t *testing.T) {
	set, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	call, err := CompileCall(RequestLine{URI: "/b"}, Text{}, set)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, method, called, template, length, body string
		need                                         plugins.Need
	}{
		{name: "a HEAD, as it is", method: "HEAD", length: "7"},
		{name: "a GET, as it is", method: "GET", length: "7"},
		{name: "a GET that is called as a HEAD", method: "GET", called: "HEAD", length: "", need: plugins.HeadersOnly},
		{name: "a GET, rewritten", method: "GET", template: "200\n\n{\"a\": {{ body.a }}}", length: "7", body: `{"a": 1}`, need: plugins.HeadersOnly},
		{name: "a HEAD, rewritten", method: "HEAD", template: "200\n\n{\"a\": 2}", length: "7", need: plugins.HeadersOnly},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answerer, err := CompileAnswer(c.template, c.called, set)
			if err != nil {
				t.Fatal(err)
			}
			if got := answerer.Need(); got != c.need {
				t.Errorf("need: got %v, want %v", got, c.need)
			}
			request := plugins.NewRequest(plugintest.NewHeaders([2]string{":method", c.method}, [2]string{":path", "/a"}), nil, nil)
			if err := call.Make(request, answerer); err != nil {
				t.Fatal(err)
			}
			if method, path := request.Headers.Get(":method"), request.Headers.Get(":path"); method != c.method || path != "/b" {
				t.Errorf("call: got %s %s, want %s /b", method, path, c.method)
			}
			answer := plugins.NewAnswer(request, plugintest.NewHeaders([2]string{":status", "200"}, [2]string{"content-length", "7"}))
			if needsBody, err := answerer.Headers(answer); err != nil {
				t.Fatal(err)
			} else if needsBody {
				answer.Receive([]byte(`{"a":1}`))
				if err := answerer.Body(answer); err != nil {
					t.Fatal(err)
				}
			}
			body := ""
			if answer.BodyReplaced() {
				body = string(answer.Body())
			}
			if got := answer.Headers.Get("content-length"); got != c.length || body != c.body {
				t.Errorf("answer: got length %q and body %s, want %q and %s", got, body, c.length, c.body)
			}
		})
	}
}

// The notation is one that every HTTP type has: a host of an expression's making is one, or the call is not made.
func TestHostsOfExpressions(t *testing.T) {
	set, err := parameters.Compile(map[string]string{"query.h": "{h}"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := Parse("/\nHost: {{ h }}.example.com")
	if err != nil {
		t.Fatal(err)
	}
	call, err := CompileCall(RequestLine{URI: text.First}, text, set)
	if err != nil {
		t.Fatal(err)
	}
	for value, refused := range map[string]bool{"a": false, "a/b": true, "u@a": true} {
		headers := plugintest.NewHeaders([2]string{":method", "GET"}, [2]string{":path", "/?h=" + value})
		request := plugins.NewRequest(headers, nil, nil)
		if request.Parameters, err = set.Extract(source{headers}); err != nil {
			t.Fatal(err)
		}
		err := call.Make(request, untouched{})
		if got := headers.Get(":authority"); (err != nil) != refused || !refused && got != value+".example.com" {
			t.Errorf("host %q: got %q, %v", value, got, err)
		}
	}
}

// source is a request as the parameters engine reads it.
type source struct{ plugins.Headers }

func (s source) Path() string                { return s.Get(":path") }
func (s source) Method() string              { return s.Get(":method") }
func (s source) Authority() string           { return s.Get(":authority") }
func (s source) Header(name string) []string { return s.Values(name) }
func (s source) Body() []byte                { return nil }
