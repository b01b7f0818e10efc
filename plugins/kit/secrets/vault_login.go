package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/files"
	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// session is a token of Vault's. When it ends, all leases that it was given end with it.
type session struct {
	token     string
	renewable bool
	// life is how long it was valid when it was new, 0 for ever.
	life time.Duration
	// given says that it was not logged in for, so that what it was read from may have another by now.
	given bool
	// expires is when it ends, zero for never. It moves on when the session is renewed.
	expires atomic.Pointer[time.Time]
	refused atomic.Bool
}

// It keeps the token out of logs.
func (s *session) String() string { return "session" }

func (s *session) GoString() string { return s.String() }

// end is when the session ends, zero for never.
func (s *session) end() time.Time {
	if at := s.expires.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

func (s *session) lasts(from time.Time, life time.Duration) {
	if life > 0 {
		end := from.Add(life)
		s.expires.Store(&end)
	}
}

// found is the session as [keep.Value] keeps it: renewed at two thirds of what it has left.
func (s *session) found(life time.Duration) keep.Found[*session] {
	return keep.Found[*session]{Value: s, Expires: s.end(), Recheck: life * 2 / 3}
}

// sessionFetch renews the session that it has fetched last, and logs in anew when that does not go on.
type sessionFetch struct {
	vault *vault
	last  atomic.Pointer[session]
}

func (f *sessionFetch) fetch(ctx context.Context) (keep.Found[*session], error) {
	last := f.last.Load()
	refused := last != nil && last.refused.Load()
	if last != nil && !refused {
		if last.life == 0 && !last.given {
			return last.found(0), nil
		}
		if left, renewed := f.renew(ctx, last); renewed {
			return last.found(left), nil
		}
	}
	began := time.Now()
	added, err := f.vault.login(ctx, f.vault, refused)
	switch {
	case err != nil && refused:
		return keep.Found[*session]{}, keep.Gone{Cause: err}
	case err != nil:
		return keep.Found[*session]{}, err
	}
	left := added.life
	if last != nil && added.token == last.token && !refused {
		added = last // The leases that it was given are still its own.
	}
	added.lasts(began, left)
	f.last.Store(added)
	return added.found(left), nil
}

// renew has a session last longer. When that is no longer for half as long as it did at first, the end of all renewals is near, and
// a new one is better.
func (f *sessionFetch) renew(ctx context.Context, s *session) (left time.Duration, renewed bool) {
	if !s.renewable {
		return 0, false
	}
	began := time.Now()
	answer, err := f.vault.call(ctx, s, http.MethodPost, "auth/token/renew-self", []byte("{}"))
	if err != nil || answer.Status != http.StatusOK {
		return 0, false
	}
	read, err := readVault(answer)
	if err != nil || read.Auth == nil {
		return 0, false
	}
	left = seconds(read.Auth.LeaseDuration)
	if left < s.life/2 {
		return 0, false
	}
	s.lasts(began, left)
	return left, true
}

// login logs in. If the last token was refused, so may be what it was made of.
type login func(ctx context.Context, v *vault, refused bool) (*session, error)

// serviceAccountToken is where Kubernetes mounts the token of a pod.
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token" //nolint:gosec // A path.

// checkAuth looks at what settings mean beside each other.
func (s *vaultSettings) checkAuth() error {
	needs := map[string][]string{
		authToken: {"token"}, authAppRole: {"role_id", "secret_id"}, authJWT: {"role"}, authKubernetes: {"role"},
	}[s.Auth]
	if s.Auth == "" {
		return fmt.Errorf("setting %q must be there, one of token, approle, jwt, kubernetes", "auth")
	}
	takes := map[string]string{authToken: "", authAppRole: "mount", authJWT: "token_file mount", authKubernetes: "token_file mount"}[s.Auth]
	for _, setting := range []struct{ name, value string }{
		{"token", s.Token}, {"role_id", s.RoleID}, {"secret_id", s.SecretID}, {"role", s.Role}, {"token_file", s.TokenFile}, {"mount", s.Mount},
	} {
		needed := strings.Contains(" "+strings.Join(needs, " ")+" ", " "+setting.name+" ")
		switch {
		case needed && setting.value == "":
			return fmt.Errorf("setting %q must be there with auth: %s", setting.name, s.Auth)
		case !needed && setting.value != "" && !strings.Contains(" "+takes+" ", " "+setting.name+" "):
			return fmt.Errorf("setting %q is not for auth: %s; leave it out", setting.name, s.Auth)
		}
	}
	if s.TokenFile != "" && !filepath.IsAbs(s.TokenFile) {
		return fmt.Errorf("setting %q must be an absolute path, not %q", "token_file", s.TokenFile)
	}
	return nil
}

// newLogin returns how the settings log in.
func (s *vaultSettings) newLogin(open func(string) (*picked, error)) (login, error) {
	mount := strings.Trim(s.Mount, "/")
	if mount == "" {
		mount = s.Auth
	}
	mount, err := escapePath(mount)
	if err != nil {
		return nil, fmt.Errorf("setting %q must be the path of an auth method, like kubernetes", "mount")
	}
	at := "auth/" + mount + "/login"
	switch s.Auth {
	case authToken:
		token, err := open(s.Token)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", "token", err)
		}
		return func(ctx context.Context, v *vault, refused bool) (*session, error) {
			return v.withToken(ctx, token, refused)
		}, nil
	case authAppRole:
		return s.withAppRole(at, open)
	}
	file := s.TokenFile
	if file == "" {
		file = serviceAccountToken
	}
	return func(ctx context.Context, v *vault, _ bool) (*session, error) {
		token, err := files.ReadSmall(file, maxFile)
		if err != nil {
			return nil, err
		}
		return v.logIn(ctx, at, map[string]string{"role": s.Role, "jwt": strings.TrimSpace(string(token))})
	}, nil
}

