package aws

import (
	"context"
	"fmt"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
)

// Callers makes the callers of one function type. Those of an identity share its credentials, those of a host its clock. It is
// safe for concurrent use.
type Callers struct {
	name        string
	credentials *credentials.Pool
	clocks      *clocks

	// Fetch says where credentials come from, Now tells the time, and Region is that of the environment or of a profile in the
	// shared files. Tests replace them before the first caller is made.
	Fetch  func(credentials.Source, credentials.STS) credentials.Fetch
	Now    func() time.Time
	Region func(profile string) string
}

// NewCallers returns what makes the callers of a function type, which the log calls by its name.
func NewCallers(name string) *Callers {
	return &Callers{
		name:        name,
		credentials: credentials.NewPool(name),
		clocks:      newClocks(),
		Fetch:       credentials.From,
		Now:         time.Now,
		Region:      func(profile string) string { return credentials.DefaultRegion(context.Background(), profile) },
	}
}

// Caller returns who calls a host with an identity.
func (c *Callers) Caller(environment plugins.Environment, host string, identity credentials.Identity) *Caller {
	return &Caller{
		name:        c.name,
		host:        host,
		environment: environment,
		now:         c.Now,
		credentials: c.credentials.Provider(identity, c.Fetch),
		clock:       c.clocks.of(host),
	}
}

// Caller signs the calls of one host with one identity. It keeps credentials at hand, and learns from the host's refusals. It is safe for
// concurrent use.
type Caller struct {
	name, host  string
	environment plugins.Environment
	now         func() time.Time
	credentials *credentials.Provider
	clock       *clock
}

var _ plugins.Awaiter = (*Caller)(nil)

func (c *Caller) Ready() bool { return c.credentials.Ready(c.environment) }

func (c *Caller) Await(done func(error)) (stop func()) {
	return c.credentials.Await(c.environment, done)
}

// Retrieve waits until there are credentials. It may block until its context ends. The error is for operators.
func (c *Caller) Retrieve(ctx context.Context) error {
	_, err := c.credentials.Retrieve(ctx)
	return err
}

// Sign signs a call, as [sigv4.Signer.Sign] does, at the time that the host's clock shows. There is an error, fit to be shown to clients, if
// there are no credentials: they may have expired since Ready.
func (c *Caller) Sign(signer *sigv4.Signer, headers []sigv4.Header, body []byte) (sigv4.Signature, error) {
	identity := c.credentials.Identity()
	if identity == nil {
		return sigv4.Signature{}, credentials.Unavailable()
	}
	return signer.Sign(identity, c.clock.at(c.now()), headers, body), nil
}

// Authorize sets the headers in which a signature leaves. Those that were signed beside them are for the caller to set.
func Authorize(headers plugins.Headers, signature sigv4.Signature) {
	headers.Set("x-amz-date", signature.Date)
	if signature.SecurityToken != "" {
		headers.Set("x-amz-security-token", signature.SecurityToken)
	}
	headers.Set("authorization", signature.Authorization)
}

// Reconsider learns for the next call from the headers of an answer that is an error of AWS's. The error's type may be one that says nothing
// of credentials and signatures. It reports whether it has learned something, so that another attempt may fare better.
func (c *Caller) Reconsider(errorType string, headers interface{ Get(name string) string }) (learned bool) {
	switch errorType {
	case "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed", "AccessDeniedException":
		if ahead, corrected := c.clock.correct(headers, c.now()); corrected {
			c.environment.Warn(fmt.Sprintf("funcroute: %s: the clock of %s is %s ahead of this machine's (behind if negative); "+
				"signatures follow it from now on", c.name, c.host, ahead))
			return true
		}
		if errorType == "AccessDeniedException" { // The identity is known; it lacks a permission.
			return false
		}
	case "ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException", "InvalidClientTokenId":
	default:
		return false
	}
	c.credentials.Rejected(c.environment)
	return true
}
