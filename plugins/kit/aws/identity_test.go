package aws

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

const (
	caller = "arn:aws:iam::123456789012:role/caller"
	hub    = "arn:aws:iam::123456789012:role/path/hub"
)

// identityOf is what settings compile to, for a function of that region.
func identityOf(settings plugins.Settings, region string) (credentials.Identity, error) {
	var s struct {
		EndpointSettings
		IdentitySettings
	}
	if err := settings.Decode(&s); err != nil {
		return credentials.Identity{}, err
	}
	if err := s.IdentitySettings.Check(); err != nil {
		return credentials.Identity{}, err
	}
	return s.Identity(&plugintest.Environment{}, region, s.FIPS)
}

func TestIdentities(t *testing.T) {
	role := func(arn string) credentials.Role {
		return credentials.Role{ARN: arn, SessionName: "funcroute", Duration: time.Hour}
	}
	at := credentials.STS{Region: "eu-west-1"}
	everything := credentials.Role{
		ARN: caller, SessionName: "gateway", ExternalID: "x/1", Duration: 12 * time.Hour, Tags: "team=shop\nnote=a=b\nempty=",
	}
	cases := map[string]struct {
		settings plugins.Settings
		want     credentials.Identity
	}{
		"the default chain": {nil, credentials.Identity{STS: at}},
		"a profile":         {plugins.Settings{"profile": "shop"}, credentials.Identity{Source: credentials.Source{Profile: "shop"}, STS: at}},
		"a file": {
			plugins.Settings{"credentials_file": "/etc/aws", "profile": "shop"},
			credentials.Identity{Source: credentials.Source{File: "/etc/aws", Profile: "shop"}, STS: at},
		},
		"a role": {plugins.Settings{"role_arn": caller}, credentials.Identity{Roles: []credentials.Role{role(caller)}, STS: at}},
		"all that is said of a role": {
			plugins.Settings{
				"role_arn": caller, "role_session_name": "gateway", "role_external_id": "x/1", "role_duration": "12h",
				"role_tags": []string{"team=shop", "note=a=b", "empty="},
			},
			credentials.Identity{Roles: []credentials.Role{everything}, STS: at},
		},
		"a chain": {
			plugins.Settings{"role_arn": caller, "role_chain": []string{hub}, "credentials_file": "/etc/aws"},
			credentials.Identity{
				Source: credentials.Source{File: "/etc/aws"}, Roles: []credentials.Role{role(hub), role(caller)}, STS: at,
			},
		},
		"a web identity": {
			plugins.Settings{"web_identity_token_file": "/token", "role_arn": caller},
			credentials.Identity{
				Source: credentials.Source{TokenFile: "/token", TokenRole: role(caller)}, Roles: []credentials.Role{}, STS: at,
			},
		},
		"a web identity and a chain": {
			plugins.Settings{"web_identity_token_file": "/token", "role_chain": []string{hub}, "role_arn": caller},
			credentials.Identity{
				Source: credentials.Source{TokenFile: "/token", TokenRole: role(hub)}, Roles: []credentials.Role{role(caller)}, STS: at,
			},
		},
		"FIPS": {plugins.Settings{"fips": true}, credentials.Identity{STS: credentials.STS{Region: "eu-west-1", FIPS: true}}},
		"an endpoint of STS": {
			plugins.Settings{"fips": true, "sts_endpoint": "http://localhost:4566"},
			credentials.Identity{STS: credentials.STS{Region: "eu-west-1", Endpoint: "http://localhost:4566"}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got, err := identityOf(c.settings, "eu-west-1"); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestIdentitiesThatAreNone(t *testing.T) {
	many := make([]string, maxTags+1)
	for i := range many {
		many[i] = fmt.Sprintf("tag%d=x", i)
	}
	cases := map[string]struct {
		settings plugins.Settings
		want     string
	}{
		"a secret itself":                 {plugins.Settings{"credentials": "s3cr3t"}, `setting "credentials": it must be a reference to a secret`},
		"a secret and a file":             {plugins.Settings{"credentials": "env:X", "credentials_file": "/c"}, "two identities"},
		"a secret and a token":            {plugins.Settings{"credentials": "env:X", "web_identity_token_file": "/t", "role_arn": caller}, "two identities"},
		"a secret and a profile":          {plugins.Settings{"credentials": "env:X", "profile": "shop"}, "two identities"},
		"an external id for nobody":       {plugins.Settings{"role_external_id": "x-1"}, `setting "role_external_id" needs setting "role_arn"`},
		"a session for nobody":            {plugins.Settings{"role_session_name": "gateway"}, `setting "role_session_name" needs setting "role_arn"`},
		"a duration for nobody":           {plugins.Settings{"role_duration": "900s"}, `setting "role_duration" needs setting "role_arn"`},
		"tags for nobody":                 {plugins.Settings{"role_tags": []string{"a=b"}}, `setting "role_tags" needs setting "role_arn"`},
		"a chain to nobody":               {plugins.Settings{"role_chain": []string{hub}}, `setting "role_chain" needs setting "role_arn"`},
		"a token for nobody":              {plugins.Settings{"web_identity_token_file": "/t"}, `setting "web_identity_token_file" needs setting "role_arn"`},
		"two identities":                  {plugins.Settings{"credentials_file": "/c", "web_identity_token_file": "/t", "role_arn": caller}, "two identities"},
		"a profile and a token":           {plugins.Settings{"profile": "shop", "web_identity_token_file": "/t", "role_arn": caller}, "two identities"},
		"an external id with a token":     {plugins.Settings{"web_identity_token_file": "/t", "role_arn": caller, "role_external_id": "x-1"}, "cannot be sent with a web identity"},
		"tags with a token":               {plugins.Settings{"web_identity_token_file": "/t", "role_arn": caller, "role_tags": []string{"a=b"}}, "cannot be sent with a web identity"},
		"a relative file":                 {plugins.Settings{"credentials_file": "credentials"}, "absolute path"},
		"a relative token":                {plugins.Settings{"web_identity_token_file": "~/token"}, "absolute path"},
		"no ARN":                          {plugins.Settings{"role_arn": "caller"}, "must be the ARN of a role"},
		"a user":                          {plugins.Settings{"role_arn": "arn:aws:iam::123456789012:user/caller"}, "must be the ARN of a role"},
		"an assumed role":                 {plugins.Settings{"role_arn": "arn:aws:sts::123456789012:assumed-role/caller/x"}, "must be the ARN of a role"},
		"a short account":                 {plugins.Settings{"role_arn": "arn:aws:iam::12345:role/caller"}, "must be the ARN of a role"},
		"a role with a line end":          {plugins.Settings{"role_arn": caller + "\n"}, "must be the ARN of a role"},
		"another partition":               {plugins.Settings{"role_arn": "arn:aws-cn:iam::123456789012:role/caller"}, "another partition than region eu-west-1, which needs one like arn:aws:iam"},
		"a chain by another partition":    {plugins.Settings{"role_arn": caller, "role_chain": []string{"arn:aws-us-gov:iam::123456789012:role/hub"}}, "another partition"},
		"a chain of something else":       {plugins.Settings{"role_arn": caller, "role_chain": []string{"hub"}}, "must hold ARNs of roles"},
		"a long chain":                    {plugins.Settings{"role_arn": caller, "role_chain": []string{hub, hub, hub, hub, hub, hub, hub, hub, hub}}, "at most 8"},
		"too short":                       {plugins.Settings{"role_arn": caller, "role_duration": "60s"}, "from 900s (15 minutes) to 43200s (12 hours), not 1m0s"},
		"too long":                        {plugins.Settings{"role_arn": caller, "role_duration": "43201s"}, "from 900s (15 minutes) to 43200s (12 hours)"},
		"too long in a chain":             {plugins.Settings{"role_arn": caller, "role_chain": []string{hub}, "role_duration": "2h"}, "at most 3600s (1 hour) with setting"},
		"not a whole second":              {plugins.Settings{"role_arn": caller, "role_duration": "900500ms"}, "whole seconds"},
		"no duration":                     {plugins.Settings{"role_arn": caller, "role_duration": "long"}, "must be a duration like 900s"},
		"no tag":                          {plugins.Settings{"role_arn": caller, "role_tags": []string{"team"}}, "must hold tags like team=shop, not \"team\""},
		"a tag without a name":            {plugins.Settings{"role_arn": caller, "role_tags": []string{"=shop"}}, "must hold tags like team=shop"},
		"a tag that STS would not take":   {plugins.Settings{"role_arn": caller, "role_tags": []string{"team=sh?p"}}, "a tag has letters"},
		"a tag with a line end":           {plugins.Settings{"role_arn": caller, "role_tags": []string{"team=shop\nadmin=yes"}}, "a tag has letters"},
		"a tag of AWS":                    {plugins.Settings{"role_arn": caller, "role_tags": []string{"AWS:team=shop"}}, "AWS's own"},
		"a tag twice":                     {plugins.Settings{"role_arn": caller, "role_tags": []string{"team=a", "Team=b"}}, "twice"},
		"a long name":                     {plugins.Settings{"role_arn": caller, "role_tags": []string{strings.Repeat("a", 129) + "=b"}}, "128 characters"},
		"a long value":                    {plugins.Settings{"role_arn": caller, "role_tags": []string{"a=" + strings.Repeat("b", 257)}}, "256"},
		"too many tags":                   {plugins.Settings{"role_arn": caller, "role_tags": many}, "51 tags, at most 50"},
		"an external id with a space":     {plugins.Settings{"role_arn": caller, "role_external_id": "s3cr3t id"}, `setting "role_external_id" must be 2 to 1224`},
		"a session name with a slash":     {plugins.Settings{"role_arn": caller, "role_session_name": "a/b"}, "2 to 64 letters"},
		"an endpoint of STS with a path":  {plugins.Settings{"sts_endpoint": "http://localhost/sts"}, `setting "sts_endpoint" must be a URL`},
		"an endpoint that has a password": {plugins.Settings{"sts_endpoint": "http://a:s3cr3t@localhost"}, "must not have a user"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := identityOf(c.settings, "eu-west-1")
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("got %+v, %v, want an error with %q", got, err, c.want)
			}
		})
	}
}

func TestPartitionsOfRoles(t *testing.T) {
	for region, arn := range map[string]string{
		"us-gov-west-1": "arn:aws-us-gov:iam::123456789012:role/caller",
		"cn-north-1":    "arn:aws-cn:iam::123456789012:role/caller",
		"emulated":      "arn:aws:iam::000000000000:role/caller",
	} {
		if _, err := identityOf(plugins.Settings{"role_arn": arn}, region); err != nil {
			t.Errorf("%s in %s: %v", arn, region, err)
		}
	}
}
