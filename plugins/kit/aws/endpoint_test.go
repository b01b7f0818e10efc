package aws

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
			if got, err := new(EndpointSettings).Host("lambda", region); err != nil || got != want {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
}

func TestTheHostOfAnotherService(t *testing.T) {
	s := EndpointSettings{FIPS: true, DualStack: true}
	if got, err := s.Host("sqs", "us-east-1"); err != nil || got != "sqs-fips.us-east-1.api.aws" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestVariants holds the hosts against botocore's data/endpoints.json.
func TestVariants(t *testing.T) {
	fips, dual := EndpointSettings{FIPS: true}, EndpointSettings{DualStack: true}
	both := EndpointSettings{FIPS: true, DualStack: true}
	cases := []struct {
		region  string
		variant EndpointSettings
		want    string // "" for none
	}{
		{"us-east-1", fips, "lambda-fips.us-east-1.amazonaws.com"},
		{"us-gov-west-1", fips, "lambda-fips.us-gov-west-1.amazonaws.com"},
		{"eu-west-1", fips, ""},
		{"ap-southeast-2", fips, ""},
		{"cn-north-1", fips, ""},
		{"us-iso-east-1", fips, ""},
		{"us-isob-east-1", fips, ""},
		{"eusc-de-east-1", fips, ""},
		{"eu-west-1", dual, "lambda.eu-west-1.api.aws"},
		{"us-gov-east-1", dual, "lambda.us-gov-east-1.api.aws"},
		{"cn-north-1", dual, "lambda.cn-north-1.api.amazonwebservices.com.cn"},
		{"eu-isoe-west-1", dual, "lambda.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
		{"us-isof-south-1", dual, "lambda.us-isof-south-1.api.aws.hci.ic.gov"},
		{"us-iso-east-1", dual, ""},
		{"us-isob-east-1", dual, ""},
		{"eusc-de-east-1", dual, ""},
		{"us-east-1", both, "lambda-fips.us-east-1.api.aws"},
		{"eu-west-1", both, ""},
		{"mars-1", dual, ""},
	}
	for _, c := range cases {
		got, err := c.variant.Host("lambda", c.region)
		if c.want == "" && err == nil || c.want != "" && (err != nil || got != c.want) {
			t.Errorf("%s, %+v: got %q, %v, want %q", c.region, c.variant, got, err, c.want)
		}
	}
}

func TestAnEndpointHasNoVariants(t *testing.T) {
	for setting, s := range map[string]EndpointSettings{
		"fips": {Endpoint: "http://localhost", FIPS: true}, "dual_stack": {Endpoint: "http://localhost", DualStack: true},
	} {
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Host("lambda", "us-east-1"); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: got %q, %v, want an error", setting, got, err)
		}
	}
}

func TestRegionsThatAreNone(t *testing.T) {
	for _, region := range []string{"", "us-east", "mars-1", "US-EAST-1", "us-east-1.evil.example", "us-east-1/"} {
		if got, err := new(EndpointSettings).Host("lambda", region); err == nil {
			t.Errorf("%q: got %q, want an error", region, got)
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
			if got, err := ParseEndpoint(text); err != nil || got != want {
				t.Errorf("got %s, %v, want %s", got, err, want)
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
		if got, err := ParseEndpoint(text); err == nil {
			t.Errorf("%q: got %q, want an error", text, got)
		}
	}
}
