package format

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	cloudevents "github.com/funcroute/funcroute/events"
	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// seen is what a function makes of an event, read with AWS's own models where there are any.
type seen struct {
	method, path, query string
	// headers and parameters have the values in the form in which the format gives them, a list of one for single ones.
	headers, parameters map[string][]string
	body                string
	encoded             bool
}

// format is a payload format as the fuzz targets know it.
type format struct {
	form payloadFormat
	// read decodes an event.
	read func(t testing.TB, event []byte) seen
	// decodes says that the path is decoded, decodesQuery that the parameters are.
	decodes, decodesQuery bool
	syntax                querySyntax
	// values is what becomes of several values of a name.
	values func([]string) []string
	// name is how a header's name is written, hidden which ones are not shown, host whether the authority is.
	name   func(string) string
	hidden func(string) bool
	host   bool
}

func join(values []string) []string { return []string{strings.Join(values, ",")} }
func same(values []string) []string { return values }
func last(values []string) []string { return values[len(values)-1:] }
func asIs(name string) string       { return name }
func never(string) bool             { return false }

func formats() map[string]format {
	version2 := format{
		read: readVersion2, decodesQuery: true, syntax: querySyntax{separators: "&"}, values: join, name: asIs,
		hidden: isHiddenInVersion2, host: true,
	}
	gateway, ownURL := version2, version2
	gateway.form, gateway.decodes = &httpAPI{}, true
	ownURL.form = &functionURL{}
	rest := func(values func([]string) []string, read func(testing.TB, []byte) seen) format {
		return format{
			form: &restAPI{}, read: read, decodesQuery: true, syntax: restQuery, values: values, name: http.CanonicalHeaderKey,
			hidden: isHiddenInREST, host: true,
		}
	}
	balancer := func(multiValue bool, values func([]string) []string) format {
		return format{
			form: &targetGroup{multiValue: multiValue}, read: readTargetGroup, syntax: querySyntax{separators: "&"}, values: values,
			name: asIs, hidden: isHiddenInTargetGroup, host: true,
		}
	}
	return map[string]format{
		"apigateway-v2":        gateway,
		"function-url":         ownURL,
		"apigateway-v1":        rest(last, readREST),
		"apigateway-v1, lists": rest(same, readRESTLists),
		"alb":                  balancer(false, last),
		"alb-multi-value":      balancer(true, same),
		"envoy": {
			form: &native{}, read: readNative, syntax: nativeQuery, name: asIs, hidden: never,
			values: nil, // Headers and parameters differ.
		},
	}
}

func readVersion2(t testing.TB, text []byte) seen {
	event := decode[events.APIGatewayV2HTTPRequest](t, text)
	if event.RawPath != event.RequestContext.HTTP.Path {
		t.Errorf("paths: got %q and %q", event.RawPath, event.RequestContext.HTTP.Path)
	}
	return seen{
		event.RequestContext.HTTP.Method, event.RawPath, event.RawQueryString, lists(event.Headers),
		lists(event.QueryStringParameters), event.Body, event.IsBase64Encoded,
	}
}

func readREST(t testing.TB, text []byte) seen {
	event := decode[events.APIGatewayProxyRequest](t, text)
	return seen{
		event.HTTPMethod, event.Path, "", lists(event.Headers), lists(event.QueryStringParameters), event.Body, event.IsBase64Encoded,
	}
}

func readRESTLists(t testing.TB, text []byte) seen {
	event := decode[events.APIGatewayProxyRequest](t, text)
	return seen{
		event.HTTPMethod, event.Path, "", event.MultiValueHeaders, event.MultiValueQueryStringParameters, event.Body,
		event.IsBase64Encoded,
	}
}

