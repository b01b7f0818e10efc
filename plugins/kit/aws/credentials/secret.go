package credentials

import (
	"errors"
	"fmt"
	"strings"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// The names that the keys have in a secret: those of a credentials file, of the answers of AWS, of the environment, and of Vault's engine
// for AWS.
var (
	accessKeyNames    = []string{accessKeyName, "AccessKeyId", "AWS_ACCESS_KEY_ID", "access_key"}
	secretKeyNames    = []string{secretKeyName, "SecretAccessKey", "AWS_SECRET_ACCESS_KEY", "secret_key"}
	sessionTokenNames = []string{sessionTokenName, "SessionToken", "Token", "AWS_SESSION_TOKEN", "session_token", "security_token"}
)

// newSecretProvider returns a provider of the credentials that a secret has. They are made anew when the secret changes, and expire with it.
func newSecretProvider(typeName string, secret plugins.Secret) *Provider {
	subject := "AWS credentials of " + secret.String()
	return &Provider{subject: subject, kept: keep.Derive(secret, typeName+": "+subject, identityOf)}
}

// identityOf reads the members of a secret. The error names the one that is missing.
func identityOf(secret plugins.Secret) (*sigv4.Identity, error) {
	members, err := secret.Members()
	if err != nil {
		return nil, errors.New("it is no object with the keys as members")
	}
	first := func(names []string) string {
		for _, name := range names {
			if members[name] != "" {
				return members[name]
			}
		}
		return ""
	}
	found := Credentials{AccessKeyID: first(accessKeyNames), SecretAccessKey: first(secretKeyNames), SessionToken: first(sessionTokenNames)}
	switch {
	case found.AccessKeyID == "":
		return nil, fmt.Errorf("it has no member %s", strings.Join(accessKeyNames, ", "))
	case found.SecretAccessKey == "":
		return nil, fmt.Errorf("it has no member %s", strings.Join(secretKeyNames, ", "))
	}
	if found, err = fit(found); err != nil {
		return nil, err
	}
	return &sigv4.Identity{AccessKeyID: found.AccessKeyID, SecretAccessKey: found.SecretAccessKey, SessionToken: found.SessionToken}, nil
}
