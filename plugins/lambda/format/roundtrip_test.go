package format

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/awslabs/aws-lambda-go-api-proxy/core"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

// TestAHandlerSeesTheRequest has AWS's own adapter turn events back into requests: a handler behind funcroute sees what
// the client has sent.
func TestAHandlerSeesTheRequest(t *testing.T) {
	rest := func(t *testing.T, text []byte) (*http.Request, error) {
		return new(core.RequestAccessor).ProxyEventToHTTPRequest(decode[events.APIGatewayProxyRequest](t, text))
	}
	version2 := func(t *testing.T, text []byte) (*http.Request, error) {
		return new(core.RequestAccessorV2).ProxyEventToHTTPRequest(decode[events.APIGatewayV2HTTPRequest](t, text))
	}
	balancer := func(t *testing.T, text []byte) (*http.Request, error) {
		r, err := new(core.RequestAccessorALB).ProxyEventToHTTPRequest(decode[events.ALBTargetGroupRequest](t, text))
		if err == nil { // The adapter encodes the parameters, which a load balancer has not decoded.
			r.URL.RawQuery, err = url.PathUnescape(r.URL.RawQuery)
		}
		return r, err
	}
	adapters := map[string]func(*testing.T, []byte) (*http.Request, error){
		payloadRESTAPI: rest, "apigateway-v2": version2, payloadFunctionURL: version2, payloadALB: balancer, payloadALBMultiValue: balancer,
	}
	requests := map[string]struct {
		method, path, contentType string
		body                      []byte
	}{
		"nothing but a path":  {"GET", "/users/7", "", nil},
		"a query":             {"GET", "/?q=caf%C3%A9&p=50%25&flag=", "", nil},
		"JSON":                {"POST", "/orders", "application/json", []byte(`{"a":"é"}`)},
		"bytes":               {"PUT", "/images/7", "image/png", []byte{0x89, 'P', 0, 0xff}},
		"a form":              {"POST", "/login", "application/x-www-form-urlencoded", []byte("user=ann&x=%20")},
		"a text that is none": {"PATCH", "/", "text/plain", []byte{0xff, 'x'}},
	}
	all := payloadFormats(t, nil)
	for name, adapter := range adapters {
		for what, r := range requests {
			t.Run(name+"/"+what, func(t *testing.T) {
				headers := plugintest.NewHeaders([2]string{":method", r.method}, [2]string{":path", r.path},
					[2]string{":authority", "api.example.com"}, [2]string{"x-tag", "a"})
				if r.contentType != "" {
					headers.Set("content-type", r.contentType)
				}
				text, err := eventBy(t, all[name], newRequest(headers, slices.Clone(r.body)))
				if err != nil {
					t.Fatal(err)
				}
				got, err := adapter(t, text)
				if err != nil {
					t.Fatal(err)
				}
				path, query, _ := strings.Cut(r.path, "?")
				want, _ := url.ParseQuery(query)
				body, _ := io.ReadAll(got.Body)
				if got.Method != r.method || got.URL.Path != path || got.URL.Query().Encode() != want.Encode() {
					t.Errorf("got %s %s, want %s %s", got.Method, got.URL, r.method, r.path)
				}
				if got.Header.Get("X-Tag") != "a" || got.Header.Get("Content-Type") != r.contentType || string(body) != string(r.body) {
					t.Errorf("got %v %q, want content type %q and %q", got.Header, body, r.contentType, r.body)
				}
			})
		}
	}
}