func readTargetGroup(t testing.TB, text []byte) seen {
	event := decode[events.ALBTargetGroupRequest](t, text)
	s := seen{event.HTTPMethod, event.Path, "", event.MultiValueHeaders, event.MultiValueQueryStringParameters, event.Body, event.IsBase64Encoded}
	if s.headers == nil {
		s.headers, s.parameters = lists(event.Headers), lists(event.QueryStringParameters)
	}
	// What a load balancer adds, the client has not sent.
	if port, trace := s.headers[portHeader], s.headers[traceHeader]; len(port) != 1 || !isPort(port[0]) || len(trace) != 1 || !strings.Contains(trace[0], "=1-") {
		t.Errorf("port and trace: got %q and %q", port, trace)
	}
	delete(s.headers, portHeader)
	delete(s.headers, traceHeader)
	return s
}

func readNative(t testing.TB, text []byte) seen {
	event := decode[struct {
		Path       string            `json:"raw_path"`
		Method     string            `json:"method"`
		Headers    map[string]string `json:"headers"`
		Parameters map[string]string `json:"query_string_parameters"`
		Body       string            `json:"body"`
		Encoded    bool              `json:"is_base64_encoded"`
	}](t, text)
	path, query, _ := strings.Cut(event.Path, "?")
	return seen{event.Method, path, query, lists(event.Headers), lists(event.Parameters), event.Body, event.Encoded}
}

func lists(single map[string]string) map[string][]string {
	multiple := map[string][]string{}
	for name, value := range single {
		multiple[name] = []string{value}
	}
	return multiple
}

func decode[T any](t testing.TB, text []byte) T {
	t.Helper()
	event := decodeJSON[T](t, text)
	if members := duplicates(t, text); len(members) > 0 {
		t.Errorf("members that are there twice: %q in %q", members, text)
	}
	return event
}

// eventBy builds an event.
func eventBy(t testing.TB, p payloadFormat, r *plugins.Request) ([]byte, error) {
	t.Helper()
	err := (&Format{form: p}).Event(r)
	return r.Body(), err
}

// FuzzEvent asks of every format that a function finds in the event what the client has sent.
func FuzzEvent(f *testing.F) {
	f.Add("POST", "/users/7?a=1&a=2&b=%20", "api.example.com:80", "x-tag", "a\"b", "x-tag", "\xff", "application/json", []byte(`{"a":1}`))
	f.Add("GET", "/%ff/%zz?%=%&&=&+", "[::1]:8080", "cookie", "a=1; b", "cookie", ";;", "", []byte{0, 1, 2})
	f.Add("GET", "/?a=1;a=2;b", "", "content-encoding", "gzip", "content-length", "7", "text/plain", []byte("x"))
	f.Fuzz(func(t *testing.T, method, path, authority, name1, value1, name2, value2, contentType string, body []byte) {
		headers := plugintest.NewHeaders(
			[2]string{":method", method}, [2]string{":path", path}, [2]string{":authority", authority},
			[2]string{name1, value1}, [2]string{name2, value2}, [2]string{"content-type", contentType},
		)
		for _, name := range []string{name1, name2} {
			if name == "" || strings.HasPrefix(name, ":") || !httptext.IsFieldName(strings.ToLower(name)) {
				t.Skip("Envoy has no such header")
			}
		}
		for name, form := range formats() {
			t.Run(name, func(t *testing.T) {
				text, err := eventBy(t, form.form, newRequest(headers.Clone(), slices.Clone(body)))
				if err != nil {
					var failure *plugins.Error
					if !errors.As(err, &failure) || failure.HTTPStatus() != http.StatusBadRequest {
						t.Fatal(err)
					}
					return
				}
				form.compare(t, form.read(t, text), headers, body)
			})
		}
	})
}

