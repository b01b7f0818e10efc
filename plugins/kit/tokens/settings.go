package tokens

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/funcroute/funcroute/httptext"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/exchange"
	"github.com/funcroute/funcroute/plugins/kit/message"
)

// Settings say how calls are authenticated. A type has them among its own. A cluster may give some of them and a route others, so only
// what compiles a function looks at how they go together.
type Settings struct {
	Auth                string   `setting:"auth" one_of:"none,basic,bearer,header,oauth2" doc:"How calls are authenticated."`
	KeepAuthorization   bool     `setting:"keep_authorization" doc:"Has the client's own authorization go along, where auth has another header."`
	Username            string   `setting:"username" doc:"The user of basic."`
	Password            string   `setting:"password" doc:"A reference to the password of basic."`
	Token               string   `setting:"token" doc:"A reference to what bearer and header send."`
	Header              string   `setting:"header" doc:"The name of the header that header sends."`
	TokenURL            string   `setting:"token_url" doc:"URL of the endpoint that gives tokens to oauth2."`
	ClientID            string   `setting:"client_id" doc:"Who oauth2 is to the token endpoint."`
	ClientSecret        string   `setting:"client_secret" doc:"A reference to the secret with which oauth2 proves who it is."`
	PrivateKey          string   `setting:"private_key" doc:"A reference to the private key, in PEM, with which oauth2 signs who it is."`
	ClientAssertionFile string   `setting:"client_assertion_file" doc:"Absolute path of a file with a signed assertion of who oauth2 is, such as a token of Kubernetes."`
	Scopes              []string `setting:"scopes" doc:"What the tokens of oauth2 are to be good for."`
	Audience            string   `setting:"audience" doc:"Whom the tokens of oauth2 are for, at endpoints that ask for it."`
	TokenMethod         string   `setting:"token_method" one_of:"header,body" default:"header" doc:"Where oauth2 puts its client_secret when it asks for a token."`
	Insecure            bool     `setting:"insecure" doc:"Allows a token_url that begins with http:// and is not of this machine."`
}

// The ways to authenticate.
const (
	authNone   = "none"
	authBasic  = "basic"
	authBearer = "bearer"
	authHeader = "header"
	authOAuth2 = "oauth2"
)

const authorization = "authorization"

// Check looks at each setting alone. No error repeats what may be a secret in the wrong place.
func (s *Settings) Check() error {
	if s.Header != "" {
		if err := message.CheckName(strings.ToLower(s.Header)); err != nil {
			return fmt.Errorf("setting %q: %w", "header", err)
		}
	}
	if i := strings.IndexFunc(s.Username, func(r rune) bool { return r == ':' || r < ' ' || r == 0x7f }); i >= 0 {
		return fmt.Errorf("setting %q must have neither a colon nor control characters", "username")
	}
	if s.TokenURL != "" {
		if _, err := exchange.At(s.TokenURL, "", true); err != nil {
			return fmt.Errorf("setting %q must be a URL like https://login.example.com/oauth2/token: %w", "token_url", err)
		}
	}
	if s.ClientAssertionFile != "" && !filepath.IsAbs(s.ClientAssertionFile) {
		return fmt.Errorf("setting %q must be an absolute path", "client_assertion_file") // The assertion itself may stand there.
	}
	for _, scope := range s.Scopes {
		if !isScope(scope) {
			return fmt.Errorf("setting %q must hold one scope in each of its texts, without spaces and quotes", "scopes")
		}
	}
	return nil
}

// isScope reports whether a text is a scope-token of RFC 6749 §3.3.
func isScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r >= 0x7f })
}

// together looks at what settings mean beside each other. Those of another way than the one that is chosen may be there: a route can choose
// another one than its cluster.
func (s *Settings) together() error {
	given := []struct{ name, value string }{
		{"username", s.Username},
		{"password", s.Password},
		{"token", s.Token},
		{"header", s.Header},
		{"token_url", s.TokenURL},
		{"client_id", s.ClientID},
		{"client_secret", s.ClientSecret},
		{"private_key", s.PrivateKey},
		{"client_assertion_file", s.ClientAssertionFile},
		{"scopes", strings.Join(s.Scopes, " ")},
		{"audience", s.Audience},
	}
	values := map[string]string{}
	for _, setting := range given {
		values[setting.name] = setting.value
		if s.Auth == "" && setting.value != "" {
			return fmt.Errorf("setting %q needs setting %q, which says how calls are authenticated", setting.name, "auth")
		}
	}
	needs := map[string][]string{
		authBasic: {"username", "password"}, authBearer: {"token"}, authHeader: {"header", "token"}, authOAuth2: {"token_url", "client_id"},
	}[s.Auth]
	for _, name := range needs {
		if values[name] == "" {
			return fmt.Errorf("setting %q must be there with auth: %s", name, s.Auth)
		}
	}
	if s.KeepAuthorization && (s.Auth != authHeader || s.headerName() == authorization) {
		return fmt.Errorf("setting %q needs an auth whose header is another one, such as auth: header", "keep_authorization")
	}
	if s.Auth == authOAuth2 {
		return s.oneProof()
	}
	return nil
}

func (s *Settings) oneProof() error {
	proofs := 0
	for _, proof := range []string{s.ClientSecret, s.PrivateKey, s.ClientAssertionFile} {
		if proof != "" {
			proofs++
		}
	}
	if proofs != 1 {
		return errors.New(`auth: oauth2 needs one of the settings "client_secret", "private_key" and "client_assertion_file"`)
	}
	return nil
}

// headerName is the name of the header that is ours to set.
func (s *Settings) headerName() string {
	if s.Auth == authHeader {
		return strings.ToLower(s.Header)
	}
	return authorization
}

// Authenticate returns the function with calls that are authenticated as the settings say, and the function itself if they are not. The
// error is one of the configuration's and names the setting.
func (s *Settings) Authenticate(environment plugins.Environment, called plugins.Function) (plugins.Function, error) {
	return s.authenticate(environment, called, &shared)
}

func (s *Settings) authenticate(environment plugins.Environment, called plugins.Function, from *pool) (plugins.Function, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if err := s.together(); err != nil {
		return nil, err
	}
	if s.Auth == "" || s.Auth == authNone {
		return called, nil
	}
	found, err := s.credential(environment, from)
	if err != nil {
		return nil, err
	}
	return newFunction(environment, called, found, s.headerName(), !s.KeepAuthorization), nil
}

func (s *Settings) credential(environment plugins.Environment, from *pool) (credential, error) {
	switch s.Auth {
	case authBasic:
		username := s.Username
		return newStatic(environment, "password", s.Password, func(password string) string { return basic(username, password) })
	case authBearer:
		return newStatic(environment, "token", s.Token, func(token string) string { return "Bearer " + token })
	case authHeader:
		return newStatic(environment, "token", s.Token, func(token string) string { return token })
	}
	return s.oauth2(environment, from)
}

// opened opens the secret that a setting refers to.
func opened(environment plugins.Environment, setting, reference string) (plugins.Secret, error) {
	secret, err := environment.Secret(reference)
	if err != nil {
		return nil, fmt.Errorf("setting %q: %w", setting, err)
	}
	return secret, nil
}

// isFieldValue reports whether a text can be the value of a header.
func isFieldValue(text string) bool { return text != "" && httptext.ControlByte(text) < 0 }
