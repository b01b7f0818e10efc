package functions_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/filters/functions"
	"github.com/funcroute/funcroute/filters/host/hosttest"
)

type metadata = hosttest.Metadata

// offers is a cluster of the type that offers hello and bye, with more settings.
func offers(typ string, settings map[string]any) metadata {
	all := map[string]any{"type": typ}
	maps.Copy(all, settings)
	return metadata{"funcroute": all, "funcroute.functions": {"hello": "world", "bye": "moon", "bad": "two words"}}
}

// catalogs is a cluster of the type that offers functions of its own.
func catalogs(state string, names ...string) metadata {
	return offers("catalog", anyMap{"catalog": state, "offers": names})
}

func calls(settings map[string]any) metadata {
	all := map[string]any{"function": "hello"}
	maps.Copy(all, settings)
	return metadata{"funcroute": all}
}

func get(headers ...[2]string) hosttest.Message {
	pseudo := [][2]string{{":method", "GET"}, {":path", "/users/7?page=2"}, {":authority", "example.com"}, {":scheme", "http"}}
	return hosttest.Message{Headers: append(pseudo, headers...)}
}

func post(body string, headers ...[2]string) hosttest.Message {
	m := get(headers...)
	m.Headers[0][1] = "POST"
	m.Chunks = [][]byte{[]byte(body)}
	return m
}

func answer(status, body string, headers ...[2]string) hosttest.Message {
	return hosttest.Message{Headers: append([][2]string{{":status", status}}, headers...), Chunks: [][]byte{[]byte(body)}}
}

func inPieces(pieces ...string) hosttest.Message {
	m := answer("200", "", [2]string{"content-length", "99"})
	m.Chunks = nil
	for _, piece := range pieces {
		m.Chunks = append(m.Chunks, []byte(piece))
	}
	return m
}

// inRequestPieces is a request whose body comes in pieces.
func inRequestPieces(trailers [][2]string, pieces ...string) hosttest.Message {
	m := post("", [2]string{"content-length", "99"})
	m.Chunks, m.Trailers = nil, trailers
	for _, piece := range pieces {
		m.Chunks = append(m.Chunks, []byte(piece))
	}
	return m
}

type anyMap = map[string]any

