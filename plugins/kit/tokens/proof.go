package tokens

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/files"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// proof is how a client proves to a token endpoint who it is.
type proof interface {
	// add puts it into a request. It may block until the context ends. The error is for operators.
	add(ctx context.Context, header http.Header, form url.Values) error
	// refused tells that the endpoint does not take the client for what it says it is.
	refused()
}

var (
	_ proof = (*secretProof)(nil)
	_ proof = (*keyProof)(nil)
	_ proof = fileProof{}
)

// proof returns that of the settings, and the secret behind it, nil if there is none.
func (s *Settings) proof(environment plugins.Environment) (proof, plugins.Secret, error) {
	if s.ClientAssertionFile != "" {
		return fileProof{s.ClientID, s.ClientAssertionFile}, nil, nil
	}
	setting, reference := "client_secret", s.ClientSecret
	if s.PrivateKey != "" {
		setting, reference = "private_key", s.PrivateKey
	}
	secret, err := opened(environment, setting, reference)
	if err != nil {
		return nil, nil, err
	}
	if s.PrivateKey != "" {
		key := keep.Derive(secret, secret.String(), readKey)
		return &keyProof{client: s.ClientID, audience: s.TokenURL, key: key, name: secret.String()}, secret, nil
	}
	return &secretProof{client: s.ClientID, inBody: s.TokenMethod == "body", secret: keep.Derive(secret, secret.String(), valueOf)}, secret, nil
}

// secretProof is client_secret_basic and client_secret_post (RFC 6749 §2.3.1).
type secretProof struct {
	client string
	inBody bool
	secret *keep.Derived[string]
}

func (p *secretProof) add(ctx context.Context, header http.Header, form url.Values) error {
	secret, err := p.secret.Retrieve(ctx)
	if err != nil {
		return err
	}
	if p.inBody {
		form.Set("client_id", p.client)
		form.Set("client_secret", secret)
		return nil
	}
	// Both are encoded as in a form, for a colon may stand in either.
	pair := url.QueryEscape(p.client) + ":" + url.QueryEscape(secret)
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	return nil
}

func (p *secretProof) refused() { p.secret.Rejected(keep.Silent{}) }

// assertionType is that of RFC 7523 §2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// keyProof is private_key_jwt (RFC 7523 §2.2, OpenID Connect Core §9).
type keyProof struct {
	client, audience string
	key              *keep.Derived[*privateKey]
	name             string
}

func (p *keyProof) add(ctx context.Context, _ http.Header, form url.Values) error {
	key, err := p.key.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	assertion, err := key.sign(newClaims(p.client, p.audience, time.Now()))
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	assert(form, p.client, assertion)
	return nil
}

func (p *keyProof) refused() { p.key.Rejected(keep.Silent{}) }

// fileProof is an assertion that somebody else has signed and keeps in a file, as Kubernetes does.
type fileProof struct{ client, path string }

// maxAssertion bounds the file, in bytes.
const maxAssertion = 1 << 16

func (p fileProof) add(_ context.Context, _ http.Header, form url.Values) error {
	content, err := files.ReadSmall(p.path, maxAssertion)
	if err != nil {
		return err
	}
	assertion := strings.TrimSpace(string(content))
	if !isToken(assertion) {
		return fmt.Errorf("file %s has no token in it", p.path)
	}
	assert(form, p.client, assertion)
	return nil
}

func (fileProof) refused() {} // It is read each time.

func assert(form url.Values, client, assertion string) {
	form.Set("client_id", client)
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", assertion)
}
