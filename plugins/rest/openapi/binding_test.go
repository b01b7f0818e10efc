package openapi

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// Which of the route's parameters feeds what.
func TestNames(t *testing.T) {
	const both = `parameters: [ { name: id, in: query, schema: { type: string } }, { name: id, in: cookie, schema: { type: string } } ]`
	const body = `requestBody: { content: { application/json: { schema: { type: object, properties: { id: {}, name: {} } } } } }`
	cases := []struct {
		name      string
		operation string
		names     []string // of parameters, each with its name as its value
		want      string   // path, cookie and body
		err       string
	}{
		{name: "by name", operation: `parameters: [ { name: id, in: query, schema: {} } ]`, names: []string{"id"}, want: "/call?id=id"},
		{name: "by place and name", operation: `parameters: [ { name: id, in: query, schema: {} } ]`, names: []string{"query_id"}, want: "/call?id=query_id"},
		{name: "another name", operation: `parameters: [ { name: id, in: query, schema: {} } ]`, names: []string{"ID"}, want: "/call"},
		{
			name: "a name that is not made of letters", operation: `parameters: [ { name: "filter[x-y]", in: query, schema: {} }, { name: 2d, in: query, schema: {} } ]`,
			names: []string{"filter_x_y_", "_2d"}, want: "/call?filter%5Bx-y%5D=filter_x_y_&2d=_2d",
		},
		{name: "a name for two", operation: both, names: []string{"id"}, err: `{id} could be parameter "id" (query) or parameter "id" (cookie); call it {query_id} or {cookie_id}`},
		{name: "both by place and name", operation: both, names: []string{"query_id", "cookie_id"}, want: "/call?id=query_id id=cookie_id"},
		{name: "one by place and name leaves the other", operation: both, names: []string{"cookie_id", "id"}, want: "/call?id=id id=cookie_id"},
		{
			name: "two for one", operation: `parameters: [ { name: a-b, in: header, schema: {} } ]`, names: []string{"a_b", "A_B"},
			err: `both {A_B} and {a_b} would be parameter "a-b" (header)`,
		},
		{
			name: "a name that is another's place and name", operation: `parameters: [ { name: query_id, in: query, schema: {} }, { name: id, in: query, schema: {} } ]`,
			names: []string{"query_id"}, want: "/call?id=query_id",
		},
		{
			name: "two names that look alike", operation: `parameters: [ { name: a-b, in: query, schema: {} }, { name: a.b, in: query, schema: {} } ]`,
			names: []string{"query_a_b"}, err: `{query_a_b} could be parameter "a-b" (query) or parameter "a.b" (query)`,
		},
		{name: "members of the body", operation: body, names: []string{"id", "body_name"}, want: `/call {"id":"id","name":"body_name"}`},
		{
			name: "a parameter goes before the body", operation: `parameters: [ { name: id, in: query, schema: {} } ]` + "\n      " + body,
			names: []string{"id", "name"}, want: `/call?id=id {"name":"name"}`,
		},
		{
			name: "both", operation: `parameters: [ { name: id, in: query, schema: {} } ]` + "\n      " + body,
			names: []string{"id", "body_id"}, want: `/call?id=id {"id":"body_id"}`,
		},
		{name: "none of the body's", operation: body, names: []string{"other"}, want: "/call the client's"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			templates := map[string]string{}
			var query []string
			for _, name := range c.names {
				templates["query."+name] = "{" + name + "}"
				query = append(query, name+"="+name)
			}
			function, set, err := bound(t, compiledText(t, callWith(c.operation)), "call", templates, Options{})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error: got %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{method: "POST", path: "/?" + strings.Join(query, "&"), body: "the client's"})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(slices.DeleteFunc([]string{
				call.Headers.Get(":path"), call.Headers.Get("cookie"), string(call.Body()),
			}, func(s string) bool { return s == "" }), " ")
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Parameters whose names are the same but for what is no letter, as Twilio has them.
func TestNamesThatLookAlike(t *testing.T) {
	const calls = `parameters: [ { name: StartTime, in: query, schema: {} }, { name: "StartTime<", in: query, schema: { type: integer } }, ` +
		`{ name: "StartTime>", in: query, required: true, schema: {} } ]`
	const body = `requestBody: { content: { application/json: { schema: { type: object, properties: { a-b: {}, a.b: {} } } } } }`
	cases := []struct {
		name       string
		operation  string
		parameters map[string]string
		client     client
		want, err  string
	}{
		{
			name: "as the client calls them", operation: calls, parameters: map[string]string{"query.StartTime<": "{before?}", "query.StartTime>": "{after}"},
			client: client{path: "/?StartTime%3C=2&StartTime>=1"}, want: "/call?StartTime%3C=2&StartTime%3E=1",
		},
		{
			name: "as the client calls them, by a name that could be both", operation: calls,
			parameters: map[string]string{"query.StartTime<": "{before}", "query.StartTime>": "{StartTime_}", "query.StartTime": "{StartTime?}"},
			client:     client{path: "/?StartTime<=2&StartTime>=1&StartTime=0"}, want: "/call?StartTime=0&StartTime%3C=2&StartTime%3E=1",
		},
		{
			name: "by their exact names", operation: calls, parameters: map[string]string{"path": "/{query.StartTime>}", "query.until": "{query.StartTime<=9}"},
			client: client{path: "/7"}, want: "/call?StartTime%3C=9&StartTime%3E=7",
		},
		{name: "exact names are checked", operation: calls, parameters: map[string]string{"query.StartTime<": "{b}", "query.StartTime>": "{a}"}, client: client{path: "/?StartTime<=x&StartTime>=1"}, err: `parameter "StartTime<" (query) must be an integer`},
		{name: "a name for both", operation: calls, parameters: map[string]string{"query.t": "{StartTime_}"}, err: `call it {query.StartTime<} or {query.StartTime>}`},
		{name: "by place a name for both", operation: calls, parameters: map[string]string{"query.t": "{query_StartTime_}"}, err: `call it {query.StartTime<} or {query.StartTime>}`},
		{name: "one that nothing feeds", operation: calls, parameters: map[string]string{"query.StartTime<": "{b}"}, err: `has no {StartTime_} or {query.StartTime>}`},
		{name: "two for one", operation: calls, parameters: map[string]string{"query.x": "{query.StartTime>}", "query.StartTime>": "{query_StartTime_}"}, err: `both {query.StartTime>} and {query_StartTime_} would be`},
		{
			name: "what can be named otherwise is not taken by what the client calls it", operation: `parameters: [ { name: mode, in: query, schema: {} } ]`,
			parameters: map[string]string{"query.mode": "{kind}"}, client: client{path: "/?mode=x"}, want: "/call",
		},
		{name: "members of a body", operation: body, parameters: map[string]string{"body.a-b": "{one}"}, client: client{path: "/", body: `{"a-b":1}`}, want: `/call {"a-b":1}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			function, set, err := bound(t, compiledText(t, callWith(c.operation)), "call", c.parameters, Options{})
			var got string
			if err == nil {
				c.client.method = "POST"
				call, failed := send(function, set, c.client)
				if err = failed; err == nil {
					got = strings.TrimSpace(call.Headers.Get(":path") + " " + string(call.Body()))
				}
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Fatalf("error: got %v, want %q", err, c.err)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestForwardedQuery(t *testing.T) {
	const operation = `parameters: [ { name: deep, in: query, style: deepObject, schema: { type: object } }, ` +
		`{ name: open, in: query, schema: { type: object, properties: { G: { type: integer } } } }, ` +
		`{ name: joined, in: query, explode: false, schema: { type: object, properties: { j: {} } } }, { name: n, in: query, schema: {} } ]`
	cases := []struct{ name, query, want string }{
		{"others", "a=1&b&c=%26&a=2", "?R=1&a=1&b&c=%26&a=2"},
		{"what the operation describes", "n=1&deep=x&deep[a]=1&deep%5Ba%5D=1&open=2&%6e=3&a=1", "?deep%5Ba%5D=1&deep%5Ba%5D=1&R=1&a=1"},
		{"members of an object that is spread over the query", "G=1&%47=x&j=3", "?R=1&j=3"},
		{"what the call has", "R=2&%52=3&a=1", "?R=1&a=1"},
		{"what cannot be read", "%zz=1&&a=1", "?R=1&a=1"},
		{"nothing", "", "?R=1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			function, set, err := bound(t, compiledText(t, callWith(operation)), "call", map[string]string{"body.o": "{open}"}, Options{ForwardQuery: true})
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{method: "POST", path: "/?" + c.query, body: `{"o":{"R":1}}`})
			if err != nil {
				t.Fatal(err)
			}
			if got := call.Headers.Get(":path"); got != "/call"+c.want {
				t.Errorf("got %s, want /call%s", got, c.want)
			}
		})
	}
}

// What a client writes as an object in brackets.
func TestClientsOwnDeepObject(t *testing.T) {
	const operation = `parameters: [ { name: f, in: query, style: deepObject, explode: true, required: %, schema: { type: object, required: [ gt ], ` +
		`properties: { gt: { type: integer }, tags: { type: array, items: { type: boolean } }, in: { type: object, properties: { a: { type: integer } } } } } } ]`
	forwarded, declared := Options{ForwardQuery: true}, map[string]string{"query.f": "{f?}"}
	cases := []struct {
		name, required string
		parameters     map[string]string
		options        Options
		query          string
		want, err      string
	}{
		{name: "that goes along", options: forwarded, query: "f[gt]=5&x=1", want: "?f%5Bgt%5D=5&x=1"},
		{name: "that goes along and is required", required: "true", options: forwarded, query: "f%5Bgt%5D=5", want: "?f%5Bgt%5D=5"},
		{name: "that is required and not there", required: "true", options: forwarded, query: "x=1", err: `parameter "f" (query) is missing`},
		{name: "that the route declares", parameters: declared, query: "f[gt]=5&x=1", want: "?f%5Bgt%5D=5"},
		{name: "in JSON", parameters: declared, query: `f={"gt":5}`, want: "?f%5Bgt%5D=5"},
		{name: "that nobody declares", query: "f[gt]=5", want: ""},
		{name: "that the route takes from elsewhere", parameters: map[string]string{"query.g": "{f?}"}, options: forwarded, query: "f[gt]=5", want: ""},
		{name: "with lists and objects", options: forwarded, query: "f[gt]=5&f[tags][]=true&f[tags][]=false&f[in][a]=1", want: "?f%5Bgt%5D=5&f%5Bin%5D%5Ba%5D=1&f%5Btags%5D=true&f%5Btags%5D=false"},
		{name: "that is wrong", options: forwarded, query: "f[gt]=x", err: `parameter "f" (query) at /gt must be an integer`},
		{name: "that is not all there", options: forwarded, query: "f[tags]=true", err: `parameter "f" (query) at /gt is missing`},
		{name: "that would add a parameter", options: forwarded, query: "f[gt]=5&f[a%26b]=c%26d%0A", want: "?f%5Ba%26b%5D=c%26d%0A&f%5Bgt%5D=5"},
		{name: "in another encoding", options: forwarded, query: "f[gt]=5&f[a]=%E9", err: `parameter "f" (query) must be UTF-8`},
		{name: "too deep", options: forwarded, query: "f" + strings.Repeat("[a]", 40) + "=1", err: `parameter "f" (query) must not hold`},
		{name: "in broken brackets", options: forwarded, query: "f[gt=5&f]=1&x=1", want: "?f]=1&x=1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			required := c.required
			if required == "" {
				required = "false"
			}
			function, set, err := bound(t, compiledText(t, callWith(strings.Replace(operation, "%", required, 1))), "call", c.parameters, c.options)
			if err != nil {
				t.Fatal(err)
			}
			call, err := send(function, set, client{method: "POST", path: "/?" + c.query})
			if err != nil || c.err != "" {
				if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error: got %v, want %q", err, c.err)
				}
				return
			}
			if got := call.Headers.Get(":path"); got != "/call"+c.want {
				t.Errorf("got %s, want /call%s", got, c.want)
			}
		})
	}
}

// Headers, cookies and defaults.
func TestValues(t *testing.T) {
	const limit = `parameters: [ { name: limit, in: query, schema: { type: integer, default: 20, maximum: 50 } } ]`
	const trace = `parameters: [ { name: X-Trace, in: header, required: true, schema: { type: integer } } ]`
	const session = `parameters: [ { name: session, in: cookie, schema: { type: string, format: uuid } } ]`
	const id = "5a7a2d0e-2c4e-4d4e-9d3b-0c4f2b6f1a77"
	cases := []struct {
		name       string
		operation  string
		parameters map[string]string
		client     client
		path       string            // of the call
		headers    map[string]string // of the call, "" for none
		err        string
	}{
		{name: "a default", operation: limit, client: client{path: "/"}, path: "/call?limit=20"},
		{name: "a default that gives way", operation: limit, parameters: map[string]string{"query.n": "{limit?}"}, client: client{path: "/?n=30"}, path: "/call?limit=30"},
		{name: "a default for what is not there", operation: limit, parameters: map[string]string{"query.n": "{limit?}"}, client: client{path: "/"}, path: "/call?limit=20"},
		{name: "a default is no excuse", operation: limit, parameters: map[string]string{"query.n": "{limit?}"}, client: client{path: "/?n=51"}, err: "must be at most 50"},
		{name: "the client's query is nobody's", operation: limit, client: client{path: "/?limit=1000"}, path: "/call?limit=20"},
		{name: "the client's header", operation: trace, client: client{path: "/", headers: [][2]string{{"x-trace", "7"}}}, headers: map[string]string{"x-trace": "7"}},
		{name: "the client's header, not what it must be", operation: trace, client: client{path: "/", headers: [][2]string{{"x-trace", "x"}}}, err: `"X-Trace" (header) must be an integer`},
		{
			name: "an integer of more than 32 bits, written with an exponent", parameters: map[string]string{"body.n": "{n}"}, err: `"n" (query) must be an integer of 32 bits`,
			operation: `parameters: [ { name: n, in: query, schema: { type: integer, format: int32 } } ]`, client: client{path: "/", body: `{"n": 3e9}`},
		},
		{
			name: "one written with a fraction", parameters: map[string]string{"body.n": "{n}"}, err: `"n" (query) must be an integer of 32 bits`,
			operation: `parameters: [ { name: n, in: query, schema: { type: integer, format: int32 } } ]`, client: client{path: "/", body: `{"n": -2147483649.0}`},
		},
		{
			name: "one of less", parameters: map[string]string{"body.n": "{n}"}, path: "/call?n=-21474.83648e5",
			operation: `parameters: [ { name: n, in: query, schema: { type: integer, format: int32 } } ]`, client: client{path: "/", body: `{"n": -21474.83648e5}`},
		},
		{name: "a header that is missing", operation: trace, client: client{path: "/"}, err: `"X-Trace" (header) is missing`},
		{
			name: "a header by parameter takes the place of the client's", operation: trace, parameters: map[string]string{"query.t": "{x_trace}"},
			client: client{path: "/?t=8", headers: [][2]string{{"x-trace", "7"}}}, headers: map[string]string{"x-trace": "8"},
		},
		{
			name: "one that is not there, too", operation: strings.Replace(trace, "required: true, ", "", 1), parameters: map[string]string{"query.t": "{x_trace?}"},
			client: client{path: "/", headers: [][2]string{{"x-trace", "7"}}}, headers: map[string]string{"x-trace": ""},
		},
		{
			name: "the client's cookie", operation: session, client: client{path: "/", headers: [][2]string{{"cookie", "a=b; session=" + id}}},
			headers: map[string]string{"cookie": "a=b; session=" + id},
		},
		{name: "the client's cookie, not what it must be", operation: session, client: client{path: "/", headers: [][2]string{{"cookie", "session=1"}}}, err: `"session" (cookie)`},
		{
			name: "a cookie by parameter", operation: session, parameters: map[string]string{"query.s": "{session}"},
			client: client{path: "/?s=" + id, headers: [][2]string{{"cookie", "a=b; session=1;c=d"}}}, headers: map[string]string{"cookie": "a=b; c=d; session=" + id},
		},
		{
			name: "a cookie by parameter that is not there", operation: session, parameters: map[string]string{"query.s": "{session?}"},
			client: client{path: "/", headers: [][2]string{{"cookie", "session=1"}}}, headers: map[string]string{"cookie": ""},
		},
		{
			name: "a list that the client sends as a header", operation: `parameters: [ { name: ids, in: header, schema: { type: array, items: { type: integer } } } ]`,
			client: client{path: "/", headers: [][2]string{{"ids", "1, 2"}, {"ids", "x"}}}, err: `"ids" (header) value 3 must be an integer`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			function, set, err := bound(t, compiledText(t, callWith(c.operation)), "call", c.parameters, Options{})
			if err != nil {
				t.Fatal(err)
			}
			c.client.method = "POST"
			call, err := send(function, set, c.client)
			if c.err != "" || err != nil {
				if c.err == "" || err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error: got %v, want %q", err, c.err)
				}
				return
			}
			if c.path != "" && call.Headers.Get(":path") != c.path {
				t.Errorf("path: got %s, want %s", call.Headers.Get(":path"), c.path)
			}
			for _, name := range slices.Sorted(maps.Keys(c.headers)) {
				if got := strings.Join(call.Headers.(*plugintest.Headers).Values(name), "|"); got != c.headers[name] {
					t.Errorf("%s: got %q, want %q", name, got, c.headers[name])
				}
			}
		})
	}
}
