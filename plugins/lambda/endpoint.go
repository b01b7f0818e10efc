package lambda

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

// endpoint is the host a request is addressed to.
type endpoint struct {
	// host is what :authority says and what is signed: without the scheme's default port, for some clients and proxies
	// leave it out and some do not.
	host string
}

// endpointVariant chooses between the hosts that a region's Lambda API has.
type endpointVariant struct {
	// FIPS is that of the hosts with FIPS 140 cryptography.
	FIPS bool `setting:"fips"`
	// DualStack is that of the hosts that can be reached by IPv6 too.
	DualStack bool `setting:"dual_stack"`
}

// partition is a part of AWS with regions, domains and accounts of its own.
type partition struct {
	name    string
	regions *regexp.Regexp
	domain  string
	// dualStack is the domain of Lambda's dual-stack hosts, "" where there are none.
	dualStack string
}

// partitions are those of the AWS SDK (internal/endpoints/awsrulesfn/partitions.go), which does not export them. A test
// compares the two. Which of them have a dual-stack Lambda is in botocore's data/endpoints.json. The first pattern is wider than the SDK's, so that a region in a new part of the world works at once;
// it stands last, for the others' regions match it as well.
var partitions = []partition{
	{"aws-cn", regexp.MustCompile(`^cn-[a-z]+-\d+$`), "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"aws-us-gov", regexp.MustCompile(`^us-gov-[a-z]+-\d+$`), "amazonaws.com", "api.aws"},
	{"aws-iso", regexp.MustCompile(`^us-iso-[a-z]+-\d+$`), "c2s.ic.gov", ""},
	{"aws-iso-b", regexp.MustCompile(`^us-isob-[a-z]+-\d+$`), "sc2s.sgov.gov", ""},
	{"aws-iso-e", regexp.MustCompile(`^eu-isoe-[a-z]+-\d+$`), "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"aws-iso-f", regexp.MustCompile(`^us-isof-[a-z]+-\d+$`), "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"aws-eusc", regexp.MustCompile(`^eusc-[a-z]+-[a-z]+-\d+$`), "amazonaws.eu", ""},
	{"aws", regexp.MustCompile(`^[a-z]{2}-[a-z]+-\d+$`), "amazonaws.com", "api.aws"},
}

// partitionOf returns the partition that a region belongs to.
func partitionOf(region string) (partition, bool) {
	for _, p := range partitions {
		if p.regions.MatchString(region) {
			return p, true
		}
	}
	return partition{}, false
}

// regionalEndpoint is where a region's Lambda API is.
// https://docs.aws.amazon.com/general/latest/gr/lambda-service.html
func regionalEndpoint(region string, variant endpointVariant) (*endpoint, error) {
	p, known := partitionOf(region)
	if !known {
		return nil, fmt.Errorf("region %q is none of AWS's, which look like us-east-1; for an emulator, give setting %q",
			region, "endpoint")
	}
	service, domain := "lambda.", p.domain
	if variant.FIPS {
		if !fipsRegions.MatchString(region) {
			return nil, fmt.Errorf("region %s has no host for setting %q, only regions of the USA have; leave it out", region, "fips")
		}
		service = "lambda-fips."
	}
	if variant.DualStack {
		if p.dualStack == "" {
			return nil, fmt.Errorf("partition %s has no host for setting %q; leave it out", p.name, "dual_stack")
		}
		domain = p.dualStack
	}
	return &endpoint{host: service + region + "." + domain}, nil
}

// fipsRegions have FIPS hosts of Lambda and of STS, by botocore's data/endpoints.json.
var fipsRegions = regexp.MustCompile(`^us-(gov-)?[a-z]+-\d+$`)

// locate returns where the Lambda API of a region is: at the endpoint of the settings, or else where the variant is.
func (o *options) locate(region string) (*endpoint, error) {
	if o.endpoint == nil {
		return regionalEndpoint(region, o.endpointVariant)
	}
	if o.FIPS || o.DualStack {
		return nil, fmt.Errorf("settings %q and %q choose between the hosts of a region, but setting %q names one; "+
			"write there the host that you mean", "fips", "dual_stack", "endpoint")
	}
	return o.endpoint, nil
}

// parseEndpoint reads a URL that has a scheme and a host, and nothing else but a port.
func parseEndpoint(text string) (*endpoint, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("it cannot be parsed") // The error would repeat the text, in which a password may stand.
	}
	switch {
	case u.User != nil:
		return nil, errors.New("it must not have a user or a password")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it must begin with http:// or https://")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("it must end after the host and the port")
	}
	name := strings.ToLower(u.Hostname())
	if !validHost(name) {
		return nil, errors.New("it must name a host")
	}
	if strings.HasSuffix(u.Host, ":") {
		return nil, errors.New("its port is empty")
	}
	port := u.Port()
	if number, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || number == 0) {
		return nil, errors.New("its port must be between 1 and 65535")
	}
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	if port != "" {
		return &endpoint{host: net.JoinHostPort(name, port)}, nil
	}
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	return &endpoint{host: name}, nil
}

func validHost(name string) bool {
	if strings.Contains(name, ":") {
		address, err := netip.ParseAddr(name)
		return err == nil && address.Zone() == ""
	}
	return all(name, isNameByte)
}
