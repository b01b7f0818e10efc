package lambda

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/funcroute/funcroute/parameters"
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
	c := read(r)
	defer c.release()
	if err := (&httpAPI{}).event(c); err != nil {
		t.Fatal(err)
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(r.Body(), &event); err != nil {
		t.Fatalf("%v in %q", err, r.Body())
	}
	if members := duplicates(t, r.Body()); len(members) > 0 {
		t.Errorf("members that are there twice: %q in %q", members, r.Body())
	}
	return event
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
	path := "/?" + strings.Repeat("a=1&b&", 20_000)
	start := time.Now()
	event := eventOf(t, newRequest(plugintest.NewHeaders([2]string{":path", path}), nil))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %s", took)
	}
	if got, want := event.QueryStringParameters["a"], strings.Repeat("1,", 19_999)+"1"; got != want {
		t.Errorf("a: got %d bytes, want %d", len(got), len(want))
	}
}

func TestOneRequestLeavesNothingToTheNext(t *testing.T) {
	eventOf(t, newRequest(plugintest.NewHeaders([2]string{":path", "/?secret=1"}, [2]string{"x-secret", "1"}), nil))
	r := newRequest(plugintest.NewHeaders([2]string{":path", "/"}), nil)
	eventOf(t, r)
	if strings.Contains(string(r.Body()), "secret") {
		t.Errorf("got %q", r.Body())
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("POST", "/users/7?a=1&a=2&b=%20", "api.example.com:80", "x-tag", "a\"b", "x-tag", "\xff", "application/json", []byte(`{"a":1}`))
	f.Add("GET", "/%ff/%zz?%=%&&=&+", "[::1]:8080", "cookie", "a=1; b", "cookie", ";;", "", []byte{0, 1, 2})
	f.Fuzz(func(t *testing.T, method, path, authority, name1, value1, name2, value2, contentType string, body []byte) {
		headers := plugintest.NewHeaders(
			[2]string{":method", method}, [2]string{":path", path}, [2]string{":authority", authority},
			[2]string{name1, value1}, [2]string{name2, value2}, [2]string{"content-type", contentType},
		)
		for _, name := range []string{name1, name2} {
			if name == "" || strings.HasPrefix(name, ":") || !validName(strings.ToLower(name)) {
				t.Skip("Envoy has no such header")
			}
		}
		original := headers.Clone()
		event := eventOf(t, newRequest(headers, body))
		compare := func(what, got, want string) {
			t.Helper()
			if want = strings.ToValidUTF8(want, "\ufffd"); strings.ToValidUTF8(got, "\ufffd") != want && utf8.ValidString(want) {
				if !strings.ContainsRune(want, utf8.RuneError) { // One sign per byte or per run of them: both are right.
					t.Errorf("%s: got %q, want %q", what, got, want)
				}
			}
		}
		target, query, _ := strings.Cut(path, "?")
		compare("method", event.RequestContext.HTTP.Method, method)
		compare("rawQueryString", event.RawQueryString, query)
		if decoded, err := url.PathUnescape(target); err == nil {
			compare("rawPath", event.RawPath, decoded)
			compare("path", event.RequestContext.HTTP.Path, decoded)
		}
		if values, err := url.ParseQuery(query); err == nil {
			if len(values) != len(event.QueryStringParameters) && utf8.ValidString(fmt.Sprint(values)) {
				t.Errorf("query: got %q, want %q", event.QueryStringParameters, values)
			}
			for name, list := range values {
				if utf8.ValidString(name) {
					compare("query "+name, event.QueryStringParameters[name], strings.Join(list, ","))
				}
			}
		}
		original.Range(func(name, _ string) bool {
			if !strings.HasPrefix(name, ":") && !isHiddenInVersion2(name) {
				compare("header "+name, event.Headers[name], strings.Join(original.Values(name), ","))
			}
			return true
		})
		got := []byte(event.Body)
		if event.IsBase64Encoded {
			var err error
			if got, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
				t.Error(err)
			}
		}
		if string(got) != string(body) {
			t.Errorf("body: got %q, want %q", got, body)
		}
	})
}

// typical is a request as a browser sends it.
func typical() *plugintest.Headers {
	return plugintest.NewHeaders(
		[2]string{":method", "POST"}, [2]string{":path", "/images/7/thumbnails?width=100&height=50"},
		[2]string{":authority", "api.example.com"}, [2]string{":scheme", "https"},
		[2]string{"user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
		[2]string{"accept", "application/json, text/plain, */*"}, [2]string{"accept-language", "en-US,en;q=0.5"},
		[2]string{"accept-encoding", "gzip, deflate, br"}, [2]string{"content-type", "application/json"},
		[2]string{"content-length", "1024"}, [2]string{"cookie", "session=0123456789abcdef; theme=dark"},
		[2]string{"x-forwarded-for", "203.0.113.7"}, [2]string{"x-forwarded-proto", "https"},
		[2]string{"x-request-id", "0f6d8a4e-7d8e-4b7b-9f5b-3f7f2f1c9c11"},
	)
}

// body1K is a JSON text of one kilobyte, as clients send them.
func body1K() []byte {
	return []byte(`{"items":[` + strings.Repeat(`{"id":12345,"name":"thing"},`, 35) + `{"id":7,"name":"the last one"}]}`)
}

func BenchmarkEvent(b *testing.B) {
	set, err := parameters.Compile(map[string]string{"path": "/images/{id}/thumbnails"})
	if err != nil {
		b.Fatal(err)
	}
	for name, body := range map[string][]byte{"GET": nil, "POST 1 KB": body1K()} {
		b.Run(name, func(b *testing.B) {
			headers := typical()
			r := newRequest(headers, nil)
			if r.Parameters, err = set.Extract(source{headers}); err != nil {
				b.Fatal(err)
			}
			p := &httpAPI{template: routeTemplate(set.PathTemplate())}
			b.ReportAllocs()
			for b.Loop() {
				r.SetBody(body)
				c := read(r)
				_ = p.event(c)
				c.release()
			}
		})
	}
}

type source struct{ *plugintest.Headers }

func (s source) Path() string                { return s.Get(":path") }
func (s source) Method() string              { return s.Get(":method") }
func (s source) Authority() string           { return s.Get(":authority") }
func (s source) Header(name string) []string { return s.Values(name) }
func (s source) Body() []byte                { return nil }
