package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

var ofOAuth2 = newCounters("oauth2")

// endpoint is a URL that gives tokens. It is safe for concurrent use.
type endpoint struct {
	server *exchange.Server
	// slash is the one that the URL ends with, or "": servers may tell them apart.
	slash   string
	backoff backoff
}

// newEndpoint returns the endpoint of a URL that a setting names.
func newEndpoint(setting, address string, insecure bool) (*endpoint, error) {
	server, err := exchange.At(address, "", insecure)
	if err != nil {
		return nil, fmt.Errorf("setting %q: %w", setting, err)
	}
	e := &endpoint{server: server}
	if strings.HasSuffix(address, "/") {
		e.slash = "/"
	}
	return e, nil
}

func (e *endpoint) String() string { return e.server.String() + e.slash }

// ask sends a form, with headers of which it adds some, and reads the token in the answer. The error is a refusal if the endpoint has answered something else.
func (e *endpoint) ask(ctx context.Context, header http.Header, form url.Values) (keep.Found[token], error) {
	if err := e.backoff.pending(time.Now()); err != nil {
		return keep.Found[token]{}, err
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	header.Set("Accept", "application/json")
	began := time.Now()
	answer, err := e.server.Do(ctx, exchange.Request{Method: http.MethodPost, Path: e.slash, Header: header, Body: []byte(form.Encode())})
	if err != nil {
		return keep.Found[token]{}, err
	}
	if answer.Status != http.StatusOK {
		refused := newRefusal(e.String(), answer)
		e.backoff.refused(refused, answer.Header.Get("retry-after"), time.Now())
		return keep.Found[token]{}, refused
	}
	e.backoff.over()
	found, err := readToken(answer.Body, began)
	if err != nil {
		return keep.Found[token]{}, fmt.Errorf("%s: %w", e, err)
	}
	return found, nil
}

// clientCredentials is the grant of RFC 6749 §4.4: a client gets a token for itself.
type clientCredentials struct {
	endpoint *endpoint
	form     url.Values
	proof    proof
}

// oauth2 returns the credential of the settings. They have been checked.
func (s *Settings) oauth2(environment plugins.Environment, from *pool) (credential, error) {
	at, err := newEndpoint("token_url", s.TokenURL, s.Insecure)
	if err != nil {
		return nil, err
	}
	proving, secret, err := s.proof(environment)
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"client_credentials"}}
	if len(s.Scopes) > 0 {
		form.Set("scope", strings.Join(s.Scopes, " "))
	}
	if s.Audience != "" {
		form.Set("audience", s.Audience)
	}
	grant := &clientCredentials{endpoint: at, form: form, proof: proving}
	return from.bearer(environment, source{
		key: key{fmt.Sprintf("oauth2 %q", []string{
			at.String(), s.ClientID, strings.Join(s.Scopes, " "), s.Audience, s.TokenMethod, s.ClientAssertionFile,
			fmt.Sprintf("%T", proving),
		}), secret},
		subject:  fmt.Sprintf("of client %s from %s", s.ClientID, at),
		counters: ofOAuth2,
		fetch:    grant.fetch,
	}), nil
}

func (c *clientCredentials) fetch(ctx context.Context) (keep.Found[token], error) {
	header, form := http.Header{}, url.Values{}
	for name, values := range c.form {
		form[name] = values
	}
	if err := c.proof.add(ctx, header, form); err != nil {
		return keep.Found[token]{}, err
	}
	found, err := c.endpoint.ask(ctx, header, form)
	if refused := (*refusal)(nil); errors.As(err, &refused) && refused.ofClient() {
		c.proof.refused()
	}
	return found, err
}
