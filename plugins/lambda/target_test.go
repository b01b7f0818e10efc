package lambda

import (
	"regexp"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	cases := map[string]target{
		"hello":                            {name: "hello"},
		"He.l_l-o9":                        {name: "He.l_l-o9"},
		"hello:live":                       {name: "hello", qualifier: "live"},
		"hello:7":                          {name: "hello", qualifier: "7"},
		"hello:$LATEST":                    {name: "hello", qualifier: "$LATEST"},
		"hello:$LATEST.PUBLISHED":          {name: "hello", qualifier: "$LATEST.PUBLISHED"},
		"function":                         {name: "function"},
		"function:live":                    {name: "function", qualifier: "live"},
		"123456789012:function:hello":      {account: "123456789012", name: "hello"},
		"123456789012:function:hello:live": {account: "123456789012", name: "hello", qualifier: "live"},
		"arn:aws:lambda:us-east-1:123456789012:function:hello":            {"aws", "us-east-1", "123456789012", "hello", ""},
		"arn:aws:lambda:us-east-1:123456789012:function:hello:7":          {"aws", "us-east-1", "123456789012", "hello", "7"},
		"arn:aws-cn:lambda:cn-northwest-1:123456789012:function:hello":    {"aws-cn", "cn-northwest-1", "123456789012", "hello", ""},
		"arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:hello": {"aws-us-gov", "us-gov-west-1", "123456789012", "hello", ""},
		"arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:hello": {"aws-iso-b", "us-isob-east-1", "123456789012", "hello", ""},
		"arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:hello":  {"aws-eusc", "eusc-de-east-1", "123456789012", "hello", ""},
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			if got, err := parseTarget(text); err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestParseTargetRefuses(t *testing.T) {
	cases := map[string]string{
		"":                                  "name",
		":live":                             "name",
		"hello:":                            "qualifier",
		"hello world":                       "name",
		"hello/../other":                    "name",
		"hello?Qualifier=live":              "name",
		"héllo":                             "name",
		"hello:li.ve":                       "qualifier",
		"hello:$OLDEST":                     "qualifier",
		"hello:live:7":                      "too many colons",
		"hello\n":                           "name",
		strings.Repeat("a", 65):             "name",
		strings.Repeat("a", 257):            "257 characters",
		"hello:" + strings.Repeat("a", 129): "qualifier",
		"12345678901:function:hello":        "12 digits",
		"arn":                               "not a function's ARN",
		"arn:aws:lambda:us-east-1:123456789012:function":              "not a function's ARN",
		"arn:aws:lambda:us-east-1:123456789012:layer:hello":           "not a function's ARN",
		"arn:aws:s3:us-east-1:123456789012:function:hello":            "not a function's ARN",
		"arn:aws:lambda:us-east-1:123456789012:function:":             "name",
		"arn:aws:lambda:us-east-1:123456789012:function:hello:live:1": "too many colons",
		"arn:aws:lambda::123456789012:function:hello":                 "region",
		"arn:aws:lambda:us-east-1::function:hello":                    "12 digits",
		"arn:aws:lambda:us-east-1:12345678901x:function:hello":        "12 digits",
		"arn:azure:lambda:us-east-1:123456789012:function:hello":      "partition",
		"arn:aws-cn:lambda:us-east-1:123456789012:function:hello":     "belongs to partition aws",
		"arn:aws:lambda:us-gov-west-1:123456789012:function:hello":    "belongs to partition aws-us-gov",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			if got, err := parseTarget(text); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %+v, %v, want an error with %q", got, err, want)
			}
		})
	}
}

// apiPattern is FunctionName's in the API's model (botocore, data/lambda/2015-03-31/service-2.json).
var apiPattern = regexp.MustCompile(`^(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?` +
	`(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?$`)

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{
		"hello", "hello:live", "123456789012:function:hello:7", "function:function:function",
		"arn:aws:lambda:us-east-1:123456789012:function:hello:$LATEST", "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseTarget(text)
		if err != nil {
			return
		}
		if !apiPattern.MatchString(text) {
			t.Errorf("%q: got %+v, but the API would refuse it", text, got)
		}
		written := got.functionName()
		if got.qualifier != "" {
			written += ":" + got.qualifier
		}
		if written != text {
			t.Errorf("%q: got %+v, which is %q", text, got, written)
		}
	})
}

func TestQualify(t *testing.T) {
	cases := map[string]struct{ target, setting, want string }{
		"neither":     {"", "", ""},
		"target":      {"live", "", "live"},
		"setting":     {"", "live", "live"},
		"both agree":  {"live", "live", "live"},
		"they do not": {"live", "blue", "error"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := target{name: "hello", qualifier: c.target}.qualify(c.setting)
			if err != nil {
				got.qualifier = "error"
			}
			if got.qualifier != c.want {
				t.Errorf("got %q, %v, want %q", got.qualifier, err, c.want)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	cases := map[string]struct{ arn, setting, chain, want string }{
		"setting":                {"", "eu-west-1", "eu-west-2", "eu-west-1"},
		"ARN":                    {"us-east-1", "", "eu-west-2", "us-east-1"},
		"ARN and setting agree":  {"us-east-1", "us-east-1", "", "us-east-1"},
		"ARN and setting do not": {"us-east-1", "eu-west-1", "", "error"},
		"the environment's":      {"", "", "eu-west-2", "eu-west-2"},
		"none":                   {"", "", "", "error"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := target{name: "hello", region: c.arn}.locate(c.setting, func() string { return c.chain })
			if err != nil {
				got.region = "error"
			}
			if got.region != c.want {
				t.Errorf("got %q, %v, want %q", got.region, err, c.want)
			}
		})
	}
}
