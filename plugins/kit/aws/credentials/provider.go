// Package credentials keeps AWS credentials at hand for requests that must not wait for them.
package credentials

import (
	"context"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// Credentials are what a fetch has found.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	// Expires and Recheck are those of [keep.Found].
	Expires time.Time
	Recheck time.Duration
}

// It keeps the secrets out of logs.
func (c Credentials) String() string { return "credentials of " + c.AccessKeyID }

func (c Credentials) GoString() string { return c.String() }

// Fetch gets credentials from where they come. It may block until its context ends.
type Fetch func(context.Context) (Credentials, error)

// Provider keeps the credentials of one identity. It is safe for concurrent use.
type Provider struct {
	kept
	// subject is what the log calls them.
	subject string
}

// kept is a [keep.Value], or what is derived from a secret.
type kept interface {
	Ready(plugins.Environment) bool
	Await(environment plugins.Environment, done func(error)) (stop func())
	Get() (identity *sigv4.Identity, valid bool)
	Expires() time.Time
	Rejected(plugins.Environment)
	Retrieve(context.Context) (*sigv4.Identity, error)
}

var (
	_ kept = (*keep.Value[*sigv4.Identity])(nil)
	_ kept = (*keep.Derived[*sigv4.Identity])(nil)
)

// NewProvider returns a provider that has fetched nothing yet. The log knows it by the function type's name and the identity's, which is
// "" for the default one.
func NewProvider(typeName, name string, fetch Fetch) *Provider {
	subject := "AWS credentials"
	if name != "" {
		subject += " of " + name
	}
	return &Provider{
		subject: subject,
		kept: keep.New(keep.Options[*sigv4.Identity]{
			Fetch:       fetch.identity,
			Same:        same,
			Subject:     typeName + ": " + subject,
			Unavailable: Unavailable,
			Refreshed:   fetchesDone,
			Failed:      fetchesFailed,
		}),
	}
}

// Identity returns the credentials to sign with, nil if there are none that are valid now.
func (p *Provider) Identity() *sigv4.Identity {
	identity, _ := p.Get()
	return identity
}

// identity fetches credentials as calls are signed with them.
func (f Fetch) identity(ctx context.Context) (keep.Found[*sigv4.Identity], error) {
	found, err := f(ctx)
	if err == nil {
		found, err = fit(found)
	}
	if err != nil {
		return keep.Found[*sigv4.Identity]{}, err
	}
	identity := &sigv4.Identity{
		AccessKeyID:     found.AccessKeyID,
		SecretAccessKey: found.SecretAccessKey,
		SessionToken:    found.SessionToken,
	}
	return keep.Found[*sigv4.Identity]{Value: identity, Expires: found.Expires, Recheck: found.Recheck}, nil
}

// same tells credentials apart. If they are the same, the identity stays, and with it the signing keys derived from it.
func same(a, b *sigv4.Identity) bool {
	return a.AccessKeyID == b.AccessKeyID && a.SecretAccessKey == b.SecretAccessKey && a.SessionToken == b.SessionToken
}

// Unavailable is the error that a client gets without credentials. Why there are none is for operators, in the log.
func Unavailable() error {
	return plugins.Errorf(plugins.CredentialsUnavailable, "The proxy has no credentials to call this function.")
}
