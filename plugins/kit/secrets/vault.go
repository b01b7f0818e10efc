package secrets

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// vaultSettings set up Vault or OpenBao, whose APIs are the same.
type vaultSettings struct {
	Address   string `setting:"address"`
	Auth      string `setting:"auth" one_of:"token,approle,jwt,kubernetes"`
	Token     string `setting:"token"`
	RoleID    string `setting:"role_id"`
	SecretID  string `setting:"secret_id"`
	Role      string `setting:"role"`
	TokenFile string `setting:"token_file"`
	Mount     string `setting:"mount"`
	Namespace string `setting:"namespace"`
	CAFile    string `setting:"ca_file"`
	Insecure  bool   `setting:"insecure"`
}

// The ways to log in.
const (
	authToken      = "token"
	authAppRole    = "approle"
	authJWT        = "jwt"
	authKubernetes = "kubernetes"
)

// vault is one Vault or OpenBao, asked with one identity. It is safe for concurrent use.
type vault struct {
	server    asker
	namespace string
	login     login
	// sessions keeps the token that logging in has given.
	sessions *keep.Value[*session]
	refresh  time.Duration
}

// asker is an [exchange.Server].
type asker interface {
	Do(context.Context, exchange.Request) (exchange.Answer, error)
	fmt.Stringer
}

var ofVault = newCounters("vault")

// newVault checks the settings. What they refer to is opened by other stores.
func newVault(given plugins.Settings, refresh time.Duration, open func(string) (*picked, error)) (*vault, error) {
	var s vaultSettings
	if err := given.Decode(&s); err != nil {
		return nil, err
	}
	if s.Address == "" {
		return nil, fmt.Errorf("setting %q must be there, like https://vault:8200", "address")
	}
	if s.CAFile != "" && !filepath.IsAbs(s.CAFile) {
		return nil, fmt.Errorf("setting %q must be an absolute path, not %q", "ca_file", s.CAFile)
	}
	server, err := exchange.At(s.Address, s.CAFile, s.Insecure)
	if err != nil {
		return nil, fmt.Errorf("setting %q must be a URL like https://vault:8200: %w", "address", err)
	}
	if err := s.checkAuth(); err != nil {
		return nil, err
	}
	v := &vault{server: server, namespace: strings.Trim(s.Namespace, "/"), refresh: refresh}
	if v.login, err = s.newLogin(open); err != nil {
		return nil, err
	}
	v.sessions = keep.New(keep.Options[*session]{
		Fetch:            (&sessionFetch{vault: v}).fetch,
		Same:             func(a, b *session) bool { return a == b },
		Subject:          "sessions of " + server.String(),
		Unavailable:      func() error { return plugins.SecretUnavailable(errors.New("no session")) },
		Refreshed:        ofVault.refreshed,
		Failed:           ofVault.failed,
		WaitWhenRejected: true,
	})
	return v, nil
}

// call asks the API once. The path follows /v1/ and is escaped. Without a session there is no token in it.
func (v *vault) call(ctx context.Context, session *session, method, path string, body []byte) (exchange.Answer, error) {
	header := http.Header{}
	header.Set("X-Vault-Request", "true") // So an agent in between knows that no browser was tricked into this.
	if v.namespace != "" {
		header.Set("X-Vault-Namespace", v.namespace)
	}
	if session != nil {
		header.Set("X-Vault-Token", session.token)
	}
	if body != nil {
		header.Set("Content-Type", "application/json")
	}
	return v.server.Do(ctx, exchange.Request{Method: method, Path: "/v1/" + path, Header: header, Body: body})
}

// session returns a session that is valid, logging in if need be.
func (v *vault) session(ctx context.Context) (*session, error) { return v.sessions.Retrieve(ctx) }

// ask calls the API in a session. Every token that is not good is answered 403, as is every path that the token may not read. So it asks
// whether the token is good, and if not it logs in again once, and asks once more with the token that it then has.
func (v *vault) ask(ctx context.Context, method, path string, body []byte) (exchange.Answer, *session, error) {
	current, err := v.session(ctx)
	if err != nil {
		return exchange.Answer{}, nil, err
	}
	answer, err := v.call(ctx, current, method, path, body)
	if err != nil || answer.Status != http.StatusForbidden {
		return answer, current, err
	}
	if check, err := v.call(ctx, current, http.MethodGet, "auth/token/lookup-self", nil); err != nil || check.Status != http.StatusForbidden {
		return answer, current, nil // It is good, or nobody can say; another would cost all leases that it was given.
	}
	current.refused.Store(true)
	v.sessions.Rejected(keep.Silent{})
	next, err := v.session(ctx)
	if err != nil || next == current {
		return answer, current, err
	}
	answer, err = v.call(ctx, next, method, path, body)
	return answer, next, err
}

// refusal is the error for an answer that is none of those that are waited for. The path is as in the reference, which is shown.
func (v *vault) refusal(path string, answer exchange.Answer) error {
	hint := ""
	if answer.Status == http.StatusForbidden {
		hint = "; the policies of the token do not allow it, or the token is not valid"
	}
	return fmt.Errorf("%s/v1/%s answers %d%s%s", v.server, path, answer.Status, saidBy(answer), hint)
}

// escapePath checks and escapes a path of the API.
func escapePath(path string) (string, error) {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if segment == "" || segment == "." || segment == ".." {
			return "", errors.New("after vault: must stand a path like MOUNT/PATH; no segment of it may be empty, one dot or two")
		}
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/"), nil
}
