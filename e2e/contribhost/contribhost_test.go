package contribhost

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const big = 200_000

// want is compared field by field where it says something.
type want struct {
	status  int
	body    *string
	header  map[string]string // "" wants the header absent
	trailer *string
	// what the upstream got
	reached     *bool
	method      string
	upstream    string
	sentBody    *string
	sentHeader  map[string]string
	sentTrailer map[string]string
	journal     []string // between the request's first and its last callbacks, see trim
	access      string   // the access log line, without the id
}

func is[T any](v T) *T { return &v }

func check(t *testing.T, h *host, c call, w want) {
	t.Helper()
	if w.status == 0 {
		w.status = 200
	}
	if c.id == "" {
		c.id = strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	}
	got := h.do(t, c)
	equal(t, "status", got.status, w.status)
	if w.body != nil {
		equal(t, "body", got.body, *w.body)
	}
	for k, v := range w.header {
		equal(t, "response header "+k, strings.Join(got.header.Values(k), ","), v)
	}
	if w.trailer != nil {
		equal(t, "response trailers", got.trailer, *w.trailer)
	}
	if w.reached != nil {
		equal(t, "upstream reached", got.reached, *w.reached)
	}
	if w.method != "" {
		equal(t, "method upstream", got.arrived.Method, w.method)
	}
	if w.upstream != "" {
		equal(t, "upstream", got.arrived.Upstream, w.upstream)
	}
	if w.sentBody != nil {
		equal(t, "body upstream", got.arrived.Body, *w.sentBody)
	}
	for k, v := range w.sentHeader {
		equal(t, "header upstream "+k, strings.Join(got.arrived.Header.Values(k), ","), v)
	}
	for k, v := range w.sentTrailer {
		equal(t, "trailer upstream "+k, strings.Join(got.arrived.Trailer.Values(k), ","), v)
	}
	if w.journal != nil {
		equal(t, "journal", strings.Join(got.journal, "\n"), strings.Join(w.journal, "\n"))
	}
	if w.access != "" {
		equal(t, "access log", h.accessLine(t, c.id), w.access)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\ngot  %v\nwant %v", what, got, want)
	}
}

func (h *host) accessLine(t *testing.T, id string) string {
	t.Helper()
	var found string
	h.poll("the access log line of "+id, func() bool {
		text, err := os.ReadFile(h.access)
		if err != nil {
			return false
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), id+" "); ok {
				found = rest
				return true
			}
		}
		// Envoy writes the file when its buffer is full or after ten seconds; this makes it write now.
		if response, err := http.Post(h.admin+"/reopen_logs", "", nil); err == nil {
			_ = response.Body.Close()
		}
		return false
	})
	return found
}

func last(path, status, details, trailers string, reason string) []string {
	return []string{
		"OnStreamComplete", "OnLog " + path + " " + status + " " + details + " trailers=" + trailers,
		"OnDestroy " + reason,
	}
}

// journal is a usual request's: what the phases noted, then the last callbacks.
func journal(lines ...string) []string {
	return append(slices.Clone(lines), last("/", "200", "via_upstream", "false,false", "0")...)
}

var (
	hello = []string{"EncodeHeaders 200 end=false", `EncodeData "hello" end=true`}
	// an HTTP/1.1 upstream's end comes as a frame of its own
	helloHTTP1 = []string{"EncodeHeaders 200 end=false", `EncodeData "hello" end=false`, `EncodeData "" end=true`}
	post       = []string{"hel", "lo"}
)

func with(first []string, rest ...string) []string { return append(slices.Clone(first), rest...) }

func TestPhases(t *testing.T) {
	for _, workers := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) { testPhases(t, workers) })
	}
}

