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

// partition is a part of AWS with regions, domains and accounts of its own.
type partition struct {
	name    string
	regions *regexp.Regexp
	domain  string
}

// partitions are those of the AWS SDK (internal/endpoints/awsrulesfn/partitions.go), which does not export them. A test
// compares the two. The first pattern is wider than the SDK's, so that a region in a new part of the world works at once;
// it stands last, for the others' regions match it as well.
var partitions = []partition{
	{"aws-cn", regexp.MustCompile(`^cn-[a-z]+-\d+$`), "amazonaws.com.cn"},
	{"aws-us-gov", regexp.MustCompile(`^us-gov-[a-z]+-\d+$`), "amazonaws.com"},
	{"aws-iso", regexp.MustCompile(`^us-iso-[a-z]+-\d+$`), "c2s.ic.gov"},
	{"aws-iso-b", regexp.MustCompile(`^us-isob-[a-z]+-\d+$`), "sc2s.sgov.gov"},
	{"aws-iso-e", regexp.MustCompile(`^eu-isoe-[a-z]+-\d+$`), "cloud.adc-e.uk"},
	{"aws-iso-f", regexp.MustCompile(`^us-isof-[a-z]+-\d+$`), "csp.hci.ic.gov"},
	{"aws-eusc", regexp.MustCompile(`^eusc-[a-z]+-[a-z]+-\d+$`), "amazonaws.eu"},
	{"aws", regexp.MustCompile(`^[a-z]{2}-[a-z]+-\d+$`), "amazonaws.com"},
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
func regionalEndpoint(region string) (*endpoint, error) {
	p, known := partitionOf(region)
	if !known {
		return nil, fmt.Errorf("region %q is none of AWS's, which look like us-east-1; for an emulator, give setting %q",
			region, "endpoint")
	}
	return &endpoint{host: "lambda." + region + "." + p.domain}, nil
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
