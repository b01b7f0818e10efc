package aws

import (
	"fmt"
	"strings"
)

// ARN is the name of a resource of AWS, "arn:aws:sqs:us-east-1:123456789012:orders".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type ARN struct {
	Partition, Service, Region, Account string
	// Resource is the rest, in which there may be further colons.
	Resource string
}

// ParseARN takes a text apart. It is false if the text has not the form of an ARN; what its parts hold is for [ARN.Check] to say.
func ParseARN(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return ARN{}, false
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}, true
}

// Check says what is wrong with partition, region or account of a resource that has all three.
func (a ARN) Check() error {
	if a.Partition != "aws" && (!strings.HasPrefix(a.Partition, "aws-") || !regionForm.MatchString(a.Partition)) {
		return fmt.Errorf("the partition in its ARN must be one like aws, aws-cn or aws-us-gov, not %q", a.Partition)
	}
	known, ok := partitionOf(a.Region)
	if !ok {
		return fmt.Errorf("the region in its ARN must be one like us-east-1, not %q", a.Region)
	}
	if known.name != a.Partition {
		return fmt.Errorf("region %s belongs to partition %s, but its ARN says %s", a.Region, known.name, a.Partition)
	}
	if !ValidAccount(a.Account) {
		return fmt.Errorf("the account in its ARN must be 12 digits, not %q", a.Account)
	}
	return nil
}

// String writes the ARN as it was read.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// ValidAccount reports whether a text is the number of an account: 12 digits.
func ValidAccount(text string) bool { return len(text) == 12 && strings.Trim(text, "0123456789") == "" }
