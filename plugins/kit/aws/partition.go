package aws

import (
	"fmt"
	"regexp"
)

// partition is a part of AWS with regions, domains and accounts of its own.
type partition struct {
	name    string
	regions *regexp.Regexp
	domain  string
	// dualStack is the domain of dual-stack hosts, "" where there are none.
	dualStack string
}

// partitions are those of the AWS SDK (internal/endpoints/awsrulesfn/partitions.go), which does not export them. A test
// compares the two. Which of them have dual-stack hosts of Lambda is in botocore's data/endpoints.json. The pattern of "aws" is
// wider than the SDK's, so that a region in a new part of the world works at once; it stands last, for the others' regions match
// it as well.
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

// PartitionOf returns the name of the partition that a region belongs to, such as "aws-cn", and false if the region is none of AWS's.
func PartitionOf(region string) (name string, known bool) {
	p, known := partitionOf(region)
	return p.name, known
}

var regionForm = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)

// CheckRegion says what is wrong with the setting `region`, of which "" is right, too. An emulator may be given any region, so it need not
// be one of AWS's.
func CheckRegion(region string) error {
	if region != "" && !regionForm.MatchString(region) {
		return fmt.Errorf("setting %q must be a region like us-east-1, not %q", "region", region)
	}
	return nil
}
