package credentials

import (
	"net/http"
	"net/url"
	"testing"
)

func TestNoProxyIsAskedForWhatIsNextDoor(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "proxy.example.com:3128"}
	chosen := exceptNeighbours(func(*http.Request) (*url.URL, error) { return proxy, nil })
	cases := map[string]bool{ // whether the proxy is asked
		"http://169.254.169.254/latest/api/token":    false,
		"http://169.254.170.2/v2/credentials/1":      false,
		"http://169.254.170.23/v1/credentials":       false,
		"http://[fd00:ec2::254]/latest/api/token":    false,
		"http://[fd00:ec2::23]/v1/credentials":       false,
		"http://127.0.0.1:8080/creds":                false,
		"http://[::1]:8080/creds":                    false,
		"https://sts.eu-west-1.amazonaws.com/":       true,
		"https://203.0.113.7/":                       true,
		"https://[2001:db8::1]/":                     true,
		"http://169.254.169.254.example.com/latest/": true,
	}
	for address, want := range cases {
		t.Run(address, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			got, err := chosen(r)
			if err != nil || (got == proxy) != want {
				t.Errorf("got %v, %v, want the proxy: %t", got, err, want)
			}
		})
	}
}