func TestFunctions(t *testing.T) {
	const called = "hello world loud=false times=0 tags=[] response=\"\""
	type want struct {
		untouched     bool              // the request leaves as it came
		unsent        bool              // nothing goes upstream
		call          string            // x-call of what leaves
		sent          map[string]string // headers of what leaves
		sentBody      string
		status        string
		reason        string // of a local reply
		detail        string // in the problem body
		headers       map[string]string
		absent        []string
		body          string
		noBody        bool
		dynamic       map[string]string
		counters      []string // each counted once
		log           string
		neverInAnswer string
	}
	cases := []struct {
		name string
		x    hosttest.Exchange
		want want
	}{
		{
			name: "a cluster without a type is left alone",
			x:    hosttest.Exchange{Cluster: metadata{"other": {"type": "toy"}}, Route: calls(nil)},
			want: want{untouched: true, status: "200"},
		},
		{
			name: "a function is called and told of",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: calls(nil)},
			want: want{
				call: called, sent: map[string]string{":path": "/called"}, status: "200",
				headers:  map[string]string{"x-answered": "yes"},
				dynamic:  map[string]string{"type": "toy", "function": "hello", "target": "world", "note": "called", "answered": "yes"},
				counters: []string{"funcroute.toy.requests"},
			},
		},
		{
			name: "no function, and the type takes plain requests",
			x:    hosttest.Exchange{Cluster: offers("toy", nil)},
			want: want{untouched: true, status: "200"},
		},
		{
			name: "no function, and the type takes calls only",
			x:    hosttest.Exchange{Cluster: offers("strict", nil)},
			want: want{status: "404", reason: "no_function"},
		},
		{
			name: "the cluster's default function",
			x:    hosttest.Exchange{Cluster: offers("strict", anyMap{"default_function": "bye"})},
			want: want{call: strings.Replace(called, "world", "moon", 1)},
		},
		{
			name: "the route's function wins over the default",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"default_function": "bye"}), Route: calls(nil)},
			want: want{call: called},
		},
		{
			name: "a function that the upstream offers",
			x:    hosttest.Exchange{Cluster: catalogs("ready", "list"), Route: metadata{"funcroute": {"function": "list"}}},
			want: want{
				call: strings.Replace(called, "world", "offered-list", 1), dynamic: map[string]string{"target": "offered-list"},
				counters: []string{"funcroute.catalog.requests"},
			},
		},
		{
			name: "the cluster's function wins over one that the upstream offers",
			x:    hosttest.Exchange{Cluster: catalogs("ready", "hello"), Route: calls(nil)},
			want: want{call: called},
		},
		{
			name: "a function that the upstream offers, named by the request",
			x: hosttest.Exchange{
				Cluster: catalogs("ready", "users"),
				Route:   metadata{"funcroute": {"function": "{name}"}, "funcroute.parameters": {"path": "/{name}/{id}"}},
			},
			want: want{call: strings.Replace(called, "world", "offered-users", 1)},
		},
		{
			name: "one that it does not offer, named by the request",
			x: hosttest.Exchange{
				Cluster: catalogs("ready", "list"),
				Route:   metadata{"funcroute": {"function": "{name}"}, "funcroute.parameters": {"path": "/{name}/{id}"}},
			},
			want: want{status: "404", reason: "unknown_function", detail: "There is no such function."},
		},
		{
			name: "one that it does not offer, named by the route",
			x:    hosttest.Exchange{Cluster: catalogs("ready", "list"), Route: metadata{"funcroute": {"function": "lits"}}},
			want: want{status: "500", reason: "unknown_function", log: "funcroute: unknown_function: "},
		},
		{
			name: "a wait for what the upstream offers",
			x:    hosttest.Exchange{Cluster: catalogs("late", "list"), Route: metadata{"funcroute": {"function": "list"}}},
			want: want{call: strings.Replace(called, "world", "offered-list", 1)},
		},
		{
			name: "a wait with a body that streams on",
			x: hosttest.Exchange{
				Cluster: catalogs("late", "list"), Route: metadata{"funcroute": {"function": "list"}}, Request: post("text"),
			},
			want: want{call: strings.Replace(called, "world", "offered-list", 1), sentBody: "text"},
		},
		{
			name: "a wait with a body that the function needs",
			x: hosttest.Exchange{
				Cluster: catalogs("late", "list"), Route: metadata{"funcroute": {"function": "list", "body": true}}, Request: post("text"),
			},
			want: want{call: strings.Replace(called, "world", "offered-list", 1), sentBody: "wrapped text"},
		},
		{
			name: "a wait for a function that the upstream prepares first",
			x: hosttest.Exchange{
				Cluster: offers("workshop", anyMap{"offers": []string{"list"}}), Request: post("text"),
				Route: metadata{"funcroute": {"function": "list", "body": true}},
			},
			want: want{
				call: strings.Replace(called, "world", "offered-list", 1), sentBody: "wrapped text",
				dynamic: map[string]string{"target": "offered-list"}, counters: []string{"funcroute.workshop.requests"},
			},
		},
		{
			name: "no wait for a function of the cluster's that the upstream would prepare",
			x: hosttest.Exchange{
				Cluster: offers("workshop", anyMap{"catalog": "failed", "offers": []string{"hello"}}), Route: calls(nil),
			},
			want: want{call: called},
		},
		{
			name: "the preparation fails",
			x: hosttest.Exchange{
				Cluster: offers("workshop", anyMap{"catalog": "failed", "offers": []string{"list"}}), Route: metadata{"funcroute": {"function": "list"}},
			},
			want: want{status: "503", reason: "credentials_unavailable", detail: "No catalog to be had."},
		},
		{
			name: "a wait that fails",
			x:    hosttest.Exchange{Cluster: catalogs("failed", "list"), Route: metadata{"funcroute": {"function": "list"}}, Request: post("text")},
			want: want{status: "503", reason: "credentials_unavailable", detail: "No catalog to be had."},
		},
		{
			name: "the client goes away in the wait",
			x: hosttest.Exchange{
				Cluster: catalogs("late", "list"), Route: metadata{"funcroute": {"function": "list"}}, GoneWhileWaiting: true,
			},
		},
		{
			name: "no wait for a function of the cluster's",
			x:    hosttest.Exchange{Cluster: catalogs("failed", "list"), Route: calls(nil)},
			want: want{call: called},
		},
		{
			name: "the upstream cannot say what it offers",
			x:    hosttest.Exchange{Cluster: catalogs("broken", "list"), Route: metadata{"funcroute": {"function": "list"}}},
			want: want{status: "500", reason: "config_error", detail: "The catalog is torn."},
		},
		{
			name: "a wait for what the upstream offers, and another for the function",
			x:    hosttest.Exchange{Cluster: catalogs("late", "list"), Route: metadata{"funcroute": {"function": "list", "wait": "well"}}},
			want: want{call: `hello offered-list loud=false times=0 tags=[] response=""`},
		},
		{
			name: "settings of every kind, the route's win",
			x: hosttest.Exchange{
				Cluster: offers("toy", anyMap{"greeting": "hi", "loud": true, "times": 2.0, "tags": []string{"a"}}),
				Route:   calls(anyMap{"greeting": "hey", "tags": []string{"b", "c"}}),
			},
			want: want{call: `hey world loud=true times=2 tags=[b c] response=""`},
		},
		{
			name: "per-route configuration wins over both",
			x: hosttest.Exchange{
				Cluster:     offers("toy", anyMap{"greeting": "hi", "times": 2.0}),
				Route:       calls(anyMap{"greeting": "hey"}),
				RouteConfig: `{"funcroute": {"function": "bye", "greeting": "ho"}, "funcroute.parameters": {"path": "/users/{id}"}}`,
			},
			want: want{call: `ho moon loud=false times=2 tags=[] response=""`, sent: map[string]string{"x-parameter-id": "7"}},
		},
		{
			name: "weights of the per-route configuration replace the route's function",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil), Route: calls(nil),
				RouteConfig: `{"funcroute.weights": {"bye": 1, "hello": 0}}`,
			},
			want: want{call: strings.Replace(called, "world", "moon", 1)},
		},
		{
			name: "an answer template reaches the function",
			x: hosttest.Exchange{
				Cluster: metadata{"funcroute": {"type": "toy"}, "funcroute.functions": {"hello": "world"}, "funcroute.responses": {"hello": "200"}},
				Route:   calls(nil),
			},
			want: want{call: strings.Replace(called, `""`, `"200"`, 1)},
		},
		{
			name: "a function with weight 0 is never called",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute.weights": {"hello": 0.0, "bye": 3.0}}},
			want: want{call: strings.Replace(called, "world", "moon", 1)},
		},
		{
			name: "parameters from path, query and headers",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route: metadata{
					"funcroute":            {"function": "hello"},
					"funcroute.parameters": {"path": "/users/{id}", "query.page": "{page}", "header.x-tenant": "{tenant}"},
				},
				Request: get([2]string{"x-tenant", "t1"}),
			},
			want: want{call: called, sent: map[string]string{"x-parameter-id": "7", "x-parameter-page": "2", "x-parameter-tenant": "t1"}},
		},
		{
			name: "a parameter from the body, which still streams on",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route:   metadata{"funcroute": {"function": "hello"}, "funcroute.parameters": {"body.name": "{name}"}},
				Request: post(`{"name": "ada"}`),
			},
			want: want{call: called, sent: map[string]string{"x-parameter-name": "ada"}, sentBody: `{"name": "ada"}`},
		},
		{
			name: "a missing parameter is named",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route:   metadata{"funcroute": {"function": "hello"}, "funcroute.parameters": {"query.width": "{width}"}},
			},
			want: want{status: "400", reason: "bad_parameter", detail: "width", counters: []string{"funcroute.errors.bad_parameter"}},
		},
		{
			name: "a body that parameters cannot read",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route:   metadata{"funcroute": {"function": "hello"}, "funcroute.parameters": {"body.name": "{name}"}},
				Request: post(`{`),
			},
			want: want{status: "400", reason: "bad_body"},
		},
		{
			name: "the request names the function",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route:   metadata{"funcroute": {"function": "{name}"}, "funcroute.parameters": {"header.x-function": "{name}"}},
				Request: get([2]string{"x-function", "bye"}),
			},
			want: want{call: strings.Replace(called, "world", "moon", 1)},
		},
		{
			name: "the request names a function that is not offered",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route:   metadata{"funcroute": {"function": "{name}"}, "funcroute.parameters": {"header.x-function": "{name}"}},
				Request: get([2]string{"x-function", "type"}),
			},
			want: want{status: "404", reason: "unknown_function"},
		},
		{
			name: "the route names a function that is not offered",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute": {"function": "none"}}},
			want: want{status: "500", reason: "unknown_function", log: `"none"`},
		},
		{
			name: "an unknown type",
			x:    hosttest.Exchange{Cluster: offers("tyo", nil), Route: calls(nil)},
			want: want{status: "500", reason: "config_error", log: `type "tyo": is unknown; there are `},
		},
		{
			name: "an unknown setting",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"greting": "hi"}), Route: calls(nil)},
			want: want{status: "500", reason: "config_error", log: `setting "greting" is unknown; there are answer, body`},
		},
		{
			name: "an unknown setting on a route that names no function",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute": {"functoin": "hello"}}},
			want: want{status: "500", reason: "config_error", log: `route metadata: setting "functoin" is unknown; there are answer, `},
		},
		{
			name: "an unknown setting in a per-route configuration that names no function",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), RouteConfig: `{"funcroute": {"functoin": "hello"}}`},
			want: want{status: "500", reason: "config_error", log: `per-route configuration: setting "functoin" is unknown; there are answer, `},
		},
		{
			name: "a name in braces that is not offered",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute": {"function": "GET /users/{{id}}"}}},
			want: want{status: "500", reason: "unknown_function", log: `"GET /users/{id}"`},
		},
		{
			name: "a setting of the wrong kind on the route",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: calls(anyMap{"times": "two"})},
			want: want{status: "500", reason: "config_error", log: `setting "times" must be a number`},
		},
		{
			name: "a bad target",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute": {"function": "bad"}}},
			want: want{status: "500", reason: "config_error", log: `cluster "cluster", route "route", first met by GET "example.com/users/7": function "bad": target "two words" must be one word`, neverInAnswer: "two words"},
		},
		{
			name: "a function and weights",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute": {"function": "hello"}, "funcroute.weights": {"bye": 1.0}}},
			want: want{status: "500", reason: "config_error", log: "exclude each other"},
		},
		{
			name: "weights that sum up to 0",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute.weights": {"bye": 0.0}}},
			want: want{status: "500", reason: "config_error", log: "must not sum up to 0"},
		},
		{
			name: "a weight that is no number",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: metadata{"funcroute.weights": {"bye": "many"}}},
			want: want{status: "500", reason: "config_error", log: `funcroute.weights "bye" must be a whole number`},
		},
		{
			name: "a function on the cluster",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"function": "hello"})},
			want: want{status: "500", reason: "config_error", log: "default_function"},
		},
		{
			name: "a type on the route",
			x:    hosttest.Exchange{Cluster: offers("toy", nil), Route: calls(anyMap{"type": "strict"})},
			want: want{status: "500", reason: "config_error", log: `"type" belongs to the cluster`},
		},
		{
			name: "a parameter template that cannot be",
			x: hosttest.Exchange{
				Cluster: offers("toy", nil),
				Route:   metadata{"funcroute": {"function": "hello"}, "funcroute.parameters": {"path": "/users/{id"}},
			},
			want: want{status: "500", reason: "config_error", log: `"path"`},
		},
		{
			name: "the whole body is rewritten",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"body": true}), Route: calls(nil), Request: post("abc", [2]string{"content-length", "3"})},
			want: want{call: called, sentBody: "wrapped abc", sent: map[string]string{"content-length": "11"}},
		},
		{
			name: "an upgrade has no body to wait for",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"body": true}), Route: calls(nil), Request: post("abc", [2]string{"upgrade", "websocket"})},
			want: want{status: "400", reason: "bad_body", detail: "upgraded"},
		},
		{
			name: "a request without a body gets one",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"body": true}), Route: calls(nil)},
			want: want{call: called, sentBody: "wrapped ", sent: map[string]string{"content-length": "8"}},
		},
		{
			name: "what the function needs is awaited",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"wait": "well", "body": true}), Route: calls(nil), Request: post("abc")},
			want: want{call: called, sentBody: "wrapped abc", counters: []string{"funcroute.toy.refreshed"}},
		},
		{
			name: "what the function needs cannot be had",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"wait": "failed"}), Route: calls(nil)},
			want: want{status: "503", reason: "credentials_unavailable", detail: "None to be had."},
		},
		{
			name: "a wait has an end",
			x:    hosttest.Exchange{FilterConfig: `{"credentials_wait": "1ms"}`, Cluster: offers("toy", anyMap{"wait": "forever"}), Route: calls(nil)},
			want: want{status: "503", reason: "credentials_unavailable"},
		},
		{
			name: "a function's own error is not the client's to see",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "error"}), Route: calls(nil)},
			want: want{status: "500", reason: "internal_error", log: "something secret", neverInAnswer: "secret"},
		},
		{
			name: "a panic is answered and logged",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "panic"}), Route: calls(nil)},
			want: want{status: "500", reason: "internal_error", log: "panic: a value of type string", neverInAnswer: "ouch", counters: []string{"funcroute.errors.internal_error"}},
		},
		{
			name: "a function answers in the upstream's stead",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "reply"}), Route: calls(nil)},
			want: want{status: "201", reason: "reply", body: "done", headers: map[string]string{"x-reply": "1"}},
		},
		{
			name: "a task: it answers",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"body": true}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "202", reason: "reply", body: "world /users/7?page=2 text", headers: map[string]string{"x-worker": "1"}, dynamic: map[string]string{"offset": "17"}, counters: []string{"funcroute.worker.requests"}},
		},
		{
			name: "a task: the body is left alone",
			x:    hosttest.Exchange{Cluster: offers("worker", nil), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "202", reason: "reply", body: "world /users/7?page=2 "},
		},
		{
			name: "a task: in a cluster",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"body": true}), Route: calls(nil), Request: post("text"), Upstream: true},
			want: want{unsent: true, status: "202", reason: "reply", body: "world /users/7?page=2 text"},
		},
		{
			name: "a task: an error with a reason of its type",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "busy"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "503", reason: "worker_busy", detail: "busy", counters: []string{"funcroute.errors.worker_busy"}},
		},
		{
			name: "a task: another error",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "fails"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "500", reason: "internal_error", counters: []string{"funcroute.errors.internal_error"}, log: "something secret"},
		},
		{
			name: "a task: a panic",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "panics"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "500", reason: "internal_error", neverInAnswer: "s3cr3t", log: "workerFunction).run"},
		},
		{
			name: "a task: no reply",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "nothing"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "500", reason: "internal_error", log: "cannot answer the client"},
		},
		{
			name: "a task: another task in its place",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "another"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "500", reason: "internal_error", log: "cannot answer the client"},
		},
		{
			name: "a task: a reply without a status",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "status"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "500", reason: "internal_error", log: "cannot answer the client"},
		},
		{
			name: "a task: its context ends",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "until-the-end"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "504", reason: "function_timeout", detail: "not known"},
		},
		{
			name: "a task: it is cut off",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "too-long"}), Route: calls(nil), Request: post("text")},
			want: want{unsent: true, status: "504", reason: "function_timeout", detail: "not known"},
		},
		{
			name: "a task: the longest time is that of the filter",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "until-the-end"}), Route: calls(nil), Request: post("text"), FilterConfig: `{"task_timeout": "1ms"}`},
			want: want{unsent: true, status: "504", reason: "function_timeout"},
		},
		{
			name: "a task: the client goes away",
			x:    hosttest.Exchange{Cluster: offers("worker", anyMap{"task": "until-the-end"}), Route: calls(nil), Request: post("text"), GoneWhileWaiting: true},
			want: want{unsent: true, status: ""},
		},
		{
			name: "a request in pieces",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "pieces"}), Route: calls(nil), Request: inRequestPieces(nil, "ab", "cde", "f")},
			want: want{call: called, sentBody: "ABCDEF", sent: map[string]string{"x-first": "2", "content-length": ""}},
		},
		{
			name: "a request in pieces, with trailers",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "pieces"}), Route: calls(nil), Request: inRequestPieces([][2]string{{"x-checksum", "7"}}, "ab", "cde")},
			want: want{call: called, sentBody: "ABCDE", sent: map[string]string{"x-first": "2"}},
		},
		{
			name: "a request in pieces, of which there is none",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "pieces"}), Route: calls(nil)},
			want: want{call: called, sent: map[string]string{"x-first": "0", "content-length": ""}},
		},
		{
			name: "a request in pieces that had to wait",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "pieces", "wait": "well"}), Route: calls(nil), Request: inRequestPieces(nil, "ab", "cde")},
			want: want{call: called, sentBody: "ABCDE", sent: map[string]string{"x-first": "5", "content-length": "5"}},
		},
		{
			name: "a request in pieces whose parameters come from the body",
			x: hosttest.Exchange{
				Cluster: offers("toy", anyMap{"request": "pieces"}), Request: inRequestPieces(nil, `{"id":`, `7}`),
				Route: metadata{"funcroute": {"function": "hello"}, "funcroute.parameters": {"body.id": "{id}"}},
			},
			want: want{call: called, sentBody: `{"ID":7}`, sent: map[string]string{"x-parameter-id": "7", "content-length": "8"}},
		},
		{
			name: "a request in pieces that is let go",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "no-pieces"}), Route: calls(nil), Request: inRequestPieces(nil, "ab", "cde")},
			want: want{call: called, sentBody: "abcde"},
		},
		{
			name: "a request in pieces that fails at once",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "pieces-fail"}), Route: calls(nil), Request: inRequestPieces(nil, "ab", "cde")},
			want: want{unsent: true, status: "400", reason: "bad_body", detail: "Too loud."},
		},
		{
			name: "a request in pieces that fails midway",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"request": "pieces-late-fail"}), Route: calls(nil), Request: inRequestPieces(nil, "ab", "cde", "f", "g")},
			want: want{status: "400", reason: "bad_body", detail: "Too loud."},
		},
		{
			name: "a request in pieces over an upgraded connection",
			x: hosttest.Exchange{
				Cluster: offers("toy", anyMap{"request": "pieces"}), Route: calls(nil), Request: post("ab", [2]string{"upgrade", "websocket"}),
			},
			want: want{unsent: true, status: "400", reason: "bad_body", detail: "upgraded"},
		},
		{
			name: "the whole answer is rewritten",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "whole"}), Route: calls(nil), Answer: answer("200", "abc", [2]string{"content-length", "3"})},
			want: want{call: called, body: "mapped abc", headers: map[string]string{"content-length": "10"}},
		},
		{
			name: "an answer without a body gets one",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "whole"}), Route: calls(nil), Answer: hosttest.Message{Headers: [][2]string{{":status", "200"}}}},
			want: want{call: called, body: "mapped ", headers: map[string]string{"content-length": "7"}},
		},
		{
			name: "HEAD gets the length and no body",
			x: hosttest.Exchange{
				Cluster: offers("toy", anyMap{"answer": "whole"}), Route: calls(nil), Answer: answer("200", "abc"),
				Request: hosttest.Message{Headers: [][2]string{{":method", "HEAD"}, {":path", "/"}, {":authority", "a"}, {":scheme", "http"}}},
			},
			want: want{call: called, headers: map[string]string{"content-length": "10"}, noBody: true},
		},
		{
			name: "204 has no body",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "empty"}), Route: calls(nil), Answer: answer("200", "abc", [2]string{"content-length", "3"})},
			want: want{call: called, status: "204", noBody: true, absent: []string{"content-length"}},
		},
		{
			name: "304 has no body",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "unmodified"}), Route: calls(nil), Answer: answer("200", "world", [2]string{"content-length", "5"})},
			want: want{call: called, status: "304", noBody: true, absent: []string{"content-length"}},
		},
		{
			name: "an error in place of the answer, in a listener",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "error-on-headers"}), Route: calls(nil), Answer: answer("200", "abc")},
			want: want{call: called, status: "429", reason: "function_throttled", detail: "Too fast.", headers: map[string]string{"retry-after": "2"}, neverInAnswer: "abc"},
		},
		{
			name: "an error after the whole answer, in a listener",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "error-on-body"}), Route: calls(nil), Answer: answer("200", "abc")},
			want: want{call: called, status: "502", reason: "function_error", detail: "It failed.", neverInAnswer: "abc"},
		},
		{
			name: "an error in place of the answer, in a cluster",
			x:    hosttest.Exchange{Upstream: true, Cluster: offers("toy", anyMap{"answer": "error-on-headers"}), Route: calls(nil), Answer: answer("200", "abc", [2]string{"x-secret", "1"})},
			want: want{
				status: "429", detail: "Too fast.", absent: []string{"x-secret"}, neverInAnswer: "abc",
				headers:  map[string]string{"retry-after": "2", "content-type": "application/problem+json"},
				dynamic:  map[string]string{"error": "function_throttled"},
				counters: []string{"funcroute.errors.function_throttled"},
			},
		},
		{
			name: "an error after the whole answer, in a cluster",
			x:    hosttest.Exchange{Upstream: true, Cluster: offers("toy", anyMap{"answer": "error-on-body"}), Route: calls(nil), Answer: answer("200", "abc")},
			want: want{status: "502", detail: "It failed.", neverInAnswer: "abc"},
		},
		{
			name: "an error in place of an answer without a body, in a cluster",
			x:    hosttest.Exchange{Upstream: true, Cluster: offers("toy", anyMap{"answer": "error-on-headers"}), Route: calls(nil), Answer: hosttest.Message{Headers: [][2]string{{":status", "200"}}}},
			want: want{status: "429", detail: "Too fast."},
		},
		{
			name: "a panic in place of the answer",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "panic"}), Route: calls(nil), Answer: answer("200", "abc")},
			want: want{call: called, status: "500", reason: "internal_error"},
		},
		{
			name: "an answer is decoded while it arrives",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("", "207|a", "b", "c")},
			want: want{call: called, status: "207", body: "ABC", absent: []string{"content-length"}, dynamic: map[string]string{"begun": "yes", "answered": "yes"}},
		},
		{
			name: "a decoded answer to HEAD has no body",
			x: hosttest.Exchange{
				Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("207|a", "b"),
				Request: hosttest.Message{Headers: [][2]string{{":method", "HEAD"}, {":path", "/"}, {":authority", "a"}, {":scheme", "http"}}},
			},
			want: want{call: called, status: "207", noBody: true},
		},
		{
			name: "a decoded answer of a status without content has none",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("204|a", "b")},
			want: want{call: called, status: "204", neverInAnswer: "A"},
		},
		{
			name: "nor has one that is not modified, in a cluster",
			x:    hosttest.Exchange{Upstream: true, Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("304|a", "b")},
			want: want{call: called, status: "304", neverInAnswer: "B"},
		},
		{
			name: "an answer that cannot be decoded, in a listener",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("", "200|!", "c")},
			want: want{call: called, status: "502", reason: "function_error", detail: "It failed.", neverInAnswer: "C"},
		},
		{
			name: "an answer that cannot be decoded, in a cluster",
			x:    hosttest.Exchange{Upstream: true, Cluster: offers("toy", anyMap{"answer": "stream"}), Route: calls(nil), Answer: inPieces("", "200|!", "c")},
			want: want{call: called, status: "502", detail: "It failed.", neverInAnswer: "C", headers: map[string]string{"content-type": "application/problem+json"}},
		},
		{
			name: "an answer that breaks off is reset",
			x:    hosttest.Exchange{Upstream: true, Cluster: offers("toy", anyMap{"answer": "stream-late-error"}), Route: calls(nil), Answer: inPieces("200|a", "b")},
			want: want{call: called, status: "502", reason: "function_error", counters: []string{"funcroute.errors.function_error"}},
		},
		{
			name: "Envoy's own reply is not the function's answer",
			x: hosttest.Exchange{
				Cluster: offers("toy", anyMap{"answer": "whole"}), Route: calls(nil),
				LocalReply: &hosttest.Reply{Status: 503, Body: "no healthy upstream", Details: "no_healthy_upstream"},
			},
			want: want{untouched: true, status: "503", body: "no healthy upstream", absent: []string{"x-answered"}},
		},
		{
			name: "a call that a listener's filter has made is left alone",
			x: hosttest.Exchange{
				Upstream: true, Cluster: offers("strict", nil), Route: calls(nil),
				Marked: map[string]map[string]string{"funcroute": {"type": "toy"}},
			},
			want: want{untouched: true, status: "200"},
		},
		{
			name: "so is one that an earlier filter of the same listener has made",
			x: hosttest.Exchange{
				Cluster: offers("strict", nil), Route: calls(nil), Marked: map[string]map[string]string{"funcroute": {"type": "toy"}},
			},
			want: want{untouched: true, status: "200"},
		},
		{
			name: "the client goes away while it waits",
			x:    hosttest.Exchange{Cluster: offers("toy", anyMap{"wait": "well"}), Route: calls(nil), GoneWhileWaiting: true},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.x.Request.Headers == nil {
				c.x.Request = get()
			}
			if c.x.Answer.Headers == nil {
				c.x.Answer = answer("200", "")
			}
			sentAsIs := slices.Clone(c.x.Request.Headers)
			got := hosttest.Memory{}.Run(t, functions.New(), c.x)
			if got.Refused != nil {
				t.Fatalf("refused: %v", got.Refused)
			}
			if c.want.untouched && c.x.LocalReply == nil && (got.Sent == nil || !slices.Equal(got.Sent.Headers, sentAsIs)) {
				t.Errorf("sent = %v, want it untouched", got.Sent)
			}
			if c.want.call != "" {
				if got.Sent == nil {
					t.Fatalf("nothing sent, want a call; received %v %s", got.Received.Headers, got.Received.Body())
				}
				if got.Sent.Header("x-call") != c.want.call {
					t.Errorf("call = %q, want %q", got.Sent.Header("x-call"), c.want.call)
				}
				for name, want := range c.want.sent {
					if got := got.Sent.Header(name); got != want {
						t.Errorf("sent %s = %q, want %q", name, got, want)
					}
				}
				if c.want.sentBody != "" && got.Sent.Body() != c.want.sentBody {
					t.Errorf("sent body = %q, want %q", got.Sent.Body(), c.want.sentBody)
				}
			}
			if c.want.unsent && got.Sent != nil {
				t.Errorf("sent = %v, want nothing", got.Sent)
			}
			if c.want.reason != "" && got.Details != "funcroute_"+c.want.reason {
				t.Errorf("details = %q, want funcroute_%s", got.Details, c.want.reason)
			}
			if c.want.status != "" && got.Received.Header(":status") != c.want.status {
				t.Errorf("status = %q, want %q", got.Received.Header(":status"), c.want.status)
			}
			for name, want := range c.want.headers {
				if got := got.Received.Header(name); got != want {
					t.Errorf("received %s = %q, want %q", name, got, want)
				}
			}
			for _, name := range c.want.absent {
				if got := got.Received.Header(name); got != "" {
					t.Errorf("received %s = %q, want none", name, got)
				}
			}
			if c.want.body != "" && got.Received.Body() != c.want.body {
				t.Errorf("received body = %q, want %q", got.Received.Body(), c.want.body)
			}
			if c.want.noBody && got.Received.Body() != "" {
				t.Errorf("received body = %q, want none", got.Received.Body())
			}
			if got.Received.Header("content-type") == "application/problem+json" {
				checkProblem(t, got.Received.Body(), c.want.status, c.want.detail)
			}
			if strings.Contains(got.Received.Body(), errSecret.Error()) {
				t.Errorf("received body = %q, want it without the cause", got.Received.Body())
			}
			if c.want.neverInAnswer != "" && strings.Contains(got.Received.Body(), c.want.neverInAnswer) {
				t.Errorf("received body = %q, want it without %q", got.Received.Body(), c.want.neverInAnswer)
			}
			for key, want := range c.want.dynamic {
				if got := got.DynamicMetadata["funcroute"][key]; got != want {
					t.Errorf("dynamic metadata %s = %q, want %q", key, got, want)
				}
			}
			for _, name := range c.want.counters {
				if got.Counters[name] != 1 {
					t.Errorf("counter %s = %d, want 1", name, got.Counters[name])
				}
			}
			if !strings.Contains(strings.Join(got.Logs, "\n"), c.want.log) {
				t.Errorf("logs = %q, want a line with %q", got.Logs, c.want.log)
			}
		})
	}
}