func testPhases(t *testing.T, workers int) {
	h := start(t, workers)
	h.allow(`http: panic serving`, `filter paniced with error details`, `contribhost refuses: header x-empty with an empty value`,
		`calls addData when processing data is not supported`, `injectData is not supported when calling`)
	cases := map[string]struct {
		call call
		want want
	}{
		"a request without a script passes": {
			call{}, want{body: is("hello"), journal: journal(with([]string{"DecodeHeaders / end=true"}, hello...)...)},
		},
		"HTTP/1.1": {
			call{http1: true, body: post}, want{body: is("hello"), sentBody: is("hello")},
		},
		"headers are edited on the worker": {
			call{header: map[string]string{"x-gone": "1", "x-old": "1"}, script: `{
				"decodeHeaders": [{"do": ["note x-old", "set x-old 2", "add x-old 3", "note x-old", "del x-gone", "set :path /else?q=1"]}],
				"encodeHeaders": [{"do": ["set x-new 1", "add x-new 2", "del x-upstream", "set :status 201"]}]}`},
			want{
				status: 201, header: map[string]string{"x-new": "1,2", "x-upstream": ""},
				sentHeader: map[string]string{"x-old": "2,3", "x-gone": ""},
				journal: []string{
					"DecodeHeaders / end=true", `x-old=[1] raw="1"`, `x-old=[2 3] raw="2"`,
					"EncodeHeaders 200 end=false", `EncodeData "hello" end=true`, "OnStreamComplete",
					"OnLog /else?q=1 201 via_upstream trailers=false,false", "OnDestroy 0",
				},
			},
		},
		"headers are edited in a goroutine": {
			call{script: `{
				"decodeHeaders": [{"go": true, "do": ["set x-a 1", "add x-a 2", "del x-b"]}],
				"encodeHeaders": [{"go": true, "do": ["set x-c 1", "del x-upstream"]}]}`, header: map[string]string{"x-b": "1"}},
			want{header: map[string]string{"x-c": "1", "x-upstream": ""}, sentHeader: map[string]string{"x-a": "1,2", "x-b": ""}},
		},
		"an empty header value is refused": {
			call{script: `{"decodeHeaders": [{"do": ["set x-empty "]}]}`},
			want{status: 500, body: is("error happened in filter\r\n"), reached: is(false)},
		},
		"a whole body is replaced in both directions": {
			call{body: post, answer: `{"Body": ["wor", "ld"]}`, script: `{
				"decodeHeaders": [{"then": "stopAndBuffer", "do": ["del content-length"]}], "decodeData": [{"do": ["upper", "prepend <", "append >"]}],
				"encodeHeaders": [{"then": "stopAndBuffer"}], "encodeData": [{"do": ["body replaced", "drain 2"]}]}`},
			want{body: is("placed"), sentBody: is("<HELLO>"), journal: journal("DecodeHeaders / end=false", `DecodeData "hello" end=true`,
				"EncodeHeaders 200 end=false", `EncodeData "world" end=true`)},
		},
		"a whole body is replaced in goroutines": {
			call{body: post, answer: `{"Body": ["wor", "ld"]}`, script: `{
				"decodeHeaders": [{"go": true, "then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["upper"]}],
				"encodeHeaders": [{"go": true, "then": "stopAndBuffer"}], "encodeData": [{"go": true, "do": ["upper"]}]}`},
			want{body: is("WORLD"), sentBody: is("HELLO"), journal: journal("DecodeHeaders / end=false", `DecodeData "hello" end=true`,
				"EncodeHeaders 200 end=false", `EncodeData "world" end=true`)},
		},
		"a body becomes empty": {
			call{body: post, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["body "]}],
				"encodeHeaders": [{"do": ["del content-length"], "then": "stopAndBuffer"}], "encodeData": [{"do": ["body "]}]}`},
			want{body: is(""), sentBody: is("")},
		},
		"a body streams through": {
			call{body: post, script: `{"decodeData": [{"do": ["upper"]}], "encodeData": [{"do": ["upper"]}]}`},
			want{body: is("HELLO"), sentBody: is("HELLO")},
		},
		"a body streams through goroutines": {
			call{
				body: []string{"a", "b", "c", "d"}, answer: `{"Body": ["e", "f", "g"]}`,
				script: `{"decodeData": [{"go": true, "do": ["upper"]}], "encodeData": [{"go": true, "do": ["upper"]}]}`,
			},
			want{body: is("EFG"), sentBody: is("ABCD")},
		},
		"chunks are kept back until the end": {
			call{answer: `{"Body": ["one", "two"]}`, script: `{"encodeData": [{"do": ["append -"], "then": "stopAndBufferWatermark"}, {"do": ["append +"]}]}`},
			want{body: is("one-two++")},
		},
		"chunks kept back with StopAndBufferWatermark are lost when trailers end the body": {
			call{body: post, trailer: map[string]string{"x-in": "1"}, script: `{"decodeData": [{"then": "stopAndBufferWatermark"}]}`},
			want{sentBody: is(""), sentTrailer: map[string]string{"x-in": "1"}},
		},
		"StopAndBuffer after a buffered body with trailers lets the body go": {
			call{body: post, trailer: map[string]string{"x-in": "1"}, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"then": "stopAndBuffer"}]}`},
			want{sentBody: is("hello"), sentTrailer: map[string]string{"x-in": "1"}},
		},
		"chunks are dropped": {
			call{answer: `{"Body": ["drop", "keep"]}`, script: `{"encodeData": [{"then": "stopNoBuffer"}, {"then": "continue"}]}`},
			want{body: is("keep")},
		},
		"AddData gives a GET a body": {
			call{script: `{"decodeHeaders": [{"do": ["set :method POST", "addData made up"]}]}`},
			want{method: "POST", sentBody: is("made up"), journal: journal(with([]string{"DecodeHeaders / end=true"}, hello...)...)},
		},
		"AddData from a goroutine gives a GET a body": {
			call{script: `{"decodeHeaders": [{"go": true, "do": ["set :method POST", "addData made ", "addData up"]}]}`},
			want{method: "POST", sentBody: is("made up")},
		},
		"AddData gives a bodyless answer a body": {
			call{answer: `{"Status": 200}`, script: `{"encodeHeaders": [{"do": ["del content-length", "addData made up"]}]}`},
			want{body: is("made up")},
		},
		"AddData goes before a buffered body": {
			call{body: post, script: `{"decodeHeaders": [{"do": ["addData first "], "then": "stopAndBuffer"}]}`},
			want{sentBody: is("first hello"), journal: journal(with([]string{"DecodeHeaders / end=false", `DecodeData "hello" end=true`}, hello...)...)},
		},
		"AddData in the data phase is an error": {
			call{body: post, script: `{"decodeData": [{"do": ["addData x"]}]}`},
			want{status: 500, body: is("error happened in filter\r\n")},
		},
		"InjectData from a goroutine": {
			call{answer: `{"Body": ["end"]}`, script: `{"encodeHeaders": [{"do": ["del content-length"], "then": "stopAndBuffer"}],
				"encodeData": [{"go": true, "do": ["injectData one ", "injectData two ", "upper"]}]}`},
			want{body: is("one two END")},
		},
		"InjectData from the callback is an error": {
			call{body: post, script: `{"decodeData": [{"do": ["injectData x"]}]}`},
			want{status: 500},
		},
		"trailers are edited in both directions": {
			call{
				body: post, trailer: map[string]string{"x-in": "1", "x-drop": "1", "x-more": "0"}, answer: `{"Body": ["hello"], "Trailer": {"x-out": "1", "x-drop": "1"}}`,
				script: `{"decodeTrailers": [{"do": ["set x-in 2", "add x-more 1", "del x-drop"]}],
				"encodeTrailers": [{"do": ["set x-out 2", "add x-more 1", "del x-drop"]}]}`,
			},
			want{body: is("hello"), trailer: is("x-more=1 x-out=2"), sentTrailer: map[string]string{"x-in": "2", "x-more": "0,1", "x-drop": ""}},
		},
		"trailers are edited in goroutines, HTTP/1.1": {
			call{
				http1: true, body: post, trailer: map[string]string{"x-in": "1"}, header: map[string]string{"te": "trailers"},
				answer: `{"Body": ["hello"], "Trailer": {"x-out": "1"}}`,
				script: `{"decodeTrailers": [{"go": true, "do": ["set x-in 2"]}], "encodeTrailers": [{"go": true, "do": ["set x-out 2"]}]}`,
			},
			want{body: is("hello"), trailer: is("x-out=2"), sentBody: is("hello"), sentTrailer: map[string]string{"x-in": "2"}},
		},
		"a buffered body with trailers comes without end of stream": {
			call{
				body: post, trailer: map[string]string{"x-in": "1"}, answer: `{"Body": ["hello"], "Trailer": {"x-out": "1"}}`,
				script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"do": ["upper"]}], "decodeTrailers": [{"do": ["set x-in 2"]}],
				"encodeHeaders": [{"then": "stopAndBuffer"}], "encodeData": [{"do": ["upper"]}], "encodeTrailers": [{"do": ["set x-out 2"]}]}`,
			},
			want{
				body: is("HELLO"), trailer: is("x-out=2"), sentBody: is("HELLO"), sentTrailer: map[string]string{"x-in": "2"},
				journal: with([]string{
					"DecodeHeaders / end=false", `DecodeData "hello" end=false`, "DecodeTrailers", "EncodeHeaders 200 end=false",
					`EncodeData "hello" end=false`, "EncodeTrailers",
				}, last("/", "200", "via_upstream", "true,true", "0")...),
			},
		},
		"a buffered body with trailers in goroutines": {
			call{
				body: post, trailer: map[string]string{"x-in": "1"}, answer: `{"Body": ["hello"], "Trailer": {"x-out": "1"}}`,
				script: `{"decodeHeaders": [{"go": true, "then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["upper"]}],
				"decodeTrailers": [{"go": true, "do": ["set x-in 2"]}], "encodeHeaders": [{"go": true, "then": "stopAndBuffer"}],
				"encodeData": [{"go": true, "do": ["upper"]}], "encodeTrailers": [{"go": true, "do": ["set x-out 2"]}]}`,
			},
			want{body: is("HELLO"), trailer: is("x-out=2"), sentBody: is("HELLO"), sentTrailer: map[string]string{"x-in": "2"}},
		},
		"trailers without a body": {
			call{method: "POST", body: []string{}, trailer: map[string]string{"x-in": "1"}, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}],
				"decodeTrailers": [{"do": ["set x-in 2"]}]}`},
			want{
				sentBody: is(""), sentTrailer: map[string]string{"x-in": "2"},
				journal: with(with([]string{"DecodeHeaders / end=false", "DecodeTrailers"}, hello...), last("/", "200", "via_upstream", "true,false", "0")...),
			},
		},
		"a local reply from the headers passes the encode phases": {
			call{script: `{"decodeHeaders": [{"do": ["reply 418 teapot"]}], "encodeHeaders": [{"do": ["note x-reply", "set x-late 1", "set content-length 7"]}], "encodeData": [{"do": ["append !"]}]}`},
			want{
				status: 418, body: is("teapot!"), reached: is(false), header: map[string]string{"x-reply": "one,two", "x-late": "1", "content-type": "text/plain", "content-length": "7"},
				journal: with([]string{"DecodeHeaders / end=true", "EncodeHeaders 418 end=false", `x-reply=[one two] raw="one"`, `EncodeData "teapot" end=true`},
					last("/", "418", "probe_reply", "false,false", "0")...),
				access: "418 probe_reply - -",
			},
		},
		"a local reply without a body": {
			call{script: `{"decodeHeaders": [{"go": true, "do": ["reply 418"]}]}`},
			want{status: 418, body: is(""), reached: is(false), journal: with([]string{"DecodeHeaders / end=true", "EncodeHeaders 418 end=true"},
				last("/", "418", "probe_reply", "false,false", "0")...)},
		},
		"a local reply from the body": {
			call{body: post, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"do": ["reply 400 bad"]}]}`},
			want{status: 400, body: is("bad"), reached: is(false)},
		},
		"a local reply from a goroutine in the body, held in the encode phases": {
			call{body: post, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["reply 400 bad"]}],
				"encodeHeaders": [{"go": true, "do": ["set x-held 1"], "then": "stopAndBuffer"}], "encodeData": [{"go": true, "do": ["upper"]}]}`},
			want{status: 400, body: is("BAD"), header: map[string]string{"x-held": "1"}, reached: is(false)},
		},
		"a local reply instead of an answer": {
			call{script: `{"encodeHeaders": [{"do": ["reply 502 broken"]}]}`},
			want{status: 502, body: is("broken"), reached: is(true), journal: with([]string{"DecodeHeaders / end=true", "EncodeHeaders 200 end=false"},
				last("/", "502", "probe_reply", "false,false", "1")...)},
		},
		"a local reply instead of a buffered answer body": {
			call{script: `{"encodeHeaders": [{"then": "stopAndBuffer"}], "encodeData": [{"go": true, "do": ["reply 502 broken"]}]}`},
			want{status: 502, body: is("broken"), reached: is(true)},
		},
		"Envoy's own reply passes the encode phases": {
			call{path: "direct", script: `{"encodeData": [{"do": ["upper"]}]}`},
			want{status: 203, body: is("DIRECT")},
		},
		"a panic in a callback": {
			call{script: `{"decodeHeaders": [{"do": ["panic ouch"]}]}`},
			want{status: 500, body: is("error happened in filter\r\n"), reached: is(false)},
		},
		"a panic in a data callback": {
			call{body: post, script: `{"decodeData": [{"do": ["panic ouch"]}]}`}, want{status: 500},
		},
		"a panic in a goroutine": {
			call{script: `{"decodeHeaders": [{"go": true, "do": ["panic ouch"]}]}`},
			want{status: 500, body: is("error happened in filter\r\n"), reached: is(false)},
		},
		"a panic in the encode headers": {
			call{script: `{"encodeHeaders": [{"do": ["panic ouch"]}]}`}, want{status: 500, body: is("error happened in filter\r\n")},
		},
		"StopAndBuffer on a request without a body is a panic": {
			call{script: `{"decodeHeaders": [{"then": "stopAndBuffer"}]}`}, want{status: 500},
		},
		"a buffered request body above the limit": {
			call{http1: true, body: slices.Repeat([]string{strings.Repeat("x", 10_000)}, big/10_000), script: `{"decodeHeaders": [{"then": "stopAndBuffer"}]}`},
			want{status: 413, body: is("Payload Too Large"), reached: is(false)},
		},
		"a buffered answer body above the limit": {
			call{
				http1: true, answer: `{"Body": ["` + strings.Repeat("x", 1000) + `"], "Repeat": 100}`,
				script: `{"encodeHeaders": [{"then": "stopAndBuffer"}]}`,
			},
			want{status: 500, body: is("Internal Server Error")},
		},
		"a large body streams": {
			call{body: slices.Repeat([]string{strings.Repeat("x", 10_000)}, big/10_000), script: `{"decodeData": [{"do": ["upper"]}]}`},
			want{sentBody: is(strings.Repeat("X", big))},
		},
		"a large body streams through goroutines": {
			call{body: slices.Repeat([]string{strings.Repeat("x", 10_000)}, big/10_000), script: `{"decodeHeaders": [{"go": true}], "decodeData": [{"go": true, "do": ["upper"]}]}`},
			want{sentBody: is(strings.Repeat("X", big))},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, h, c.call, c.want)
		})
	}
}

