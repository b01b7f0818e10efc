package lambda

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestPartitionsAreTheSDKs compares with the domains that the SDK knows, by the endpoints it has for STS.
func TestPartitionsAreTheSDKs(t *testing.T) {
	regions := []string{
		"us-east-1", "us-west-2", "eu-central-1", "eu-west-3", "ap-southeast-7", "sa-east-1", "ca-west-1", "me-central-1",
		"af-south-1", "il-central-1", "mx-central-1", "cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1",
		"us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1", "eu-isoe-west-1", "us-isof-east-1",
		"us-isof-south-1", "eusc-de-east-1",
	}
	for _, region := range regions {
		t.Run(region, func(t *testing.T) {
			resolved, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(context.Background(), sts.EndpointParameters{
				Region: aws.String(region), UseGlobalEndpoint: aws.Bool(false),
			})
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(resolved.URI.Host, "sts.", "lambda.", 1)
			if got, err := regionalEndpoint(region, endpointVariant{}); err != nil || got.host != want {
				t.Errorf("got %+v, %v, want %s", got, err, want)
			}
		})
	}
}

func TestRegionsThatAreNone(t *testing.T) {
	for _, region := range []string{"", "us-east", "mars-1", "US-EAST-1", "us-east-1.evil.example", "us-east-1/"} {
		if got, err := regionalEndpoint(region, endpointVariant{}); err == nil {
			t.Errorf("%q: got %+v, want an error", region, got)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	cases := map[string]string{
		"http://127.0.0.1:4566":      "127.0.0.1:4566",
		"http://localhost":           "localhost",
		"http://localhost/":          "localhost",
		"http://localhost:80":        "localhost",
		"https://localhost:443":      "localhost",
		"https://localhost:80":       "localhost:80",
		"http://localhost:443":       "localhost:443",
		"https://Lambda.Example.COM": "lambda.example.com",
		"HTTP://localhost":           "localhost",
		"http://[::1]:4566":          "[::1]:4566",
		"http://[::1]":               "[::1]",
		"http://[::1]:80":            "[::1]",
		"http://my_host:1":           "my_host:1",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			if got, err := parseEndpoint(text); err != nil || got.host != want {
				t.Errorf("got %+v, %v, want %s", got, err, want)
			}
		})
	}
}

func TestParseEndpointRefuses(t *testing.T) {
	for _, text := range []string{
		"localhost:4566", "127.0.0.1:4566", "ftp://localhost", "http://", "http:localhost", "//localhost", "http://:80",
		"http://user@localhost", "http://user:password@localhost", "http://localhost/path", "http://localhost?query",
		"http://localhost/?", "http://localhost#fragment", "http://localhost:", "http://localhost:0",
		"http://localhost:65536", "http://localhost:http", "http://local host", "http://localhost\n", "http://a,b",
		"http://[::1%25eth0]:80", "http://[zz]:80",
	} {
		if got, err := parseEndpoint(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}
