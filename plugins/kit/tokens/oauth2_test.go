package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

func TestClientCredentials(t *testing.T) {
	server := startTokenServer(t, says(200, given))
	environment := &plugintest.Environment{}
	environment.Give("vault:idp#secret", "s3cret:/ä+")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("signed.by.somebody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name       string
		settings   Settings
		wantURI    string
		wantForm   map[string]string
		wantHeader string
	}{
		{
			"the secret in the header, encoded as in a form",
			Settings{ClientID: "a:b", ClientSecret: "vault:idp#secret", TokenMethod: "header", Scopes: []string{"read", "write"}},
			"/token",
			map[string]string{"scope": "read write"},
			basicOf("a%3Ab", "s3cret%3A%2F%C3%A4%2B"),
		},
		{
			"the secret in the body",
			Settings{ClientID: "a:b", ClientSecret: "vault:idp#secret", TokenMethod: "body", Audience: "https://api.example.com"},
			"/token",
			map[string]string{"client_id": "a:b", "client_secret": "s3cret:/ä+", "audience": "https://api.example.com"},
			"",
		},
		{
			"an assertion in a file, at an address that ends with a slash",
			Settings{ClientID: "me", ClientAssertionFile: file, TokenMethod: "header", TokenURL: server.URL + "/o/token/"},
			"/o/token/",
			map[string]string{"client_id": "me", "client_assertion_type": assertionType, "client_assertion": "signed.by.somebody"},
			"",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.settings.Auth = authOAuth2
			if c.settings.TokenURL == "" {
				c.settings.TokenURL = server.URL + "/token"
			}
			if got := calls(t, newAuthenticated(t, environment, c.settings, &pool{})); got != "Bearer g1ven-token" {
				t.Errorf("authorization: got %q", got)
			}
			questions := server.questions()
			got := questions[len(questions)-1]
			if got.method != "POST" || got.uri != c.wantURI {
				t.Errorf("got %s %s, want POST %s, with nothing in the query", got.method, got.uri, c.wantURI)
			}
			c.wantForm["grant_type"] = "client_credentials"
			form := map[string]string{}
			for name := range got.form {
				form[name] = got.form.Get(name)
			}
			if !reflect.DeepEqual(form, c.wantForm) {
				t.Errorf("form: got %q, want %q", form, c.wantForm)
			}
			if header := got.header.Get("authorization"); header != c.wantHeader {
				t.Errorf("authorization: got %q, want %q", header, c.wantHeader)
			}
		})
	}
}

// testKey is a private key in PEM, and what verifies its signatures.
type testKey struct {
	algorithm, pem string
	verify         func(text, signature []byte) bool
}

func newKeys(t *testing.T) []testKey {
	t.Helper()
	ofRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys := []testKey{
		{"RS256", encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(ofRSA)), func(text, signature []byte) bool {
			return rsa.VerifyPKCS1v15(&ofRSA.PublicKey, crypto.SHA256, digest(crypto.SHA256, text), signature) == nil
		}},
	}
	for _, curve := range []struct {
		algorithm string
		curve     elliptic.Curve
		hash      crypto.Hash
	}{{"ES256", elliptic.P256(), crypto.SHA256}, {"ES384", elliptic.P384(), crypto.SHA384}, {"ES512", elliptic.P521(), crypto.SHA512}} {
		key, err := ecdsa.GenerateKey(curve.curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		verify := func(text, signature []byte) bool {
			half := len(signature) / 2
			r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
			return ecdsa.Verify(&key.PublicKey, digest(curve.hash, text), r, s)
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		sec1, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, testKey{curve.algorithm, encode("PRIVATE KEY", pkcs8), verify}, testKey{curve.algorithm, encode("EC PRIVATE KEY", sec1), verify})
	}
	return keys
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func digest(hash crypto.Hash, text []byte) []byte {
	h := hash.New()
	h.Write(text)
	return h.Sum(nil)
}

func TestPrivateKeyJWT(t *testing.T) {
	server := startTokenServer(t, says(200, given))
	for _, key := range newKeys(t) {
		t.Run(key.algorithm, func(t *testing.T) {
			environment := &plugintest.Environment{}
			environment.Give("file:/key", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"+key.pem)
			began := time.Now().Truncate(time.Second)
			calls(t, newAuthenticated(t, environment, Settings{
				Auth: authOAuth2, TokenURL: server.URL + "/token", ClientID: "me", PrivateKey: "file:/key",
			}, &pool{}))
			questions := server.questions()
			got := questions[len(questions)-1].form
			if got.Get("client_id") != "me" || got.Get("client_assertion_type") != assertionType {
				t.Errorf("got %v", got)
			}
			parts := strings.Split(got.Get("client_assertion"), ".")
			if len(parts) != 3 {
				t.Fatalf("got %q, which is no JWT", got.Get("client_assertion"))
			}
			var header struct{ Alg, Typ string }
			var said claims
			decode(t, parts[0], &header)
			decode(t, parts[1], &said)
			signature, err := base64.RawURLEncoding.DecodeString(parts[2])
			if err != nil || !key.verify([]byte(parts[0]+"."+parts[1]), signature) {
				t.Errorf("the signature is not the key's: %v", err)
			}
			if header.Alg != key.algorithm || header.Typ != "JWT" {
				t.Errorf("header: got %+v, want %s", header, key.algorithm)
			}
			issued, expires := time.Unix(said.IssuedAt, 0), time.Unix(said.Expires, 0)
			if said.Issuer != "me" || said.Subject != "me" || said.Audience != server.URL+"/token" || len(said.ID) < 20 ||
				issued.Before(began) || expires.Sub(issued) != assertionLife {
				t.Errorf("claims: got %+v", said)
			}
		})
	}
}

func decode(t *testing.T, part string, into any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func TestKeysThatCannotSign(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"no key": "it has no private key in PEM",
		encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short)): "too short",
		encode("ENCRYPTED PRIVATE KEY", []byte("secret")):             "is encrypted",
		encode("PRIVATE KEY", []byte("secret")):                       "is broken",
		encode("CERTIFICATE", []byte("secret")):                       "it has no private key in PEM",
	}
	for text, want := range cases {
		if _, err := parseKey(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want that %s", text, err, want)
		}
	}
}