func checkProblem(t *testing.T, body, wantStatus, wantDetail string) {
	t.Helper()
	var problem struct {
		Status json.Number `json:"status"`
		Title  string      `json:"title"`
		Detail string      `json:"detail"`
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&problem); err != nil {
		t.Fatalf("problem %q: %v", body, err)
	}
	if problem.Status.String() != wantStatus || problem.Title == "" || !strings.Contains(problem.Detail, wantDetail) {
		t.Errorf("problem = %+v, want status %s, a title, a detail with %q", problem, wantStatus, wantDetail)
	}
}

func TestChangesTakeEffectWithTheNextRequest(t *testing.T) {
	run := hosttest.Memory{}.Session(t, functions.New(), "")
	call := func(cluster, route metadata) string {
		got := run(hosttest.Exchange{Cluster: cluster, Route: route, Request: get(), Answer: answer("200", "")})
		if got.Sent == nil {
			return got.Details
		}
		return got.Sent.Header("x-call")
	}
	other := offers("toy", nil)
	other["funcroute.functions"] = map[string]any{"hello": "mars"}
	renamed := offers("toy", nil)
	renamed["funcroute.functions"] = map[string]any{"hi": "world"}
	reshaped := func(template string) metadata {
		m := offers("toy", nil)
		m["funcroute.responses"] = anyMap{"hello": template}
		return m
	}
	steps := []struct {
		name           string
		cluster, route metadata
		want           string
	}{
		{"at first", offers("toy", nil), calls(nil), "hello world"},
		{"the target has changed", other, calls(nil), "hello mars"},
		{"an answer's template has come", reshaped("first"), calls(nil), `hello world loud=false times=0 tags=[] response="first"`},
		{"an answer's template has changed", reshaped("second"), calls(nil), `hello world loud=false times=0 tags=[] response="second"`},
		{"the function has gone", renamed, calls(nil), "funcroute_unknown_function"},
		{"a cluster's setting has changed", offers("toy", anyMap{"greeting": "hi"}), calls(nil), "hi world"},
		{"a route's setting has changed", offers("toy", nil), calls(anyMap{"greeting": "yo"}), "yo world"},
		{"the configuration is broken", offers("toy", anyMap{"x": "y"}), calls(nil), "funcroute_config_error"},
		{"all is as it was", offers("toy", nil), calls(nil), "hello world"},
	}
	for _, step := range steps {
		if got := call(step.cluster, step.route); !strings.HasPrefix(got, step.want) {
			t.Errorf("%s: call = %q, want %q", step.name, got, step.want)
		}
	}
}

