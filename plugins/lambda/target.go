package lambda

import (
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/plugins/kit/aws"
)

// target is a function as the configuration names it. A part that the configuration does not name is empty.
type target struct {
	partition, region, account string
	name, qualifier            string
}

// The limits of the Lambda API: 256 characters for all forms, 128 for a qualifier, 64 for the name itself.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
const (
	maxTarget    = 256
	maxQualifier = 128
	maxName      = 64
)

// What a right one looks like, for messages.
const (
	targetForms   = "NAME, NAME:QUALIFIER, 123456789012:function:NAME or arn:aws:lambda:us-east-1:123456789012:function:NAME"
	qualifierForm = "a version (7), an alias (live) or $LATEST, of at most 128 characters"
)

// parseTarget reads the forms of a function's name that the Lambda API documents: a name, a partial ARN and a full ARN,
// each with or without a qualifier. The API's own pattern lets more through ("us-east-1:hello", "function:hello"); these
// are refused, as nobody means them.
func parseTarget(text string) (target, error) {
	if len(text) > maxTarget {
		return target{}, fmt.Errorf("it has %d characters, at most %d are allowed", len(text), maxTarget)
	}
	parts := strings.Split(text, ":")
	var t target
	switch {
	case parts[0] == "arn":
		arn, is := aws.ParseARN(text)
		rest, ofFunction := strings.CutPrefix(arn.Resource, "function:")
		if !is || arn.Service != "lambda" || !ofFunction {
			return target{}, fmt.Errorf("it is not a function's ARN, which looks like %s",
				"arn:aws:lambda:us-east-1:123456789012:function:NAME or …:NAME:QUALIFIER")
		}
		if err := arn.Check(); err != nil {
			return target{}, err
		}
		t.partition, t.region, t.account = arn.Partition, arn.Region, arn.Account
		parts = strings.Split(rest, ":")
	case len(parts) >= 3 && parts[1] == "function":
		t.account = parts[0]
		parts = parts[2:]
		if !aws.ValidAccount(t.account) {
			return target{}, fmt.Errorf("the account in it must be 12 digits, not %q", t.account)
		}
	}
	if len(parts) > 2 {
		return target{}, fmt.Errorf("it has too many colons; write %s", targetForms)
	}
	t.name = parts[0]
	if len(t.name) > maxName || !all(t.name, isNameByte) {
		return target{}, fmt.Errorf("the function's name in it must be 1 to %d letters, digits, - _ or ., not %q; write %s",
			maxName, t.name, targetForms)
	}
	if len(parts) == 2 {
		t.qualifier = parts[1]
		if !validQualifier(t.qualifier) {
			return target{}, fmt.Errorf("the qualifier in it must be %s, not %q", qualifierForm, t.qualifier)
		}
	}
	return t, nil
}

// functionName is the function's name in the API's path, without the qualifier, which goes into the query.
func (t target) functionName() string {
	switch {
	case t.partition != "":
		return "arn:" + t.partition + ":lambda:" + t.region + ":" + t.account + ":function:" + t.name
	case t.account != "":
		return t.account + ":function:" + t.name
	default:
		return t.name
	}
}

// qualify adds the `qualifier` setting to a target.
func (t target) qualify(setting string) (target, error) {
	if setting != "" && t.qualifier != "" && setting != t.qualifier {
		return target{}, fmt.Errorf("it has the qualifier %q, but setting %q says %q; leave one of them out",
			t.qualifier, "qualifier", setting)
	}
	if setting != "" {
		t.qualifier = setting
	}
	return t, nil
}

// locate finds the region of the function: that of the setting, that of the ARN, or the fallback's.
func (t target) locate(setting string, fallback func() string) (target, error) {
	switch {
	case t.region != "" && setting != "" && t.region != setting:
		return target{}, fmt.Errorf("its ARN is in region %s, but setting %q says %s; a cluster has one region",
			t.region, "region", setting)
	case t.region == "" && setting != "":
		t.region = setting
	case t.region == "":
		t.region = fallback()
	}
	if t.region == "" {
		return target{}, fmt.Errorf("its region is not known; give setting %q, write the target as an ARN, or set AWS_REGION", "region")
	}
	return t, nil
}

func validQualifier(text string) bool {
	if text == "$LATEST" || text == "$LATEST.PUBLISHED" {
		return true
	}
	return len(text) <= maxQualifier && all(text, func(c byte) bool { return c != '.' && isNameByte(c) })
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// all reports whether a text is not empty and all its bytes are good.
func all(text string, good func(byte) bool) bool {
	for i := range len(text) {
		if !good(text[i]) {
			return false
		}
	}
	return text != ""
}