func TestRequestValues(t *testing.T) {
	h := start(t, 1)
	h.allow(`metadata funcroute, key a: a nested struct cannot be read through the ABI`, `contribhost refuses: secret nothing`,
		`http: panic serving`, `filter paniced with error details`)
	const (
		cluster = `xds.cluster_metadata {"a.namespace.with.a.long.name":{"a_key_of_more_than_twenty_two_bytes":"text"},"funcroute":{"region":"us-east-1","timeout":3,"type":"lambda"}}`
		theirs  = `{"nested":{"unreadable":"contribhost: the ABI does not show what is in a nested struct"},"text":"b"}`
		route   = `xds.route_metadata {"funcroute":{"empty":[],"function":"resize","list":["a",2,true],"none":null,"off":false,"on":true,"weight":3},"funcroute.parameters":{"path":"/images/{id}"}}`
	)
	cases := map[string]struct {
		call call
		want want
	}{
		"metadata of cluster and route": {
			call{script: `{"decodeHeaders": [{"do": ["property xds.cluster_metadata", "property xds.route_metadata"]}]}`},
			want{journal: journal(with([]string{"DecodeHeaders / end=true", cluster, route}, hello...)...)},
		},
		"metadata from a goroutine, and with the answer": {
			call{script: `{"decodeHeaders": [{"go": true, "do": ["property xds.cluster_metadata", "property xds.route_metadata"]}], "encodeHeaders": [{"do": ["property xds.route_metadata"]}]}`},
			want{journal: journal("DecodeHeaders / end=true", cluster, route, "EncodeHeaders 200 end=false", route, `EncodeData "hello" end=true`)},
		},
		"paths into metadata": {
			call{script: `{"decodeHeaders": [{"do": ["property xds.cluster_metadata.filter_metadata.funcroute.type", "property xds.cluster_metadata.filter_metadata.funcroute.timeout",
				"property xds.route_metadata.filter_metadata.funcroute.on", "property xds.route_metadata.filter_metadata.funcroute.nothing", "property xds.route_metadata.filter_metadata.funcroute.parameters.path"]}]}`},
			want{journal: journal(with([]string{
				"DecodeHeaders / end=true", "xds.cluster_metadata.filter_metadata.funcroute.type=lambda", "xds.cluster_metadata.filter_metadata.funcroute.timeout=3",
				"xds.route_metadata.filter_metadata.funcroute.on=true", "xds.route_metadata.filter_metadata.funcroute.nothing: value not found",
				"xds.route_metadata.filter_metadata.funcroute.parameters.path: value not found",
			}, hello...)...)},
		},
		"a nested struct is refused": {
			call{path: "nested", script: `{"decodeHeaders": [{"do": ["property xds.route_metadata"]}]}`},
			want{journal: with(with([]string{"DecodeHeaders /nested end=true", "xds.route_metadata: serialization failure"}, hello...), last("/nested", "200", "via_upstream", "false,false", "0")...)},
		},
		"no cluster behind the route": {
			call{path: "direct", script: `{"decodeHeaders": [{"do": ["property xds.cluster_metadata", "property xds.cluster_name", "property xds.route_metadata", "property xds.route_name"]}]}`},
			want{status: 203, journal: with([]string{
				"DecodeHeaders /direct end=true", "xds.cluster_metadata: value not found", "xds.cluster_name: value not found", "xds.route_metadata {}", "xds.route_name=direct",
				"EncodeHeaders 203 end=false", `EncodeData "direct" end=true`,
			}, last("/direct", "203", "direct_response", "false,false", "0")...)},
		},
		"attributes": {
			call{path: "p?q=1", script: `{"decodeHeaders": [{"do": ["property request.path", "property request.url_path", "property request.query", "property request.method", "property request.scheme",
				"property request.headers.x-id", "property request.protocol", "property xds.route_name", "property xds.cluster_name", "property response.code", "property connection.mtls", "property no.such", "property request.headers.none"]}],
				"encodeHeaders": [{"do": ["property response.code", "property response.code_details", "property response.headers.x-upstream"]}]}`, id: "attributes"},
			want{journal: with([]string{
				"DecodeHeaders /p?q=1 end=true", "request.path=/p?q=1", "request.url_path=/p", "request.query=q=1", "request.method=GET", "request.scheme=http",
				"request.headers.x-id=attributes", "request.protocol=HTTP/2", "xds.route_name=plain", "xds.cluster_name=main", "response.code: value not found", "connection.mtls=false", "no.such: value not found",
				"request.headers.none: value not found", "EncodeHeaders 200 end=false", "response.code=200", "response.code_details=via_upstream", "response.headers.x-upstream=main",
				`EncodeData "hello" end=true`,
			}, last("/p?q=1", "200", "via_upstream", "false,false", "0")...)},
		},
		"stream info": {
			call{http1: true, script: `{"decodeHeaders": [{"do": ["info"]}], "encodeHeaders": [{"go": true, "do": ["info"]}]}`},
			want{journal: journal("DecodeHeaders / end=true", "info route=plain protocol=HTTP/1.1 code=0,false details=,false cluster=main,true upstream=false remote=true tls=false",
				"EncodeHeaders 200 end=false", "info route=plain protocol=HTTP/1.1 code=200,true details=via_upstream,true cluster=main,true upstream=true remote=true tls=false",
				`EncodeData "hello" end=true`)},
		},
		"dynamic metadata": {
			call{script: `{"decodeHeaders": [{"do": ["getMeta probe", "setMeta probe text \"a\"", "setMeta probe number 1.5", "setMeta probe flag true", "setMeta probe list [\"x\",2,false]", "getMeta probe", "property metadata"]}],
				"encodeHeaders": [{"go": true, "do": ["setMeta probe text \"b\"", "getMeta probe"]}]}`},
			want{
				access: `200 via_upstream {"flag":true,"list":["x",2,false],"number":1.5,"text":"b"} -`,
				journal: journal("DecodeHeaders / end=true", "meta probe {}", `meta probe {"flag":true,"list":["x",2,false],"number":1.5,"text":"a"}`, `metadata {"probe":{"flag":true,"list":["x",2,false],"number":1.5,"text":"a"},"theirs":`+theirs+`}`,
					"EncodeHeaders 200 end=false", `meta probe {"flag":true,"list":["x",2,false],"number":1.5,"text":"b"}`, `EncodeData "hello" end=true`),
			},
		},
		"dynamic metadata of another filter": {
			call{script: `{"decodeHeaders": [{"do": ["getMeta theirs"]}], "encodeHeaders": [{"go": true, "do": ["getMeta theirs"]}]}`},
			want{journal: journal("DecodeHeaders / end=true", "meta theirs "+theirs, "EncodeHeaders 200 end=false", "meta theirs "+theirs, `EncodeData "hello" end=true`)},
		},
		"filter state": {
			call{script: `{"decodeHeaders": [{"do": ["getState probe", "setState probe one", "getState probe"]}], "encodeHeaders": [{"go": true, "do": ["getState probe"]}]}`},
			want{access: "200 via_upstream - one", journal: journal("DecodeHeaders / end=true", "state probe=", "state probe=one", "EncodeHeaders 200 end=false", "state probe=one", `EncodeData "hello" end=true`)},
		},
		"the configuration": {
			call{script: `{"decodeHeaders": [{"do": ["config"]}]}`},
			want{journal: journal(with([]string{"DecodeHeaders / end=true", `config {"list":[1,[true,null]],"name":"base","object":{"x":"1.5"},"text":"a \"quote\", ä and €"}`}, hello...)...)},
		},
		"the configuration merged with the route's": {
			call{path: "merged", script: `{"decodeHeaders": [{"do": ["config"]}]}`},
			want{journal: with(with([]string{"DecodeHeaders /merged end=true", `config {"extra":7,"list":[1,[true,null]],"name":"route","object":{"x":"1.5"},"text":"a \"quote\", ä and €"}`}, hello...),
				last("/merged", "200", "via_upstream", "false,false", "0")...)},
		},
		"the route is chosen again": {
			call{script: `{"decodeHeaders": [{"do": ["set x-route other", "refreshRoute", "property xds.route_metadata", "property xds.cluster_metadata", "info"]}]}`},
			want{upstream: "other", journal: journal(with([]string{
				"DecodeHeaders / end=true", `xds.route_metadata {"funcroute":{"function":"there"}}`, `xds.cluster_metadata {"funcroute":{"type":"rest"}}`,
				"info route=other protocol=HTTP/2.0 code=0,false details=,false cluster=other,true upstream=false remote=true tls=false",
			}, helloHTTP1...)...)},
		},
		"the route is chosen again from a goroutine": {
			call{body: post, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["refreshRoute", "property xds.cluster_metadata"]}]}`, header: map[string]string{"x-route": "other"}},
			want{upstream: "other", sentBody: is("hello")},
		},
		"a cleared route is chosen by Envoy": {
			call{script: `{"decodeHeaders": [{"do": ["set x-route other", "clearRoute", "property xds.route_metadata"]}]}`},
			want{upstream: "other", journal: journal(with([]string{"DecodeHeaders / end=true", route}, helloHTTP1...)...)},
		},
		"an upstream host must be an address": {
			call{script: `{"decodeHeaders": [{"do": ["host nowhere.example"]}]}`},
			want{journal: journal(with([]string{"DecodeHeaders / end=true", "host invalid IP address"}, hello...)...)},
		},
		"secrets are refused": {
			call{script: `{"decodeHeaders": [{"do": ["secret nothing"]}]}`}, want{status: 500},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, h, c.call, c.want)
		})
	}
}

func TestMetrics(t *testing.T) {
	h := start(t, 2)
	h.allow(`http: panic serving`, `filter paniced with error details`)
	check(t, h, call{script: `{"decodeHeaders": [{"do": ["count 5"]}], "encodeHeaders": [{"go": true, "do": ["count 2", "gauge 40"]}]}`}, want{})
	check(t, h, call{id: "panic", script: `{"decodeHeaders": [{"do": ["panic ouch"]}]}`}, want{status: 500})
	stats := h.get(h.admin + "/stats?usedonly")
	for _, line := range []string{"dynamicmodulescustom.probe.counter: 7", "dynamicmodulescustom.probe.gauge: 39", "dynamicmodulescustom.golang.panic_error: 1"} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(line) + `$`).MatchString(stats) {
			t.Errorf("stats: got\n%s\nwant the line %s", stats, line)
		}
	}
}

func TestLog(t *testing.T) {
	h := start(t, 1)
	check(t, h, call{script: `{"decodeHeaders": [{"do": ["log something worth a warning"]}]}`}, want{})
	if got := h.logText(); !strings.Contains(got, "[warning][dynamic_modules]") || !strings.Contains(got, "[http][probe] something worth a warning") {
		t.Errorf("log: got\n%s\nwant the plugin's warning", got)
	}
}

// A client that goes away while the plugin holds its request.
func TestDestroyWhileRunning(t *testing.T) {
	h := start(t, 2)
	for name, c := range map[string]call{
		"in the headers, then Continue":   {script: `{"decodeHeaders": [{"go": true, "do": ["untilGone"]}]}`},
		"in the headers, then a question": {script: `{"decodeHeaders": [{"go": true, "do": ["untilGone", "property xds.route_metadata"]}]}`},
		"in the headers, then a header":   {script: `{"decodeHeaders": [{"go": true, "do": ["untilGone", "set x-a 1"]}]}`},
		"in the headers, then a reply":    {script: `{"decodeHeaders": [{"go": true, "do": ["untilGone", "reply 200 late"]}]}`},
		"in the data, then the buffer":    {body: post, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["untilGone", "upper"]}]}`},
		"in the answer":                   {script: `{"encodeHeaders": [{"go": true, "do": ["untilGone", "set x-a 1"]}]}`},
		"in a local reply":                {script: `{"decodeHeaders": [{"do": ["reply 200 x"]}], "encodeHeaders": [{"go": true, "do": ["untilGone", "set x-a 1"]}]}`},
	} {
		for _, http1 := range []bool{false, true} {
			c, kind := c, map[bool]string{true: "HTTP1", false: "HTTP2"}[http1]
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				c.http1, c.id = http1, strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
				ctx, cancel := context.WithCancel(t.Context())
				failed := make(chan error, 1)
				go func() {
					_, err := h.try(ctx, &c)
					failed <- err
				}()
				held := regexp.MustCompile(map[bool]string{true: "EncodeHeaders", false: "Decode(Data|Headers)"}[strings.Contains(c.script, "encode")])
				h.poll("the plugin to hold the request", func() bool {
					lines := h.journalNow(t, c.id)
					return len(lines) > 0 && held.MatchString(lines[len(lines)-1])
				})
				cancel()
				if err := <-failed; err == nil {
					t.Error("request: got no error, want a cancelled one")
				}
				if got, want := strings.Join(h.journal(t, c.id), "\n"), "OnDestroy 1"; !strings.Contains(got, want) {
					t.Errorf("journal: got\n%s\nwant %s", got, want)
				}
				h.poll("the goroutine to be told", func() bool {
					got := strings.Join(h.journalNow(t, c.id), "\n")
					return strings.Contains(got, "goroutine stopped: golang filter has been destroyed")
				})
			})
		}
	}
}

