package e2e

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// A server that asks for a password, an nkey or a client's certificate lets the proxy in that has it; one that refuses is a 503, and a
// password that is replaced on both sides is used soon.
func TestNATSLogins(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		t.Run("password", func(t *testing.T) { natsPasswords(t, host) })
		t.Run("nkey", func(t *testing.T) { natsNkeys(t, host) })
		t.Run("credentials file", func(t *testing.T) { natsCredentials(t, host) })
		t.Run("TLS", func(t *testing.T) { natsCertificates(t, host) })
	})
}

func natsPasswords(t *testing.T, host harness.Host) {
	user := func(password string) string { return "authorization { user: proxy, password: " + password + " }" }
	harness.Secret("s3cr3t-old", "s3cr3t-new", "s3cr3t-bad")
	server := counterparts.StartNATS(t, user("s3cr3t-old"))
	path := filepath.Join(t.TempDir(), "password")
	write := func(password string) {
		if err := os.WriteFile(path+".new", []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write("s3cr3t-bad")
	settings := natsSettings(server, harness.Object{"username": "proxy", "password": "file:" + path})
	envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"f": {target: "news"}}))
	envoy.Expect("nats: nats://")
	wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The broker does not let the proxy in. The message was not sent.")
	works := func() error {
		return harness.WantStatus(envoy.Listener(t, "http"), "POST /f HTTP/1.1", http.StatusAccepted)
	}
	write("s3cr3t-old")
	harness.Eventually(t, "the password is used", works)
	write("s3cr3t-new")
	server.Configure(t, user("s3cr3t-new"))
	server.Signal(syscall.SIGHUP) // It ends connections that have the old one.
	harness.Eventually(t, "the connection is lost", func() error {
		_ = works()
		if got := envoy.Counter(t, "funcroute.nats.lost"); got == 0 {
			return fmt.Errorf("it is not")
		}
		return nil
	})
	harness.Eventually(t, "the new password is used", works)
}

func natsNkeys(t *testing.T, host harness.Host) {
	pair := newPair(t, nkeys.CreateUser)
	public := publicOf(t, pair)
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	harness.Secret(string(seed))
	server := counterparts.StartNATS(t, "authorization { users: [ { nkey: "+public+" } ] }")
	settings := natsSettings(server, harness.Object{"nkey": passwordFile(t, string(seed))})
	envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"f": {target: "news"}}))
	wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusAccepted, "news")
	other := harness.StartEnvoy(t, host, natsConfig(t, natsSettings(server, nil), map[string]natsCall{"f": {target: "news"}}))
	other.Expect("nats: nats://")
	wantAnswer(t, other, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "does not let the proxy in")
}

func natsCertificates(t *testing.T, host harness.Host) {
	name := func(n int64) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: "nats.test"}, DNSNames: []string{"nats.test"}}
	}
	authority := harness.NewAuthority(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"},
	})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, clients := authority.Issue(t, name(2)), authority.Issue(t, name(3))
	harness.Secret(clients.Key)
	ca := write("ca.pem", authority.PEM())
	server := counterparts.StartNATS(t, `tls { cert_file: "`+write("server.pem", own.PEM)+`", key_file: "`+write("server.key", own.Key)+
		`", ca_file: "`+ca+`", verify: true }`)
	host4, port, _ := net.SplitHostPort(server.Address)
	settings := harness.Object{
		"servers": []any{"tls://" + net.JoinHostPort(host4, port)}, "tls_ca_file": ca, "tls_server_name": "nats.test",
		"tls_certificate_file": write("client.pem", clients.PEM), "tls_key_file": write("client.key", clients.Key),
	}
	calls := map[string]natsCall{"f": {target: "news"}}
	envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, calls))
	wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusAccepted, "news")
	for name, missing := range map[string]harness.Object{
		"another name":     {"tls_server_name": "other.test"},
		"another CA":       {"tls_ca_file": write("other.pem", harness.NewAuthority(t, name(4)).PEM())},
		"no such file":     {"tls_ca_file": "/no/such/file"},
		"no server for it": {"servers": []any{"tls://127.0.0.1:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := harness.Clone(settings).(harness.Object)
			for key, value := range missing {
				changed[key] = value
			}
			envoy := harness.StartEnvoy(t, host, natsConfig(t, changed, calls))
			envoy.Expect("nats: tls://")
			wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusServiceUnavailable, "The message was not sent")
		})
	}
}

// natsCredentials has a server that trusts an operator, and a proxy with a user's JWT and seed as nsc writes them.
func natsCredentials(t *testing.T, host harness.Host) {
	operator, account, system, user := newPair(t, nkeys.CreateOperator), newPair(t, nkeys.CreateAccount), newPair(t, nkeys.CreateAccount), newPair(t, nkeys.CreateUser)
	unlimited := harness.Object{"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1}
	ofAccount := harness.Object{"type": "account", "version": 2, "limits": unlimited}
	server := counterparts.StartNATS(t, fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: { %s: %s, %s: %s }\n",
		natsToken(t, operator, operator, harness.Object{"type": "operator", "version": 2}), publicOf(t, system),
		publicOf(t, account), natsToken(t, operator, account, ofAccount), publicOf(t, system), natsToken(t, operator, system, ofAccount)))
	seed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	token := natsToken(t, account, user, harness.Object{"type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1})
	harness.Secret(string(seed), token)
	creds := "-----BEGIN NATS USER JWT-----\n" + token + "\n------END NATS USER JWT------\n\n" +
		"-----BEGIN USER NKEY SEED-----\n" + string(seed) + "\n------END USER NKEY SEED------\n"
	settings := natsSettings(server, harness.Object{"creds": passwordFile(t, creds)})
	envoy := harness.StartEnvoy(t, host, natsConfig(t, settings, map[string]natsCall{"f": {target: "news"}}))
	wantAnswer(t, envoy, "POST /f HTTP/1.1", "", http.StatusAccepted, "news")
}

func newPair(t *testing.T, create func() (nkeys.KeyPair, error)) nkeys.KeyPair {
	t.Helper()
	pair, err := create()
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func publicOf(t *testing.T, pair nkeys.KeyPair) string {
	t.Helper()
	public, err := pair.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// natsToken is a JWT as NATS has it, in which the issuer says something of the subject.
func natsToken(t *testing.T, issuer, subject nkeys.KeyPair, claims harness.Object) string {
	t.Helper()
	part := func(value harness.Object) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(harness.Object{"typ": "JWT", "alg": "ed25519-nkey"}) + "." + part(harness.Object{
		"jti": "test", "iat": 1700000000, "iss": publicOf(t, issuer), "sub": publicOf(t, subject), "name": "test", "nats": claims,
	})
	signature, err := issuer.Sign([]byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}