// What a per-route configuration names, or the upstream offers, is looked up anew with each request.
func TestTargetsThatAreNotTheMetadatasAreNotKept(t *testing.T) {
	moved := offers("toy", nil)
	moved["funcroute.functions"] = anyMap{"hello": "world", "bye": "sun"}
	cases := []struct {
		name          string
		first, second metadata
		route         metadata
		perRoute      string
		want          [2]string
	}{
		{
			name: "a function of the per-route configuration", first: offers("toy", nil), second: moved, route: calls(nil),
			perRoute: `{"funcroute": {"function": "bye"}}`, want: [2]string{"hello moon", "hello sun"},
		},
		{
			name: "a function that the upstream offers", first: catalogs("new-each-time", "list"), second: catalogs("new-each-time", "list"),
			route: metadata{"funcroute": {"function": "list"}}, want: [2]string{"hello offered-list-1", "hello offered-list-2"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			run := hosttest.Memory{}.Session(t, functions.New(), "")
			for i, cluster := range []metadata{c.first, c.second} {
				got := run(hosttest.Exchange{Cluster: cluster, Route: c.route, RouteConfig: c.perRoute, Request: get(), Answer: answer("200", "")})
				if got.Sent == nil || !strings.HasPrefix(got.Sent.Header("x-call"), c.want[i]) {
					t.Errorf("request %d: sent = %v, want a call of %q", i+1, got.Sent, c.want[i])
				}
			}
		})
	}
}

