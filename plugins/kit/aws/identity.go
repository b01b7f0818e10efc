package aws

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
)

// IdentitySettings say with whose credentials calls are signed. A type has them among its own. A cluster may give some of
// them and a route others, so only what compiles a function looks at how they go together, see Identity.
type IdentitySettings struct {
	Credentials          string        `setting:"credentials" doc:"Reference to a secret that has the keys as members, named as AWS or Vault names them, like vault:aws/creds/role."`
	Profile              string        `setting:"profile" doc:"A profile of the shared files or of credentials_file; by default AWS_PROFILE, else default."`
	CredentialsFile      string        `setting:"credentials_file" doc:"Absolute path of a credentials file, or of a folder with one file per key, as a Kubernetes secret is mounted."`
	WebIdentityTokenFile string        `setting:"web_identity_token_file" doc:"Absolute path of an OIDC token, which is exchanged for the credentials of the first role."`
	RoleARN              string        `setting:"role_arn" doc:"The role whose credentials sign, assumed with whatever the other settings give."`
	RoleChain            []string      `setting:"role_chain" doc:"Up to 8 roles that are assumed before role_arn, in order."`
	RoleExternalID       string        `setting:"role_external_id" doc:"The external id that the trust policy of role_arn asks for."`
	RoleSessionName      string        `setting:"role_session_name" doc:"The session name of all roles, which CloudTrail shows; by default funcroute."`
	RoleDuration         time.Duration `setting:"role_duration" doc:"How long the credentials of role_arn are valid, from 900s to 43200s, with role_chain at most 3600s; by default 3600s."`
	RoleTags             []string      `setting:"role_tags" doc:"Up to 50 session tags for role_arn, like team=shop."`
	STSEndpoint          string        `setting:"sts_endpoint" doc:"URL of the Security Token Service that gives credentials of roles; by default it is the region's own, https://sts.REGION.DOMAIN."`
}

// The limits of STS. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const (
	maxRoles        = 8 // Our own: each takes a request of its own, and all of them must come within one fetch.
	maxTags         = 50
	maxTagName      = 128
	maxTagValue     = 256
	minExternalID   = 2
	maxExternalID   = 1224
	minDuration     = 15 * time.Minute
	maxDuration     = 12 * time.Hour
	maxChained      = time.Hour
	defaultDuration = time.Hour // What STS takes itself; every role allows it, a chained one too.
)