// compare holds an event against the request.
func (f format) compare(t *testing.T, got seen, headers *plugintest.Headers, body []byte) {
	t.Helper()
	path, query, _ := strings.Cut(headers.Get(":path"), "?")
	if decoded, err := url.PathUnescape(path); err == nil && f.decodes {
		path = decoded
	}
	if !f.decodes || !strings.Contains(path, "%") {
		compareText(t, "path", got.path, path)
	}
	compareText(t, "method", got.method, headers.Get(":method"))
	if got.query != "" {
		compareText(t, "query", got.query, query)
	}
	valuesOfHeaders, valuesOfParameters := f.values, f.values
	if f.values == nil {
		valuesOfHeaders, valuesOfParameters = join, func(values []string) []string { return values[:1] }
	}
	compareLists(t, "header", got.headers, f.headers(headers), valuesOfHeaders)
	compareLists(t, "parameter", got.parameters, f.parameters(query), valuesOfParameters)
	content := []byte(got.body)
	if got.encoded {
		var err error
		if content, err = base64.StdEncoding.DecodeString(got.body); err != nil {
			t.Error(err)
		}
	}
	if string(content) != string(body) {
		t.Errorf("body: got %q, want %q", content, body)
	}
}

// headers lists what the event is to show of the request's headers.
func (f format) headers(all *plugintest.Headers) map[string][]string {
	shown := map[string][]string{}
	all.Range(func(name, value string) bool {
		if !strings.HasPrefix(name, ":") && !f.hidden(name) {
			shown[f.name(name)] = append(shown[f.name(name)], value)
		}
		return true
	})
	if authority := all.Get(":authority"); f.host && authority != "" {
		shown[f.name("host")] = []string{authority}
	}
	return shown
}

// parameters lists what the event is to show of the query, in a way of its own.
func (f format) parameters(query string) map[string][]string {
	shown := map[string][]string{}
	pieces := strings.FieldsFunc(query, func(r rune) bool { return strings.ContainsRune(f.syntax.separators, r) })
	if f.syntax.gaps && query != "" {
		pieces = strings.Split(query, "&")
		if pieces[len(pieces)-1] == "" {
			pieces = pieces[:len(pieces)-1]
		}
	}
	for _, piece := range pieces {
		name, value, _ := strings.Cut(piece, "=")
		if f.decodesQuery {
			name, value = httptext.Decode(name, true), httptext.Decode(value, true)
		}
		shown[name] = append(shown[name], value)
	}
	return shown
}

func compareLists(t *testing.T, what string, got, all map[string][]string, values func([]string) []string) {
	t.Helper()
	for name := range all {
		if !utf8.ValidString(name) {
			return // Several names may have become one.
		}
	}
	if len(got) != len(all) {
		t.Errorf("%ss: got %q, want %q", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(all)))
	}
	for name, list := range all {
		want := values(list)
		if len(got[name]) != len(want) {
			t.Errorf("%s %s: got %q, want %q", what, name, got[name], want)
			continue
		}
		for i := range want {
			compareText(t, what+" "+name, got[name][i], want[i])
		}
	}
}

// compareText is lenient about what is not UTF-8: one sign per byte or per run of them, both are right.
func compareText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want && utf8.ValidString(want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// FuzzCloudEvent asks that a function gets a valid event or none at all.
func FuzzCloudEvent(f *testing.F) {
	f.Add("ce-id", "1", "ce-subject", "a%20b", "application/json", []byte(`{"a":1}`))
	f.Add("ce-data", "1", "ce-time", "\"x\\\"", "text/plain", []byte("\xff"))
	f.Add("ce-id", "%", "content-encoding", "gzip", "application/cloudevents+json; charset=utf-8",
		[]byte(`{"specversion":"1.0","id":"1","source":"s","type":"t","data":{},"x":[]}`))
	f.Add("ce-id", "1", "a", "b", "application/cloudevents+json", []byte(`{"specversion":"1.0","id":"1","source":"s","type":"t","data":1e999}`))
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2, contentType string, body []byte) {
		headers := plugintest.NewHeaders(
			[2]string{"ce-specversion", "1.0"}, [2]string{"ce-type", "t"}, [2]string{"ce-source", "s"},
			[2]string{name1, value1}, [2]string{name2, value2}, [2]string{"content-type", contentType},
		)
		text, err := eventBy(t, &cloudEvent{}, newRequest(headers, slices.Clone(body)))
		var failure *plugins.Error
		if errors.As(err, &failure) && failure.HTTPStatus() < http.StatusInternalServerError {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		event := decodeJSON[map[string]json.RawMessage](t, text)
		for _, name := range []string{cloudevents.SpecVersion, cloudevents.ID, cloudevents.Source, cloudevents.Type} {
			if decodeJSON[string](t, event[name]) == "" {
				t.Errorf("%s: got %s", name, event[name])
			}
		}
		_, hasData := event["data"]
		quoted, hasBytes := event["data_base64"]
		if hasData && hasBytes {
			t.Errorf("both data and data_base64 in %s", text)
		}
		if strings.HasPrefix(strings.ToLower(contentType), cloudevents.ContentTypePrefix) {
			if string(text) != string(body) {
				t.Errorf("structured: got %q, want %q", text, body)
			}
			return
		}
		if !hasBytes {
			return
		}
		if decoded, err := base64.StdEncoding.DecodeString(decodeJSON[string](t, quoted)); err != nil || string(decoded) != string(body) {
			t.Errorf("data_base64: got %q, want %q", decoded, body)
		}
	})
}