// A host that cannot refuse a route tells of its mistake with each request. None of them may go as if it said nothing.
func TestAPerRouteConfigurationThatCouldNotBeRefused(t *testing.T) {
	run := hosttest.Memory{CannotRefuseRoutes: true}.Session(t, functions.New(), "")
	var got hosttest.Outcome
	for range 3 {
		got = run(hosttest.Exchange{
			Cluster: offers("toy", nil), Route: calls(nil), RouteConfig: `{"function": "bye"}`, Request: get(), Answer: answer("200", ""),
		})
		if got.Sent != nil || got.Details != "funcroute_config_error" {
			t.Errorf("got %s, sent %v, want nothing sent", got.Details, got.Sent)
		}
	}
	if len(got.Logs) != 1 || !strings.Contains(got.Logs[0], `"function" is unknown`) {
		t.Errorf("log lines = %q, want one with the mistake", got.Logs)
	}
}

// An attempt that ends without an answer, as the client has gone, lets go of what it has kept.
func TestAttemptsWithoutAnAnswerAreForgotten(t *testing.T) {
	filter := &noting{Filter: functions.New()}
	run := hosttest.Memory{}.Session(t, filter, "")
	for range 3 {
		run(hosttest.Exchange{
			Upstream: true, Cluster: offers("toy", anyMap{"wait": "forever"}), Route: calls(nil), Request: get(), GoneWhileWaiting: true,
		})
	}
	if held := functions.Held(filter.block); held["attempts"] != 0 {
		t.Errorf("attempts = %d, want 0", held["attempts"])
	}
}

