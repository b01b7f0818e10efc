package lambda

import (
	"strings"
	"time"

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

type source struct{ *plugintest.Headers }

func (s source) Path() string                { return s.Get(":path") }
func (s source) Method() string              { return s.Get(":method") }
func (s source) Authority() string           { return s.Get(":authority") }
func (s source) Header(name string) []string { return s.Values(name) }
func (s source) Body() []byte                { return nil }
