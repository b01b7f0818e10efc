package golden

import (
	"fmt"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
)

// echo is a function type made for these tests: it sends the body to its target and passes on the answer.
type echo struct{ waits bool }

func init() {
	plugins.Register(echo{})
	plugins.Register(echo{waits: true})
}

func (e echo) Name() string {
	if e.waits {
		return "echo-that-waits"
	}
	return "echo"
}

func (echo) Settings() []plugins.Setting {
	return []plugins.Setting{
		{Name: "shout", Kind: plugins.Bool},
		{Name: "times", Kind: plugins.Number},
		{Name: "tags", Kind: plugins.List},
		{Name: "text", Kind: plugins.Text},
	}
}

func (e echo) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	var config struct {
		Shout bool     `setting:"shout"`
		Times int      `setting:"times"`
		Tags  []string `setting:"tags"`
		Text  string   `setting:"text"`
	}
	if err := given.Decode(&config); err != nil {
		return nil, err
	}
	return &echoFunction{environment: environment, waits: e.waits}, nil
}

type echoFunction struct {
	environment plugins.Environment
	target      string
	waits       bool
}

func (f *echoFunction) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	f.target = spec.Target
	return f, nil
}

func (f *echoFunction) Plan() plugins.Plan {
	return plugins.Plan{Request: plugins.Whole, Answer: plugins.HeadersOnly}
}
func (f *echoFunction) Ready() bool { return !f.waits }

func (f *echoFunction) Await(done func(error)) func() {
	go done(plugins.Errorf(plugins.CredentialsUnavailable, "None."))
	return func() {}
}

func (f *echoFunction) Request(r *plugins.Request) (*plugins.Reply, error) {
	id, _ := r.Parameters.Get("id")
	r.Annotate("id", id.Text())
	if r.Headers.Get(":method") == "OPTIONS" {
		return &plugins.Reply{Status: 200, Headers: [][2]string{{"x-reply", "yes"}}, Body: []byte("reply")}, nil
	}
	r.Headers.Set(":path", f.target)
	return nil, nil
}

func (f *echoFunction) Headers(r *plugins.Answer) (bool, error) {
	if r.Headers.Get(":status") == "500" {
		f.environment.Warn("the upstream fails")
		return false, plugins.Errorf(plugins.UpstreamRejected, "No.").Because(fmt.Errorf("it said %s", "500"))
	}
	return true, nil
}

func (f *echoFunction) Body(r *plugins.Answer) error {
	r.SetBody([]byte(strings.ToUpper(string(r.Body()))))
	return nil
}

const head = `
cluster:
  funcroute: { type: echo, shout: true, times: 2, tags: [ a, b ], text: hello }
  funcroute.functions: { hello: /target }
route:
  funcroute: { function: hello }
  funcroute.parameters: { path: "/users/{id}" }
cases:
- name: one
`