var (
	roleForm    = regexp.MustCompile(`^arn:([a-z0-9-]+):iam::\d{12}:role/([!-~]{1,510}/)?[\w+=,.@-]{1,64}$`)
	sessionForm = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDs = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

// Check looks at each setting alone.
func (s *IdentitySettings) Check() error {
	for _, file := range []struct{ name, path string }{
		{"credentials_file", s.CredentialsFile},
		{"web_identity_token_file", s.WebIdentityTokenFile},
	} {
		if file.path != "" && !filepath.IsAbs(file.path) {
			return fmt.Errorf("setting %q must be an absolute path like /etc/aws/credentials, not %q", file.name, file.path)
		}
	}
	if len(s.RoleChain) > maxRoles {
		return fmt.Errorf("setting %q has %d roles, at most %d are possible", "role_chain", len(s.RoleChain), maxRoles)
	}
	for _, arn := range s.RoleChain {
		if !roleForm.MatchString(arn) {
			return fmt.Errorf("setting %q must hold ARNs of roles like %s, not %q", "role_chain", exampleRole, arn)
		}
	}
	if s.RoleARN != "" && !roleForm.MatchString(s.RoleARN) {
		return fmt.Errorf("setting %q must be the ARN of a role like %s, not %q", "role_arn", exampleRole, s.RoleARN)
	}
	if n := len(s.RoleExternalID); n != 0 && (n < minExternalID || n > maxExternalID || !externalIDs.MatchString(s.RoleExternalID)) {
		return fmt.Errorf("setting %q must be %d to %d letters, digits or _ + = , . @ : / -", "role_external_id",
			minExternalID, maxExternalID) // Without the text: some hold it for a secret.
	}
	if s.RoleSessionName != "" && !sessionForm.MatchString(s.RoleSessionName) {
		return fmt.Errorf("setting %q must be 2 to 64 letters, digits or _ + = , . @ -, not %q", "role_session_name", s.RoleSessionName)
	}
	if d := s.RoleDuration; d != 0 && (d < minDuration || d > maxDuration || d%time.Second != 0) {
		return fmt.Errorf("setting %q must be whole seconds from 900s (15 minutes) to 43200s (12 hours), not %s", "role_duration", d)
	}
	if s.STSEndpoint != "" {
		if _, err := ParseEndpoint(s.STSEndpoint); err != nil {
			return fmt.Errorf("setting %q must be a URL like https://sts.us-east-1.amazonaws.com: %w", "sts_endpoint", err)
		}
	}
	return checkTags(s.RoleTags)
}

const exampleRole = "arn:aws:iam::123456789012:role/NAME"

func checkTags(tags []string) error {
	if len(tags) > maxTags {
		return fmt.Errorf("setting %q has %d tags, at most %d are possible", "role_tags", len(tags), maxTags)
	}
	known := map[string]bool{}
	for _, tag := range tags {
		name, value, ok := strings.Cut(tag, "=")
		switch {
		case !ok || name == "":
			return fmt.Errorf("setting %q must hold tags like team=shop, not %q", "role_tags", tag)
		case utf8.RuneCountInString(name) > maxTagName || utf8.RuneCountInString(value) > maxTagValue:
			return fmt.Errorf("setting %q: a tag's name has at most %d characters and its value %d; %.64q has more", "role_tags",
				maxTagName, maxTagValue, name)
		case strings.IndexFunc(tag, isNoTagRune) >= 0:
			return fmt.Errorf("setting %q: a tag has letters, digits, spaces or _ . : / = + - @, not %q", "role_tags", tag)
		case strings.HasPrefix(strings.ToLower(name), "aws:"):
			return fmt.Errorf("setting %q: tags that begin with aws: are AWS's own, so not %q", "role_tags", tag)
		case known[strings.ToLower(name)]:
			return fmt.Errorf("setting %q has the tag %q twice; STS takes upper and lower case for the same", "role_tags", name)
		}
		known[strings.ToLower(name)] = true
	}
	return nil
}

// isNoTagRune is the opposite of the pattern [\p{L}\p{Z}\p{N}_.:/=+\-@].
func isNoTagRune(r rune) bool {
	return r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}

// Identity is what the settings together say, for calls in a region. With fips STS is asked at its FIPS host, too. A secret is opened in the
// environment.
func (s *IdentitySettings) Identity(environment plugins.Environment, region string, fips bool) (credentials.Identity, error) {
	if err := s.together(); err != nil {
		return credentials.Identity{}, err
	}
	var secret plugins.Secret
	if s.Credentials != "" {
		var err error
		if secret, err = environment.Secret(s.Credentials); err != nil {
			return credentials.Identity{}, fmt.Errorf("setting %q: %w", "credentials", err)
		}
	}
	if s.STSEndpoint != "" {
		fips = false // It says itself which host is asked.
	}
	identity := credentials.Identity{
		Source: credentials.Source{Secret: secret, Profile: s.Profile, File: s.CredentialsFile},
		STS:    credentials.STS{Region: region, Endpoint: s.STSEndpoint, FIPS: fips},
	}
	if s.RoleARN == "" {
		return identity, nil
	}
	session := s.RoleSessionName
	if session == "" {
		session = "funcroute"
	}
	for _, arn := range append(slices.Clone(s.RoleChain), s.RoleARN) {
		// An emulator may be given any region, and then there is nothing to compare with.
		if p, known := partitionOf(region); known && roleForm.FindStringSubmatch(arn)[1] != p.name {
			return credentials.Identity{}, fmt.Errorf("role %s is of another partition than region %s, which needs one like arn:%s:iam::…",
				arn, region, p.name)
		}
		identity.Roles = append(identity.Roles, credentials.Role{ARN: arn, SessionName: session, Duration: defaultDuration})
	}
	last := &identity.Roles[len(identity.Roles)-1]
	last.ExternalID = s.RoleExternalID
	last.Tags = strings.Join(s.RoleTags, "\n")
	if s.RoleDuration != 0 {
		last.Duration = s.RoleDuration
	}
	if s.WebIdentityTokenFile != "" {
		identity.Source.TokenFile, identity.Source.TokenRole = s.WebIdentityTokenFile, identity.Roles[0]
		identity.Roles = identity.Roles[1:]
	}
	return identity, nil
}

// SharedProfile is the profile of the shared files, for the region that it may name.
func (s *IdentitySettings) SharedProfile() string {
	if s.CredentialsFile != "" || s.Credentials != "" { // The profile is one of that file, or there is none.
		return ""
	}
	return s.Profile
}

// together looks at what settings mean beside each other.
func (s *IdentitySettings) together() error {
	switch {
	case s.Credentials != "" && s.CredentialsFile != "":
		return errors.New(`settings "credentials" and "credentials_file" are two identities; leave one of them out`)
	case s.Credentials != "" && s.WebIdentityTokenFile != "":
		return errors.New(`settings "credentials" and "web_identity_token_file" are two identities; leave one of them out`)
	case s.Credentials != "" && s.Profile != "":
		return errors.New(`settings "credentials" and "profile" are two identities; leave one of them out`)
	case s.CredentialsFile != "" && s.WebIdentityTokenFile != "":
		return errors.New(`settings "credentials_file" and "web_identity_token_file" are two identities; leave one of them out`)
	case s.Profile != "" && s.WebIdentityTokenFile != "":
		return errors.New(`settings "profile" and "web_identity_token_file" are two identities; leave one of them out`)
	}
	if s.RoleARN == "" {
		for _, needy := range []struct {
			name  string
			given bool
			why   string
		}{
			{"web_identity_token_file", s.WebIdentityTokenFile != "", "the role that the token is exchanged for"},
			{"role_chain", len(s.RoleChain) > 0, "the role that is assumed last"},
			{"role_external_id", s.RoleExternalID != "", "the role that it is for"},
			{"role_session_name", s.RoleSessionName != "", "the role that it is for"},
			{"role_duration", s.RoleDuration != 0, "the role that it is for"},
			{"role_tags", len(s.RoleTags) > 0, "the role that they are for"},
		} {
			if needy.given {
				return fmt.Errorf("setting %q needs setting %q, %s", needy.name, "role_arn", needy.why)
			}
		}
		return nil
	}
	exchanged := s.WebIdentityTokenFile != "" && len(s.RoleChain) == 0
	switch {
	case exchanged && s.RoleExternalID != "":
		return errors.New(`setting "role_external_id" cannot be sent with a web identity; leave it out, or name the role that the token is for in "role_chain"`)
	case exchanged && len(s.RoleTags) > 0:
		return errors.New(`setting "role_tags" cannot be sent with a web identity; leave it out, or name the role that the token is for in "role_chain"`)
	case len(s.RoleChain) > 0 && s.RoleDuration > maxChained:
		return fmt.Errorf("setting %q must be at most 3600s (1 hour) with setting %q, not %s", "role_duration", "role_chain", s.RoleDuration)
	}
	return nil
}
