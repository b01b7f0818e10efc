package aws

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// EndpointSettings say which host of a service is called. A type has them among its own.
type EndpointSettings struct {
	Endpoint  string `setting:"endpoint" doc:"URL of an emulator or a VPC endpoint, whose host the request names and signs; by default it is https://SERVICE.REGION.DOMAIN."`
	FIPS      bool   `setting:"fips" doc:"Whether the region's hosts with FIPS 140 cryptography are called, and asked for credentials."`
	DualStack bool   `setting:"dual_stack" doc:"Whether the region's hosts are called that can be reached by IPv6, too."`
}

// Check looks at each setting alone.
func (s *EndpointSettings) Check() error {
	if s.Endpoint == "" {
		return nil
	}
	if _, err := ParseEndpoint(s.Endpoint); err != nil {
		return fmt.Errorf("setting %q must be a URL like http://127.0.0.1:4566: %w", "endpoint", err)
	}
	return nil
}

// Host returns the host of a service in a region, as it is named in requests and signed: that of the settings' endpoint, or else that of
// the variant. The service is called as in its host's name, "lambda".
func (s *EndpointSettings) Host(service, region string) (string, error) {
	if s.Endpoint == "" {
		return s.regional(service, region)
	}
	if s.FIPS || s.DualStack {
		return "", fmt.Errorf("settings %q and %q choose between the hosts of a region, but setting %q names one; "+
			"write there the host that you mean", "fips", "dual_stack", "endpoint")
	}
	return ParseEndpoint(s.Endpoint)
}

// regional returns a host of AWS's own. All services have hosts of this form, but not all have their FIPS and dual-stack hosts in the
// same regions: what is checked here is right for Lambda and STS. https://docs.aws.amazon.com/general/latest/gr/rande.html
func (s *EndpointSettings) regional(service, region string) (string, error) {
	p, known := partitionOf(region)
	if !known {
		return "", fmt.Errorf("region %q is none of AWS's, which look like us-east-1; for an emulator, give setting %q",
			region, "endpoint")
	}
	domain := p.domain
	if s.FIPS {
		if !fipsRegions.MatchString(region) {
			return "", fmt.Errorf("region %s has no host for setting %q, only regions of the USA have; leave it out", region, "fips")
		}
		service += "-fips"
	}
	if s.DualStack {
		if p.dualStack == "" {
			return "", fmt.Errorf("partition %s has no host for setting %q; leave it out", p.name, "dual_stack")
		}
		domain = p.dualStack
	}
	return service + "." + region + "." + domain, nil
}

// fipsRegions have FIPS hosts of Lambda and of STS, by botocore's data/endpoints.json.
var fipsRegions = regexp.MustCompile(`^us-(gov-)?[a-z]+-\d+$`)

// ParseEndpoint reads a URL that has a scheme and a host, and nothing else but a port, and returns the host as it is named in requests
// and signed: without the scheme's default port, for some clients and proxies leave it out and some do not. The error does not
// repeat the text.
func ParseEndpoint(text string) (host string, err error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", errors.New("it cannot be parsed") // The error would repeat the text, in which a password may stand.
	}
	switch {
	case u.User != nil:
		return "", errors.New("it must not have a user or a password")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("it must begin with http:// or https://")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("it must end after the host and the port")
	}
	name := strings.ToLower(u.Hostname())
	if !validHost(name) {
		return "", errors.New("it must name a host")
	}
	if strings.HasSuffix(u.Host, ":") {
		return "", errors.New("its port is empty")
	}
	port := u.Port()
	if number, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || number == 0) {
		return "", errors.New("its port must be between 1 and 65535")
	}
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	if port != "" {
		return net.JoinHostPort(name, port), nil
	}
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	return name, nil
}

func validHost(name string) bool {
	if strings.Contains(name, ":") {
		address, err := netip.ParseAddr(name)
		return err == nil && address.Zone() == ""
	}
	return nameForm.MatchString(name)
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
