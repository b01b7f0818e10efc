package aws

import (
	"strings"
	"testing"
)

func TestARN(t *testing.T) {
	cases := map[string]string{ // What is wrong with it, "" if nothing is.
		"arn:aws:sqs:us-east-1:123456789012:orders":                       "",
		"arn:aws:lambda:us-east-1:123456789012:function:hello:live":       "",
		"arn:aws-cn:states:cn-north-1:123456789012:stateMachine:checkout": "",
		"arn:aws:s3:::bucket":                          "region",
		"arn:aws:sqs:us-east-1::orders":                "12 digits",
		"arn:aws:sqs:us-east-1:12345678901x:orders":    "12 digits",
		"arn:azure:sqs:us-east-1:123456789012:orders":  "partition",
		"arn:aws-cn:sqs:us-east-1:123456789012:orders": "belongs to partition aws",
		"arn:aws:sqs:mars-1:123456789012:orders":       "region",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			arn, is := ParseARN(text)
			if !is || arn.String() != text {
				t.Fatalf("got %+v, %t", arn, is)
			}
			err := arn.Check()
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	for _, text := range []string{"", "arn", "orders", "arn:aws:sqs:us-east-1:123456789012", "ARN:aws:sqs:us-east-1:123456789012:orders"} {
		if arn, is := ParseARN(text); is {
			t.Errorf("%q: got %+v, want none", text, arn)
		}
	}
}