func decodeJSON[T any](t testing.TB, text []byte) (event T) {
	t.Helper()
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return event
}

// payloadFormats lists all payloadFormats by their setting.
func payloadFormats(t testing.TB, set *parameters.Set) map[string]payloadFormat {
	t.Helper()
	all := map[string]payloadFormat{}
	for _, name := range []string{
		payloadBody, payloadHTTPAPI, payloadRESTAPI, payloadFunctionURL, payloadALB, payloadALBMultiValue, payloadEnvoy, payloadCloudEvent,
	} {
		all[name] = payloadFormatOf(Options{payload: name}, Function{Region: "us-east-1", Path: set.PathTemplate(), Certificates: NewCertificates()})
	}
	return all
}

func TestOneRequestLeavesNothingToTheNext(t *testing.T) {
	for name, p := range payloadFormats(t, nil) {
		t.Run(name, func(t *testing.T) {
			event := func(path string, header [2]string) string {
				headers := plugintest.NewHeaders([2]string{":path", path}, [2]string{"ce-specversion", "1.0"}, [2]string{"ce-id", "1"},
					[2]string{"ce-source", "s"}, [2]string{"ce-type", "t"}, header)
				text, err := eventBy(t, p, newRequest(headers, nil))
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			event("/?secret=1", [2]string{"ce-secret", "1"})
			if text := event("/", [2]string{"ce-x", "1"}); strings.Contains(text, "secret") {
				t.Errorf("got %q", text)
			}
		})
	}
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

// typicalOf are the headers of a request that suits the payload.
func typicalOf(payload string) *plugintest.Headers {
	headers := typical()
	if payload == payloadCloudEvent {
		for _, attribute := range []string{cloudevents.SpecVersion, cloudevents.ID, cloudevents.Source, cloudevents.Type} {
			headers.Set("ce-"+attribute, cloudevents.Version)
		}
	}
	return headers
}

func BenchmarkEvent(b *testing.B) {
	set, err := parameters.Compile(map[string]string{"path": "/images/{id}/thumbnails"})
	if err != nil {
		b.Fatal(err)
	}
	all := payloadFormats(b, set)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for size, body := range map[string][]byte{"GET": nil, "POST 1 KB": body1K()} {
			b.Run(name+"/"+size, func(b *testing.B) {
				headers := typicalOf(name)
				r := newRequest(headers, nil)
				if r.Parameters, err = set.Extract(source{headers}); err != nil {
					b.Fatal(err)
				}
				p := all[name]
				b.ReportAllocs()
				for b.Loop() {
					r.SetBody(body)
					c := read(r)
					if err := p.event(c); err != nil {
						b.Fatal(err)
					}
					c.release()
					r.Release()
				}
			})
		}
	}
}

type source struct{ *plugintest.Headers }

func (s source) Path() string                { return s.Get(":path") }
func (s source) Method() string              { return s.Get(":method") }
func (s source) Authority() string           { return s.Get(":authority") }
func (s source) Header(name string) []string { return s.Values(name) }
func (s source) Body() []byte                { return nil }
