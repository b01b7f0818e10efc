package lambda

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	oracle "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/lambda/format"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

func frameOf(t testing.TB, event, payload string) []byte {
	t.Helper()
	kind, name := "event", ":event-type"
	if after, exception := strings.CutPrefix(event, "exception "); exception {
		kind, name, event = "exception", ":exception-type", after
	}
	var encoded bytes.Buffer
	err := oracle.NewEncoder().Encode(&encoded, oracle.Message{
		Headers: oracle.Headers{
			{Name: ":message-type", Value: oracle.StringValue(kind)},
			{Name: name, Value: oracle.StringValue(event)},
		},
		Payload: []byte(payload),
	})
	if err != nil {
		t.Fatal(err)
	}
	return encoded.Bytes()
}

func TestStream(t *testing.T) {
	const zeros = "\x00\x00\x00\x00\x00\x00\x00\x00"
	type frames [][2]string
	complete := [2]string{"InvokeComplete", `{"LogResult": "x"}`}
	cases := []struct {
		name        string
		payload     string // apigateway-v2 if empty
		frames      frames
		cut         int // bytes missing at the end
		wantStatus  string
		wantBody    string
		wantHeaders map[string]string
		wantValues  map[string][]string
		wantCookies []string
		wantReason  plugins.Reason
		wantType    string // annotation error_type
	}{
		{
			name:       "bytes as they are",
			payload:    "body",
			frames:     frames{{"PayloadChunk", "a"}, {"PayloadChunk", "{b"}, complete},
			wantStatus: "200", wantBody: "a{b", wantHeaders: map[string]string{"content-type": "application/octet-stream"},
		},
		{
			name: "a prelude in one piece with the body",
			frames: frames{
				{"PayloadChunk", `{"statusCode": 201, "headers": {"content-type": "text/plain", "x-a": "b"}, "cookies": ["c=1", "d=2"]}` + zeros + "he"},
				{"PayloadChunk", "llo"},
				complete,
			},
			wantStatus: "201", wantBody: "hello", wantHeaders: map[string]string{"content-type": "text/plain", "x-a": "b"},
			wantCookies: []string{"c=1", "d=2"},
		},
		{
			name: "a prelude in pieces",
			frames: frames{
				{"PayloadChunk", `{"statusCode": 20`}, {"PayloadChunk", "2}\x00\x00\x00"}, {"PayloadChunk", zeros[3:]}, {"PayloadChunk", zeros + "x"}, complete,
			},
			wantStatus: "202", wantBody: zeros + "x",
		},
		{
			name: "a prelude with lists, as the runtime for Rust writes it",
			frames: frames{
				{"PayloadChunk", `{"statusCode":200,"headers":{"vary":["accept","cookie"],"x-one":"1"},"cookies":[]}` + zeros + "x"}, complete,
			},
			wantStatus: "200", wantBody: "x", wantHeaders: map[string]string{"vary": "accept", "x-one": "1", "content-type": "application/octet-stream"},
			wantValues: map[string][]string{"vary": {"accept", "cookie"}},
		},
		{
			name: "a prelude with numbers and booleans",
			frames: frames{
				{
					"PayloadChunk", `{"statusCode":"206","headers":{"age":7,"x-live":true,"x-list":[1,false,"a",null],"content-type":["text/plain"],"x-null":null},` +
						`"multiValueHeaders":{"x-single":"s","x-number":1.50,"x-many":[1,"b"]},"cookies":["a=1",2]}` + zeros,
				},
				complete,
			},
			wantStatus: "206", wantCookies: []string{"a=1", "2"},
			wantValues: map[string][]string{
				"age": {"7"}, "x-live": {"true"}, "x-list": {"1", "false", "a"}, "content-type": {"text/plain"}, "x-null": nil,
				"x-single": {"s"}, "x-number": {"1.50"}, "x-many": {"1", "b"},
			},
		},
		{
			name:   "a prelude with one cookie",
			frames: frames{{"PayloadChunk", `{"cookies":"a=1"}` + zeros}, complete}, wantStatus: "200", wantCookies: []string{"a=1"},
		},
		{name: "a prelude with a list in a list", frames: frames{{"PayloadChunk", `{"headers":{"a":[["b"]]}}` + zeros}, complete}, wantReason: plugins.InvalidAnswer},
		{name: "a prelude with an object in a list", frames: frames{{"PayloadChunk", `{"headers":{"a":[{}]}}` + zeros}, complete}, wantReason: plugins.InvalidAnswer},
		{name: "a prelude with a split header in a list", frames: frames{{"PayloadChunk", `{"headers":{"a":["b\nc: d"]}}` + zeros}, complete}, wantReason: plugins.InvalidAnswer},
		{
			name:       "a prelude with brackets and quotes in its strings",
			frames:     frames{{"PayloadChunk", `{"headers":{"x-a":"}]\"{\\"}}` + zeros + "x"}, complete},
			wantStatus: "200", wantBody: "x", wantHeaders: map[string]string{"x-a": `}]"{\`},
		},
		{name: "a prelude and space", frames: frames{{"PayloadChunk", "\n{\"statusCode\":201}\r\n" + zeros + "x"}, complete}, wantStatus: "201", wantBody: "x"},
		{name: "lines of JSON", frames: frames{{"PayloadChunk", "{\"n\":1}\n"}, {"PayloadChunk", "{\"n\":2}\n"}, complete}, wantStatus: "200", wantBody: "{\"n\":1}\n{\"n\":2}\n", wantHeaders: map[string]string{"content-type": "application/octet-stream"}},
		{
			name:       "lines of JSON that look like preludes",
			frames:     frames{{"PayloadChunk", "{\"headers\":{}}\n{\"headers\":{}}\n"}, complete},
			wantStatus: "200", wantBody: "{\"headers\":{}}\n{\"headers\":{}}\n",
		},
		{name: "fewer zeros than separate", frames: frames{{"PayloadChunk", "{}" + zeros[1:] + "x"}, complete}, wantStatus: "200", wantBody: "{}" + zeros[1:] + "x"},
		{
			name:       "a function that does not stream and ends its result with a line feed",
			frames:     frames{{"PayloadChunk", "{\"statusCode\": 418, \"body\": \"tea\"}\n"}, complete},
			wantStatus: "418", wantBody: "tea",
		},
		{name: "nothing for an event", frames: frames{complete}, wantStatus: "200", wantHeaders: map[string]string{"content-type": "application/octet-stream"}},
		{name: "a prelude without a status", frames: frames{{"PayloadChunk", "{}" + zeros + "x"}, complete}, wantStatus: "200", wantBody: "x"},
		{name: "no prelude", frames: frames{{"PayloadChunk", "plain {"}, {"PayloadChunk", zeros}, complete}, wantStatus: "200", wantBody: "plain {" + zeros},
		{name: "zeros in the first piece of what is no prelude", frames: frames{{"PayloadChunk", "tar" + zeros + "x"}, complete}, wantStatus: "200", wantBody: "tar" + zeros + "x"},
		{name: "nothing but zeros", frames: frames{{"PayloadChunk", zeros}, complete}, wantStatus: "200", wantBody: zeros},
		{
			name:       "a function that does not stream after all",
			frames:     frames{{"PayloadChunk", `{"statusCode": 418, `}, {"PayloadChunk", `"body": "tea"}`}, complete},
			wantStatus: "418", wantBody: "tea",
		},
		{name: "nothing", payload: "body", frames: frames{complete}, wantStatus: "200"},
		{name: "a prelude that is no JSON", frames: frames{{"PayloadChunk", "{nonsense" + zeros}, complete}, wantReason: plugins.InvalidAnswer},
		{name: "a prelude with a bad status", frames: frames{{"PayloadChunk", `{"statusCode": 99}` + zeros}, complete}, wantReason: plugins.InvalidAnswer},
		{name: "a prelude with a split header", frames: frames{{"PayloadChunk", `{"headers": {"a": "b\r\nc: d"}}` + zeros}, complete}, wantReason: plugins.InvalidAnswer},
		{
			name:       "an error at the end",
			frames:     frames{{"PayloadChunk", "half"}, {"InvokeComplete", `{"ErrorCode": "Runtime.ExitError", "ErrorDetails": "at secret.py:7"}`}},
			wantReason: plugins.FunctionError, wantType: "Runtime.ExitError",
		},
		{
			name:       "a timeout at the end",
			frames:     frames{{"InvokeComplete", `{"ErrorCode": "Sandbox.Timedout", "ErrorDetails": "Task timed out after 3.00 seconds"}`}},
			wantReason: plugins.FunctionTimeout, wantType: "Sandbox.Timedout",
		},
		{name: "an exception", frames: frames{{"exception throttlingException", "{}"}}, wantReason: plugins.UpstreamRejected, wantType: "throttlingException"},
		{name: "no end", frames: frames{{"PayloadChunk", "half"}}, wantReason: plugins.InvalidAnswer},
		{name: "an end in the middle of a frame", frames: frames{{"PayloadChunk", "half"}, complete}, cut: 3, wantReason: plugins.InvalidAnswer},
		{name: "an event that will be invented yet", frames: frames{{"New", "?"}, {"PayloadChunk", "x"}, complete}, wantStatus: "200", wantBody: "x"},
	}
	for _, c := range cases {
		for _, size := range []int{1, 64, 1 << 20} {
			t.Run(c.name, func(t *testing.T) {
				var sent []byte
				for _, f := range c.frames {
					sent = append(sent, frameOf(t, f[0], f[1])...)
				}
				sent = sent[:len(sent)-c.cut]
				answer, decoder := streamOf(t, c.payload)
				body, err := decodeAll(decoder, sent, size)

				if c.wantReason != "" {
					var failure *plugins.Error
					if !errors.As(err, &failure) || failure.Reason != c.wantReason {
						t.Fatalf("error = %v, want %s", err, c.wantReason)
					}
					if strings.Contains(failure.Detail, "secret") {
						t.Errorf("detail = %q, want it without the function's own words", failure.Detail)
					}
				} else if err != nil {
					t.Fatal(err)
				}
				if c.wantType != "" && !slices.Contains(answer.Annotations(), plugins.Annotation{Key: "error_type", Value: c.wantType}) {
					t.Errorf("annotations lack error_type %s", c.wantType)
				}
				if c.wantStatus == "" {
					return
				}
				if got := answer.Headers.Get(":status"); got != c.wantStatus || string(body) != c.wantBody {
					t.Errorf("answer = %s %q, want %s %q", got, body, c.wantStatus, c.wantBody)
				}
				for name, want := range c.wantHeaders {
					if got := answer.Headers.Get(name); got != want {
						t.Errorf("%s = %q, want %q", name, got, want)
					}
				}
				for name, want := range c.wantValues {
					if got := answer.Headers.Values(name); !slices.Equal(got, want) {
						t.Errorf("%s = %q, want %q", name, got, want)
					}
				}
				if got := answer.Headers.Values("set-cookie"); !slices.Equal(got, c.wantCookies) {
					t.Errorf("cookies = %q, want %q", got, c.wantCookies)
				}
			})
		}
	}
}

// What may yet become a prelude is held back, but not for ever.
func TestAStreamThatBeginsLikeAPreludeIsHeldBackOnlySoFar(t *testing.T) {
	const most = 64 << 10
	_, decoder := streamOf(t, "")
	sent := "{" + strings.Repeat("x", most-1)
	if out, ready, err := decoder.Decode(frameOf(t, "PayloadChunk", sent), false); len(out) != 0 || ready || err != nil {
		t.Fatalf("after %d bytes: got %d bytes, %t, %v, want them held back", len(sent), len(out), ready, err)
	}
	out, ready, err := decoder.Decode(frameOf(t, "PayloadChunk", "y"), false)
	if string(out) != sent+"y" || !ready || err != nil {
		t.Errorf("after one byte more: got %d bytes, %t, %v, want all of them", len(out), ready, err)
	}
}

// A line of JSON must not wait for the next one, which may be long in coming.
func TestWhatCannotBeAPreludeIsReleasedAtOnce(t *testing.T) {
	cases := map[string]struct {
		pieces []string
		want   []string // what is released of each piece
	}{
		"lines": {
			[]string{`{"n":1}`, "\n", `{"n":2}`, "\n"},
			[]string{"", "{\"n\":1}\n", `{"n":2}`, "\n"},
		},
		"a line that looks like a prelude": {
			[]string{"{\"headers\":[]}\n", "{"},
			[]string{"", "{\"headers\":[]}\n{"},
		},
		"an object and another byte": {
			[]string{"{}", "x"},
			[]string{"", "{}x"},
		},
		"an object, zeros and another byte": {
			[]string{"{}", "\x00\x00\x00", "x"},
			[]string{"", "", "{}\x00\x00\x00x"},
		},
		"a list": {[]string{"["}, []string{"["}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, decoder := streamOf(t, "")
			for i, piece := range c.pieces {
				out, ready, err := decoder.Decode(frameOf(t, "PayloadChunk", piece), false)
				if string(out) != c.want[i] || ready != (c.want[i] != "") || err != nil {
					t.Errorf("piece %d: got %q, %t, %v, want %q", i, out, ready, err, c.want[i])
				}
			}
		})
	}
}

func TestTheContentTypeOfAStream(t *testing.T) {
	cases := map[string]string{
		"":                                   "application/octet-stream",
		"application/vnd.amazon.eventstream": "application/octet-stream",
		"Application/vnd.awslambda.http-integration-response; charset=utf-8": "application/octet-stream",
		"text/event-stream; charset=utf-8":                                   "text/event-stream; charset=utf-8",
		"application/json":                                                   "application/json",
	}
	for given, want := range cases {
		t.Run(given, func(t *testing.T) {
			if got := format.StreamType(given); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func streamOf(t testing.TB, payload string) (*plugins.Answer, plugins.Decoder) {
	t.Helper()
	if payload == "" {
		payload = "apigateway-v2"
	}
	none, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	settings := plugins.Settings{"region": "us-east-1", "invocation": "response-stream", "payload": payload}
	up, err := newType().NewUpstream(&plugintest.Environment{}, settings)
	if err != nil {
		t.Fatal(err)
	}
	made, err := up.NewFunction(plugins.FunctionSpec{Name: "f", Target: "f", Settings: settings, Parameters: none})
	if err != nil {
		t.Fatal(err)
	}
	f := made.(*function)
	if want := "/2021-11-15/functions/f/response-streaming-invocations"; f.path != want {
		t.Errorf("path = %s, want %s", f.path, want)
	}
	headers := plugintest.NewHeaders([2]string{":status", "200"}, [2]string{"content-type", "application/vnd.amazon.eventstream"})
	answer := plugins.NewAnswer(plugins.NewRequest(plugintest.NewHeaders(), plugintest.Connection{}, nil), headers)
	if needsBody, err := f.Headers(answer); needsBody || err != nil {
		t.Fatalf("Headers = %v, %v, want no body and no error", needsBody, err)
	}
	return answer, f.Stream(answer)
}

// decodeAll is what the filter does with pieces of that size: once it is ready, a decoder stays ready.
func decodeAll(decoder plugins.Decoder, sent []byte, size int) (body []byte, err error) {
	for piece := range slices.Chunk(sent, size) {
		out, _, err := decoder.Decode(piece, false)
		if err != nil {
			return nil, err
		}
		body = append(body, out...)
	}
	out, _, err := decoder.Decode(nil, true)
	return append(body, out...), err
}

func FuzzStream(f *testing.F) {
	f.Add(frameOf(f, "PayloadChunk", "{\"statusCode\": 200, \"headers\": {\"a\": \"b\"}}\x00\x00\x00\x00\x00\x00\x00\x00x"), 5)
	f.Add(frameOf(f, "InvokeComplete", "{}"), 1)
	f.Fuzz(func(t *testing.T, payload []byte, size int) {
		sent := append(frameOf(t, "PayloadChunk", string(payload)), frameOf(t, "InvokeComplete", "{}")...)
		answer, decoder := streamOf(t, "")
		if _, err := decodeAll(decoder, sent, max(1, size%512)); err != nil {
			return
		}
		answer.Headers.Range(func(name, value string) bool {
			if strings.ContainsAny(name+value, "\r\n\x00") {
				t.Errorf("header %q: %q", name, value)
			}
			return true
		})
	})
}
