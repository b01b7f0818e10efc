package rest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// FuzzCall looks for targets that crash, and for clients that make of a call what it is not: another path, another host, a
// header more.
func FuzzCall(f *testing.F) {
	for _, target := range []string{
		"GET /a/{x}{?x,y*}", "GET /{+x}", "GET {/x,y}", "POST /a\nHost: {{ x }}.example.com\nX-A: {{ x }}\n\n{\"a\": {{ x }}}",
		"POST /\nContent-Type: text/xml\n\n<a>{{ x }}</a>", "GET /{x:2}.{x}\nAccept: {{ y }}", "GET /a/../b", "PUT /a\n\n", "GET {+path}",
	} {
		for _, value := range []string{"../..", "%2e%2E", "a/b?c#d", "//evil.com", "\"\\<&'", "a@b:1/", ".", " "} {
			f.Add(target, value)
		}
	}
	set, err := parameters.Compile(map[string]string{"query.x": "{x}", "query.y": "{y*?}"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		function, err := (&upstream{}).NewFunction(plugins.FunctionSpec{Target: text, Parameters: set})
		if err != nil {
			return
		}
		query := url.Values{"x": {value}, "y": {value, value}}.Encode()
		headers := plugintest.NewHeaders([2]string{":method", "GET"}, [2]string{":path", "/?" + query}, [2]string{":authority", "a"})
		values, err := set.Extract(source{headers, nil})
		if err != nil {
			return
		}
		request := plugins.NewRequest(headers, nil, nil)
		request.Parameters = values
		if _, err := function.Request(request); err != nil {
			return
		}
		checkCall(t, headers)
	})
}

func checkCall(t *testing.T, headers *plugintest.Headers) {
	t.Helper()
	path := headers.Get(":path")
	read, err := url.ParseRequestURI(path)
	if err != nil || read.Host != "" || read.Scheme != "" || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "# \r\n\x00") {
		t.Fatalf("the path %q is none: %v", path, err)
	}
	for _, segment := range strings.Split(read.EscapedPath(), "/") {
		if decoded, _ := url.PathUnescape(segment); decoded == "." || decoded == ".." {
			t.Fatalf("the path %q has the segment %q", path, segment)
		}
	}
	if host, err := url.Parse("http://" + headers.Get(":authority") + "/"); err == nil && (host.User != nil || host.Path != "/") {
		t.Fatalf("the host %q is none", headers.Get(":authority"))
	}
	headers.Range(func(name, value string) bool {
		if strings.ContainsAny(value, "\r\n\x00") {
			t.Fatalf("the header %s holds %q", name, value)
		}
		return true
	})
}