// One fetch serves all functions that ask for the same, and none that asks for something else.
func TestTokensAreShared(t *testing.T) {
	server := startTokenServer(t, says(200, given))
	environment := &plugintest.Environment{}
	environment.Give("vault:a", "one")
	environment.Give("vault:b", "one")
	from := &pool{}
	base := Settings{Auth: authOAuth2, TokenURL: server.URL, ClientID: "me", ClientSecret: "vault:a"}
	same, other, others, audience := base, base, base, base
	other.ClientSecret = "vault:b"
	others.Scopes = []string{"read"}
	audience.Audience = "read"
	for _, c := range []struct {
		settings Settings
		want     int
	}{{base, 1}, {same, 1}, {other, 2}, {others, 3}, {audience, 4}, {base, 4}} {
		f := newAuthenticated(t, environment, c.settings, from)
		if got := calls(t, f); got != "Bearer g1ven-token" {
			t.Errorf("got %q", got)
		}
		if got := len(server.questions()); got != c.want {
			t.Errorf("%+v: got %d fetches, want %d", c.settings, got, c.want)
		}
	}
	if got := environment.Counted("funcroute.tokens.oauth2.refreshed"); got != 4 {
		t.Errorf("counted: got %d, want 4", got)
	}
}

// An endpoint that does not believe the client has its secret read anew: it may have been replaced.
func TestRefusedClientsReadTheirSecretAnew(t *testing.T) {
	for body, want := range map[string]int{`{"error": "invalid_client"}`: 1, `{"error": "invalid_scope"}`: 0} {
		server := startTokenServer(t, says(http.StatusBadRequest, body))
		environment := &plugintest.Environment{}
		secret := environment.Give("vault:a", "one")
		f := newAuthenticated(t, environment, Settings{Auth: authOAuth2, TokenURL: server.URL, ClientID: "me", ClientSecret: "vault:a"}, &pool{})
		if err := await(f); err == nil {
			t.Error("got a token")
		}
		if got := secret.Rejections(); got != want {
			t.Errorf("%s: the secret was told of %d refusals, want %d", body, got, want)
		}
	}
}

// A secret that comes late is waited for.
func TestSecretsThatComeLate(t *testing.T) {
	server := startTokenServer(t, says(200, given))
	environment := &plugintest.Environment{}
	secret := environment.Give("vault:a", "")
	f := newAuthenticated(t, environment, Settings{Auth: authOAuth2, TokenURL: server.URL, ClientID: "me", ClientSecret: "vault:a"}, &pool{})
	if f.Ready() {
		t.Error("ready without a secret")
	}
	done := make(chan error, 1)
	stop := f.Await(func(err error) { done <- err })
	defer stop()
	secret.Set("one")
	if err := <-done; err != nil {
		t.Error(err)
	}
}
