package credentials

import (
	"net/http"
	"net/netip"
	"net/url"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// oneOff asks each endpoint once, and keeps no connection for later: each fetch has a client of its own, and its idle
// connections would stay open for a minute and a half, with two goroutines each. It also has the deadline itself, for the
// SDK hides that of the context from its requests (aws/credential_cache.go, suppressedContext): one to an endpoint that
// never answers would never end.
func oneOff() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(keep.Deadline).
		WithTransportOptions(func(t *http.Transport) {
			t.DisableKeepAlives = true
			t.Proxy = exceptNeighbours(t.Proxy)
		})
}

// metadataPrefix has the IPv6 addresses of AWS's instance metadata (fd00:ec2::254) and EKS Pod Identity (fd00:ec2::23).
var metadataPrefix = netip.MustParsePrefix("fd00:ec2::/32")

// exceptNeighbours asks no proxy for what only this machine can reach: the instance metadata service and the endpoints of ECS and
// EKS. A proxy would ask its own machine, and what it gives or is given is credentials in plain text. The SDKs leave that to
// NO_PROXY.
func exceptNeighbours(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		address, err := netip.ParseAddr(r.URL.Hostname())
		if err == nil && (address.IsLinkLocalUnicast() || address.IsLoopback() || metadataPrefix.Contains(address)) {
			return nil, nil
		}
		return proxy(r)
	}
}