// Many requests at once, on two workers, of all kinds.
func TestLoad(t *testing.T) {
	h := start(t, 2)
	kinds := []call{
		{},
		{http1: true},
		{body: post, script: `{"decodeHeaders": [{"then": "stopAndBuffer"}], "decodeData": [{"do": ["upper"]}]}`},
		{body: post, http1: true, script: `{"decodeHeaders": [{"go": true, "then": "stopAndBuffer"}], "decodeData": [{"go": true, "do": ["upper"]}]}`},
		{script: `{"decodeHeaders": [{"go": true, "do": ["property xds.cluster_metadata", "property xds.route_metadata", "set x-a 1"]}], "encodeHeaders": [{"go": true, "do": ["set x-b 1"]}]}`},
		{
			body: post, trailer: map[string]string{"x-in": "1"}, answer: `{"Body": ["hello"], "Trailer": {"x-out": "1"}}`,
			script: `{"decodeTrailers": [{"go": true, "do": ["set x-in 2"]}], "encodeTrailers": [{"go": true, "do": ["set x-out 2"]}]}`,
		},
		{http1: true, script: `{"decodeHeaders": [{"go": true, "do": ["reply 200 hello"]}], "encodeHeaders": [{"go": true}]}`},
		{body: slices.Repeat([]string{strings.Repeat("x", 5000)}, 20), script: `{"decodeData": [{"go": true, "do": ["upper"]}]}`},
	}
	const clients, each = 32, 100
	failures := make(chan error, clients)
	for client := range clients {
		go func() {
			for i := range each {
				c := kinds[(client+i)%len(kinds)]
				got, err := h.try(t.Context(), &c)
				if err == nil && (got.status != 200 || got.body != "hello") {
					err = fmt.Errorf("script %s: got %d %q, want 200 hello", c.script, got.status, got.body)
				}
				if err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}()
	}
	for range clients {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}

// What is wrong with a configuration keeps Envoy from starting and is named in its log.
func TestRefusedConfiguration(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"the plugin refuses its settings": {"name: base,", "name: base, refuse: true,", "failed to parse plugin config"},
		"no library":                      {"{{probe}}", "/no/such/library.so", "cannot load : /no/such/library.so"},
		"a library without the symbols":   {"{{probe}}", "{{host}}", "cannot find symbol: envoyGoFilterNewHttpPluginConfig"},
		"an unknown key":                  {"library_id: probe", "library_id: probe\n                  libary: x", "unknown key libary"},
		"a missing key":                   {"plugin_name: probe\n", "\n", "needs the string plugin_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepare(t)
			if !strings.Contains(bootstrap, c.from) {
				t.Fatalf("the bootstrap lacks %q", c.from)
			}
			h.launch(1, strings.Replace(bootstrap, c.from, c.to, 1))
			<-h.process.Exited()
			if got := h.logText(); h.process.ExitCode() == 0 || !strings.Contains(got, c.want) {
				t.Errorf("exit code and log: got %d\n%s\nwant a failure and %q", h.process.ExitCode(), got, c.want)
			}
		})
	}
}

// What takes a contrib Envoy down takes this one down.
func TestFatal(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		call     call
		want     string
	}{
		// The library is not loaded when a route inside the listener is read, so its configuration is parsed with the first
		// request (RoutePluginConfig::getMergedConfigId, RELEASE_ASSERT).
		"a route's settings are refused": {
			"name: route,", "name: route, refuse: true,",
			call{path: "merged"},
			"the route's configuration of probe (upstream: RELEASE_ASSERT)",
		},
		"Continue(StopAndBuffer) from a goroutine on a request without a body": {
			"", "",
			call{script: `{"decodeHeaders": [{"go": true, "then": "stopAndBuffer"}]}`},
			"upstream dereferences data_buffer_",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := prepare(t)
			h.launch(1, strings.Replace(bootstrap, c.from, c.to, 1))
			h.ready()
			if got, err := h.try(t.Context(), &c.call); err == nil {
				t.Errorf("request: got %d, want an Envoy that is gone", got.status)
			}
			<-h.process.Exited()
			if got := h.logText(); !strings.Contains(got, c.want) {
				t.Errorf("log: got\n%s\nwant %q", got, c.want)
			}
		})
	}
}