func TestABadConfigurationIsLoggedOnceAndHarmsNoOther(t *testing.T) {
	run := hosttest.Memory{}.Session(t, functions.New(), "")
	exchange := func(cluster, route metadata) hosttest.Outcome {
		return run(hosttest.Exchange{Cluster: cluster, Route: route, Request: get(), Answer: answer("200", "")})
	}
	for _, function := range []string{"bad", "none"} {
		for range 3 {
			exchange(offers("toy", nil), metadata{"funcroute": {"function": function}})
		}
	}
	for range 3 {
		exchange(offers("tyo", nil), calls(nil))
	}
	good := exchange(offers("toy", nil), calls(nil))
	if good.Received.Header(":status") != "200" {
		t.Errorf("status of a good function = %s, want 200", good.Received.Header(":status"))
	}
	if len(good.Logs) != 3 {
		t.Errorf("log lines = %q, want one for each of 3 mistakes", good.Logs)
	}
}

func TestConfiguration(t *testing.T) {
	cases := []struct {
		name, filter, route string
		want                string // in the error, empty if it is accepted
	}{
		{name: "none"},
		{name: "empty", filter: `{}`, route: `{}`},
		{name: "a wait", filter: `{"credentials_wait": "500ms"}`},
		{name: "an unknown key", filter: `{"credential_wait": "5s"}`, want: `unknown field "credential_wait"`},
		{name: "a wait of the wrong kind", filter: `{"credentials_wait": 5}`, want: `"credentials_wait" must be a duration above zero like 5s, not 5`},
		{name: "a wait that is no duration", filter: `{"credentials_wait": "soon"}`, want: `"credentials_wait" must be a duration`},
		{name: "secrets", filter: `{"secrets": {"refresh": "5s"}}`},
		{name: "secrets of no store", filter: `{"secrets": {"valt": {}}}`, want: `"secrets": setting "valt" is unknown`},
		{name: "secrets that are none", filter: `{"secrets": "vault"}`, want: `"secrets": must be an object`},
		{name: "no wait at all", filter: `{"credentials_wait": "0s"}`, want: `"credentials_wait" must be a duration above zero`},
		{name: "a wait below zero", filter: `{"credentials_wait": "-1s"}`, want: `"credentials_wait" must be a duration above zero`},
		{name: "a route", route: `{"funcroute": {"function": "a", "loud": true, "tags": ["x"]}, "funcroute.weights": {}, "funcroute.parameters": {"path": "/{x}"}}`},
		{name: "an unknown namespace", route: `{"funcroute.functions": {"a": "b"}}`, want: `"funcroute.functions" is unknown`},
		{name: "a nested setting", route: `{"funcroute": {"function": {"name": "a"}}}`, want: `"function" that is no text`},
		{name: "a mixed list", route: `{"funcroute": {"tags": ["x", 1]}}`, want: `"tags" that is no text`},
		{name: "a weight of the wrong kind", route: `{"funcroute.weights": {"a": "1"}}`, want: `"funcroute.weights" has a text where a number belongs`},
		{name: "no object", route: `[]`, want: "must be one JSON object"},
		{name: "two objects", route: `{} {}`, want: "must be one object"},
		{name: "a serialized Struct", route: "\n\x0b\n\x01a\x12\x06", want: "google.protobuf.StringValue"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := hosttest.Memory{}.Run(t, functions.New(), hosttest.Exchange{
				FilterConfig: c.filter, RouteConfig: c.route, Request: get(), Answer: answer("200", ""),
			})
			switch {
			case c.want == "" && got.Refused != nil:
				t.Errorf("refused: %v", got.Refused)
			case c.want != "" && (got.Refused == nil || !strings.Contains(got.Refused.Error(), c.want)):
				t.Errorf("refused = %v, want %q", got.Refused, c.want)
			}
		})
	}
}

// Clusters that differ in nothing but their targets do not push each other's functions out.
func TestAFunctionIsCompiledOncePerTarget(t *testing.T) {
	run := hosttest.Memory{}.Session(t, functions.New(), "")
	var last hosttest.Outcome
	for range 3 {
		for _, target := range []string{"a mistake", "another mistake"} {
			cluster := offers("toy", nil)
			cluster["funcroute.functions"] = anyMap{"hello": target}
			last = run(hosttest.Exchange{Cluster: cluster, Route: calls(nil), Request: get(), Answer: answer("200", "")})
		}
	}
	if len(last.Logs) != 2 {
		t.Errorf("log lines = %q, want one for each target", last.Logs)
	}
}
