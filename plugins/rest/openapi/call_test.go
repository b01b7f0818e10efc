package openapi

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// compiled reads a document that has to be good.
func compiled(t testing.TB, path string) *document {
	t.Helper()
	doc, _, err := read(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return doc
}

// compiledText is compiled for a document that a test has at hand.
func compiledText(t testing.TB, text string) *document {
	t.Helper()
	return compiled(t, write(t, t.TempDir(), "api.yaml", text))
}

func bound(t testing.TB, doc *document, name string, templates map[string]string, options Options) (*Function, *parameters.Set, error) {
	t.Helper()
	set, err := parameters.Compile(templates)
	if err != nil {
		t.Fatalf("funcroute.parameters: %v", err)
	}
	offered := doc.operations[name]
	if offered == nil {
		t.Fatalf("%s has no operation %s", doc.title, name)
	}
	operation, err := offered.compiled()
	if err != nil {
		return nil, nil, err
	}
	function, err := newFunction(operation, set, options)
	return function, set, err
}

// client is a request as it comes to the proxy.
type client struct {
	method, path string
	headers      [][2]string
	body         string
}

func (c client) Path() string                { return c.path }
func (c client) Method() string              { return c.method }
func (c client) Authority() string           { return "proxy.example.com" }
func (c client) Body() []byte                { return []byte(c.body) }
func (c client) Header(name string) []string { return plugintest.NewHeaders(c.headers...).Values(name) }

// send has a function turn a client's request into a call.
func send(function *Function, set *parameters.Set, c client) (*plugins.Request, error) {
	if c.method == "" {
		c.method = http.MethodGet
	}
	values, err := set.Extract(c)
	if err != nil {
		return nil, err
	}
	headers := plugintest.NewHeaders(append([][2]string{
		{":method", c.method}, {":path", c.path}, {":authority", c.Authority()}, {":scheme", "http"},
	}, c.headers...)...)
	request := plugins.NewRequest(headers, plugintest.Connection{}, nil)
	if function.NeedsBody() || set.NeedsBody() {
		request = plugins.NewRequest(headers, plugintest.Connection{}, []byte(c.body))
	}
	request.Parameters, request.Time = values, time.Now()
	if _, err := function.Request(request); err != nil {
		return nil, err
	}
	if !request.BodyReplaced() && request.Body() == nil && c.body != "" {
		request.SetBody([]byte(c.body)) // It streams along.
	}
	return request, nil
}

// judge has kin-openapi's own filter look at a call. It shares with us how documents are read, but neither how parameters are
// written nor how bodies are composed.
func judge(t testing.TB, path string, call *plugins.Request) {
	t.Helper()
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true
	doc, err := loader.LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // The router would compare the host.
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	request := asHTTP(t, call)
	route, inPath, err := router.FindRoute(request)
	if err != nil {
		t.Errorf("%s %s: %v", request.Method, request.URL, err)
		return
	}
	for name, value := range inPath { // The router leaves that to others.
		if inPath[name], err = url.PathUnescape(value); err != nil {
			t.Error(err)
		}
	}
	err = openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: request, PathParams: inPath, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true},
	})
	if err != nil {
		t.Errorf("%s %s: %v", request.Method, request.URL, err)
	}
}

func asHTTP(t testing.TB, call *plugins.Request) *http.Request {
	t.Helper()
	target := "http://api.example.com" + strings.TrimPrefix(call.Headers.Get(":path"), "/v2")
	request, err := http.NewRequestWithContext(context.Background(), call.Headers.Get(":method"), target, bytes.NewReader(call.Body()))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range call.Headers.(*plugintest.Headers).List() {
		if !strings.HasPrefix(header[0], ":") {
			request.Header.Add(header[0], header[1])
		}
	}
	return request
}