func TestCases(t *testing.T) {
	cases := map[string]struct {
		text string
		want []string
	}{
		"all is as it should be": {`
  request: |
    POST /users/7 HTTP/1.1
    Host: localhost
    x-a: 1

    hello
  upstream:
    receives:
      head: |
        POST /target
        host: localhost
        x-a: <any>
      absent: [ x-b ]
      body: hello
    answer: |
      200 OK
      x-c: 1

      {"a":[1,"two"]}
  response:
    head: |
      200
      content-length: 15
    json: { A: [ <number>, "T<any>O" ] }
  annotations: { id: "7", other: <absent> }
`, nil},
		"nothing is": {`
  request: |
    POST /users/7 HTTP/1.1
    x-b: 1

    hello
  upstream:
    receives:
      head: |
        PUT /other
        x-a: 1
      absent: [ x-b ]
      body: bye
    answer: |
      200

      {"a":[1,2],"b":1}
  response:
    head: |
      201
      x-c: 1
    json: { A: [ 1 ], C: 1 }
  annotations: { id: "8" }
`, []string{
			`method: got "POST", want "PUT"`, `path: got "/target", want "/other"`, `header x-a: got [], want ["1"]`,
			`header x-b: got ["1"], want none`, `body: got "hello", want "bye"`, `annotation id: got "7", want "8"`,
			`status: got "200", want "201"`, `header x-c: got [], want ["1"]`, `body.A: got [1,2], want [1]`,
			`body.C: got nothing, want 1`, `body.B: got 1, want nothing`,
		}},
		"a reply": {`
  request: |
    OPTIONS /users/7 HTTP/1.1
  response: |
    200
    x-reply: yes

    reply
`, nil},
		"an error": {`
  request: |
    GET /users/7 HTTP/1.1
  upstream:
    receives: |
      GET /target
    answer: |
      500
  error: { reason: upstream_rejected, status: 502, detail: "No", message: it said 500 }
  log: [ upstream fails ]
`, nil},
		"another error": {`
  request: |
    GET /users/7 HTTP/1.1
  upstream:
    receives: |
      GET /target
    answer: |
      500
  error: { reason: function_timeout, detail: "Yes", message: other, retry_after: 1 }
  log: [ wrong ]
`, []string{
			`the client: got the error upstream_rejected (502), want the error function_timeout; the client reads`,
			`status: got "502", want "504"`, `body.detail: got "No.", want "<any>Yes<any>"`, `header retry-after: got [], want ["1"]`,
			`log: got ["the upstream fails" "funcroute: upstream_rejected: No.: it said 500"], want a line with "wrong"`,
			`it said 500"], want a line with "other"`,
		}},
		"an error where an answer is wanted": {`
  request: |
    GET /users/ HTTP/1.1
  response: |
    200
`, []string{"the client: got the error bad_parameter"}},
		"an answer where an error is wanted": {`
  request: |
    GET /users/7 HTTP/1.1
  upstream:
    receives: |
      GET /target
    answer: |
      200
  error: { reason: bad_body }
`, []string{"the client: got status 200, want the error bad_body"}},
		"a call where none is wanted": {`
  request: |
    GET /users/7 HTTP/1.1
  error: { reason: bad_body }
`, []string{"the upstream: got GET /target, want nothing"}},
		"a HEAD request": {`
  request: |
    HEAD /users/7 HTTP/1.1
  upstream:
    receives: |
      HEAD /target
    answer: |
      200

      hello
  response:
    head: |
      200
      content-length: 5
    body: ""
`, nil},
		"an unknown setting": {`
  route: { funcroute: { function: hello, volume: 11 } }
  request: |
    GET / HTTP/1.1
  error: { reason: config_error, message: 'setting "volume" is unknown' }
`, []string{"the upstream: got"}}, // This type does not look at a route's settings.
		"a setting of another kind": {`
  cluster: { funcroute: { type: echo, times: many }, funcroute.functions: { hello: / } }
  request: |
    GET / HTTP/1.1
  error: { reason: config_error, message: 'setting "times" must be a number' }
`, nil},
		"an unknown type": {`
  cluster: { funcroute: { type: other } }
  request: |
    GET / HTTP/1.1
  error: { reason: config_error, message: 'type "other": is unknown; there are echo, echo-that-waits' }
`, nil},
		"no credentials": {`
  cluster: { funcroute: { type: echo-that-waits }, funcroute.functions: { hello: / } }
  request: |
    GET /users/7 HTTP/1.1
  error: { reason: credentials_unavailable, status: 503 }
`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			file, err := Parse([]byte(head + c.text))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(file.Cases[0].Run(), "\n")
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("got\n%s\nwant a line with %q", got, want)
				}
			}
			if len(c.want) == 0 && got != "" {
				t.Errorf("got\n%s\nwant nothing", got)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const request = "\n  request: |\n    GET / HTTP/1.1\n"
	cases := map[string]struct{ text, want string }{
		"no cases":               {"about: nothing", "no cases"},
		"no YAML":                {"{", "yaml"},
		"an unknown key":         {"cases: []\nother: 1", "other"},
		"an unknown key of one":  {"cases:\n- name: one\n  other: 1", "other"},
		"no name":                {"cases:\n- request: GET /", "case 1 has no name"},
		"the same name twice":    {head + request + "  response: 200\n- name: one", `two cases are named "one"`},
		"no request":             {head, "no request"},
		"no outcome":             {head + request, "needs a response or an error"},
		"no reason":              {head + request + "  error: { reason: bad_luck }", `"bad_luck" is none of`},
		"a secret's name":        {"secrets: { ../x: y }" + head + request + "  response: 200", "which \"../x\" cannot be"},
		"no runner":              {head + request + "  response: 200\n  only: sometimes", "only must be direct or envoy"},
		"an answer to no call":   {head + request + "  response: 200\n  upstream: { answer: 200 }", "is to receive nothing"},
		"no request line":        {head + "  request: hello\n  response: 200", "must begin with a line like GET /path"},
		"no call's request line": {head + request + "  response: 200\n  upstream: { receives: hello }", "must begin with a line like POST /path"},
		"no status":              {head + request + "  response: fine", "must begin with a status like 200"},
		"no header":              {head + "  request: |\n    GET / HTTP/1.1\n    hello\n  response: 200", "is not a header"},
		"an empty message":       {head + "  request: ''\n  response: 200", "must begin with a request line or a status"},
		"two bodies":             {head + request + "  response: { head: 200, body: a, json: 1 }", "a body or json, not both"},
		"no JSON":                {head + request + "  response: { head: 200, json: '{' }", "json"},
		"an unknown part":        {head + request + "  response: { head: 200, other: 1 }", `a message has no "other"`},
		"another length":         {head + "  request: |\n    GET / HTTP/1.1\n    content-length: 3\n  response: 200", "content-length must be 0, not 3"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestMatchText(t *testing.T) {
	cases := []struct {
		want, got string
		matches   bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"<any>", "", true},
		{"<any>", "a", true},
		{"a<any>b", "ab", true},
		{"a<any>b", "a--b", true},
		{"a<any>a", "a", false},
		{"a<any>b<any>c", "a-b-c", true},
		{"a<any>b<any>c", "a-c", false},
		{"<any>b<any>", "abc", true},
		{"ab<any>", "a", false},
	}
	for _, c := range cases {
		if got := MatchText(c.want, c.got); got != c.matches {
			t.Errorf("%q for %q: got %t, want %t", c.got, c.want, got, c.matches)
		}
	}
}