func (s *vaultSettings) withAppRole(at string, open func(string) (*picked, error)) (login, error) {
	role := func(context.Context, bool) (string, error) { return s.RoleID, nil }
	if IsReference(s.RoleID) {
		opened, err := open(s.RoleID)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", "role_id", err)
		}
		role = opened.text
	}
	secretID, err := open(s.SecretID)
	if err != nil {
		return nil, fmt.Errorf("setting %q: %w", "secret_id", err)
	}
	return func(ctx context.Context, v *vault, refused bool) (*session, error) {
		roleID, err := role(ctx, refused)
		if err != nil {
			return nil, err
		}
		secret, err := secretID.text(ctx, refused)
		if err != nil {
			return nil, err
		}
		return v.logIn(ctx, at, map[string]string{"role_id": roleID, "secret_id": secret})
	}, nil
}

// logIn exchanges what proves an identity for a token.
func (v *vault) logIn(ctx context.Context, path string, proof map[string]string) (*session, error) {
	body, err := json.Marshal(proof)
	if err != nil {
		return nil, errors.New("what is to be sent to log in cannot be written")
	}
	answer, err := v.call(ctx, nil, http.MethodPost, path, body)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("logging in failed: %w", v.refusal(path, answer))
	}
	read, err := readVault(answer)
	if err != nil || read.Auth == nil || read.Auth.ClientToken == "" || !isToken(read.Auth.ClientToken) {
		return nil, fmt.Errorf("logging in failed: the answer of %s/v1/%s has no token in it", v.server, path)
	}
	return &session{token: read.Auth.ClientToken, renewable: read.Auth.Renewable, life: seconds(read.Auth.LeaseDuration)}, nil
}

// withToken takes a token as it is given, and asks how long it is valid. One that may not even ask that is used as it is.
func (v *vault) withToken(ctx context.Context, given *picked, refused bool) (*session, error) {
	token, err := given.text(ctx, refused)
	if err != nil {
		return nil, err
	}
	if !isToken(token) {
		return nil, fmt.Errorf("%s has a character in it that no token has", given)
	}
	made := &session{token: token, given: true}
	answer, err := v.call(ctx, made, http.MethodGet, "auth/token/lookup-self", nil)
	if err != nil {
		return nil, err
	}
	read, err := readVault(answer)
	if err != nil || answer.Status != http.StatusOK {
		return made, nil
	}
	var data struct {
		TTL       int64 `json:"ttl"`
		Renewable bool  `json:"renewable"`
	}
	if json.Unmarshal(read.Data, &data) == nil {
		made.life, made.renewable = seconds(data.TTL), data.Renewable
	}
	return made, nil
}

// isToken reports whether a text can stand in a header.
func isToken(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return text != ""
}
