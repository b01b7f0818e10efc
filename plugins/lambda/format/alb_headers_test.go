package format

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

func clientOf(t *testing.T, at time.Time, headers ...[2]string) *client {
	t.Helper()
	r := plugins.NewRequest(plugintest.NewHeaders(headers...), plugintest.Connection{}, nil)
	r.Time = at
	c := read(r)
	t.Cleanup(c.release)
	return c
}

func TestThePortThatTheClientHasCalled(t *testing.T) {
	cases := map[string]struct {
		authority, proto, port string
		want                   string
	}{
		"plain HTTP":                {"api.example.com", "http", "", "80"},
		"HTTPS":                     {"api.example.com", "https", "", "443"},
		"nothing is known":          {"", "", "", "80"},
		"the authority has one":     {"api.example.com:8443", "https", "", "8443"},
		"IPv6":                      {"[2001:db8::1]", "https", "", "443"},
		"IPv6 with one":             {"[2001:db8::1]:8443", "https", "", "8443"},
		"Envoy tells it":            {"api.example.com:8443", "https", "10000", "10000"},
		"one that is none":          {"api.example.com", "https", "no", "443"},
		"one that is too large":     {"api.example.com", "https", "65536", "443"},
		"0":                         {"api.example.com", "https", "0", "443"},
		"a sign":                    {"api.example.com", "https", "+80", "443"},
		"an authority's that is no": {"api.example.com:x", "http", "", "80"},
		"an empty one":              {"api.example.com:", "http", "", "80"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			list := [][2]string{{":authority", c.authority}, {"x-forwarded-proto", c.proto}}
			if c.port != "" {
				list = append(list, [2]string{"x-forwarded-port", c.port})
			}
			if got := string(appendPort(nil, clientOf(t, time.Time{}, list...))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheTraceOfALoadBalancer(t *testing.T) {
	const id, root = `1-67891233-[0-9a-f]{24}`, `Root=1-67891233-abcdef012345678912345678`
	large := strings.Repeat("x", maxTraced)
	cases := map[string]struct {
		sent []string
		more string
		want string // a regular expression
	}{
		"none":                      {nil, "", "Root=" + id},
		"a root":                    {[]string{root}, "", "Self=" + id + ";" + root},
		"a root and more":           {[]string{root + ";CalledFrom=app"}, "", "Self=" + id + ";" + root + ";CalledFrom=app"},
		"a field of ours":           {[]string{"Self=1-2-3;" + root}, "", "Self=" + id + ";" + root},
		"a field of ours, no root":  {[]string{"Self=1-2-3"}, "", "Root=" + id},
		"no root":                   {[]string{"CalledFrom=app"}, "", "Root=" + id + ";CalledFrom=app"},
		"several":                   {[]string{"Root=1-2-3", root}, "", "Self=" + id + ";" + root},
		"what JSON has to escape":   {[]string{root + `;a="\`}, "", "Self=" + id + ";" + root + `;a=\\"\\\\`},
		"headers that are too long": {[]string{root}, large, "Root=" + id},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			list := [][2]string{{"x-more", c.more}}
			for _, value := range c.sent {
				list = append(list, [2]string{"x-amzn-trace-id", value})
			}
			got := string(appendTrace(nil, clientOf(t, time.Unix(0x67891233, 0), list...)))
			if !regexp.MustCompile("^" + c.want + "$").MatchString(got) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
