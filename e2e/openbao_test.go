package e2e

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/secrets"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// The package that reads secrets against a real OpenBao, without Envoy: what it makes of each answer, and of what has an end.

// openSecret opens a secret with stores of that configuration.
func openSecret(t *testing.T, told *plugintest.Environment, stores harness.Object, reference string) plugins.Secret {
	t.Helper()
	options, err := json.Marshal(stores)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := new(secrets.Pool).Stores(options)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := opened.Secret(told, reference)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// waitForSecret waits as a request does.
func waitForSecret(secret plugins.Secret) error {
	if secret.Ready() {
		return nil
	}
	done := make(chan error, 1)
	stop := secret.Await(func(err error) { done <- err })
	defer stop()
	return <-done
}

func secretFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// byAppRole is what sets up a vault with a role.
func byAppRole(t *testing.T, bao *counterparts.OpenBao, roleID, secretID string, more harness.Object) harness.Object {
	t.Helper()
	vault := harness.Object{"address": "http://" + bao.Address, "auth": "approle", "role_id": roleID, "secret_id": "file:" + secretFile(t, secretID)}
	maps.Copy(vault, more)
	return harness.Object{"vault": vault, "refresh": "1s"}
}

func TestSecretsOfOpenBao(t *testing.T) {
	bao := counterparts.StartOpenBao(t)
	bao.Put(t, "secret/data/team/db", harness.Object{"data": harness.Object{"password": "k3pt", "port": 5432}})
	bao.Put(t, "secret/data/closed", harness.Object{"data": harness.Object{"password": "k3pt"}})
	bao.Put(t, "secret/data/deleted", harness.Object{"data": harness.Object{"password": "k3pt"}})
	bao.Do(t, http.MethodDelete, "secret/data/deleted", nil, nil)
	bao.Put(t, "secret/data/destroyed", harness.Object{"data": harness.Object{"password": "k3pt"}})
	bao.Put(t, "secret/destroy/destroyed", harness.Object{"versions": []int{1}})
	bao.Put(t, "sys/mounts/old/kv", harness.Object{"type": "kv", "options": harness.Object{"version": "1"}})
	bao.Put(t, "old/kv/db", harness.Object{"password": "k3pt", "ttl": "1h"})
	const policy = `path "secret/data/*" { capabilities = ["read"] }
		path "secret/data/closed" { capabilities = ["deny"] }
		path "old/kv/*" { capabilities = ["read"] }`
	roleID, secretID := bao.AppRole(t, "reader", policy, nil)
	stores := byAppRole(t, bao, roleID, secretID, nil)
	wrong := byAppRole(t, bao, roleID, "n0ne", nil)
	cases := []struct {
		name, reference, want, log string
		stores                     harness.Object
	}{
		{name: "KV 2", reference: "vault:secret/team/db#password", want: "k3pt"},
		{name: "a number", reference: "vault:secret/team/db#port", want: "5432"},
		{name: "KV 1 at a mount of several segments", reference: "vault:old/kv/db#password", want: "k3pt"},
		{name: "a missing key", reference: "vault:secret/team/db#user", log: `has no member "user"`},
		{name: "a missing secret", reference: "vault:secret/none#x", log: "/v1/secret/data/none answers 404: there is no such secret"},
		{name: "a missing secret of KV 1", reference: "vault:old/kv/none#x", log: "/v1/old/kv/none answers 404: there is no such secret"},
		{name: "a deleted version", reference: "vault:secret/deleted#password", log: "answers 404: its version 1 was deleted"},
		{name: "a destroyed version", reference: "vault:secret/destroyed#password", log: "answers 404: its version 1 was destroyed"},
		{name: "no permission", reference: "vault:secret/closed#password", log: "/v1/secret/data/closed answers 403 (permission denied)"},
		{name: "no such mount", reference: "vault:other/db#password", log: "/v1/sys/internal/ui/mounts/other/db answers 403 (preflight capability check)"},
		{name: "a secret id that is wrong", reference: "vault:secret/team/db#password", stores: wrong, log: "logging in failed: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.stores == nil {
				c.stores = stores
			}
			told := &plugintest.Environment{}
			secret := openSecret(t, told, c.stores, c.reference)
			err := waitForSecret(secret)
			got, valueErr := secret.Value()
			log := strings.Join(told.Warnings(), "\n")
			if got != c.want || c.want != "" && err != nil || !strings.Contains(log, c.log) || c.log == "" && log != "" {
				t.Errorf("got %q, %v, %v and the log %q, want %q and %q", got, err, valueErr, log, c.want, c.log)
			}
			if strings.Contains(log, "k3pt") || strings.Contains(log, secretID) {
				t.Errorf("the log shows a secret: %s", log)
			}
		})
	}
}

// broker is the management API of RabbitMQ, as far as OpenBao's engine for it uses that. It has the users that are alive.
type broker struct {
	*httptest.Server
	mutex   sync.Mutex
	users   map[string]string // passwords by name
	created int
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{users: map[string]string{}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		name, isUser := strings.CutPrefix(r.URL.Path, "/api/users/")
		switch {
		case isUser && r.Method == http.MethodPut:
			var user struct{ Password string }
			body, _ := io.ReadAll(r.Body)
			_ = json.Unmarshal(body, &user)
			b.users[name], b.created = user.Password, b.created+1
			w.WriteHeader(http.StatusCreated)
		case isUser && r.Method == http.MethodDelete:
			delete(b.users, name)
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *broker) works(password string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Contains(slices.Collect(maps.Values(b.users)), password)
}

// Leases and tokens that live for seconds: whatever ends first, the password that serves is one that the broker still knows.
func TestLeasesOfOpenBao(t *testing.T) {
	bao := counterparts.StartOpenBao(t)
	cases := []struct {
		name  string
		lease harness.Object
		token harness.Object
	}{
		{"a lease that is renewed to its longest time", harness.Object{"ttl": 3, "max_ttl": 9}, harness.Object{"token_ttl": "1h"}},
		{"a token that ends before the lease", harness.Object{"ttl": 3600, "max_ttl": 7200}, harness.Object{"token_ttl": "3s", "token_max_ttl": "9s"}},
		{"a token that cannot be renewed", harness.Object{"ttl": 3600, "max_ttl": 7200}, harness.Object{"token_ttl": "4s", "token_max_ttl": "4s"}},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			broker, mount, name := startBroker(t), fmt.Sprint("rabbitmq", i), fmt.Sprint("lease", i)
			bao.Put(t, "sys/mounts/"+mount, harness.Object{"type": "rabbitmq"})
			bao.Put(t, mount+"/config/connection", harness.Object{
				"connection_uri": broker.URL, "username": "u", "password": "p", "verify_connection": false,
			})
			bao.Put(t, mount+"/config/lease", c.lease)
			bao.Put(t, mount+"/roles/app", harness.Object{"tags": "monitoring", "vhosts": `{"/":{"write":".*","read":".*","configure":".*"}}`})
			roleID, secretID := bao.AppRole(t, name, `path "`+mount+`/creds/app" { capabilities = ["read"] }`, c.token)
			told := &plugintest.Environment{}
			secret := openSecret(t, told, byAppRole(t, bao, roleID, secretID, nil), "vault:"+mount+"/creds/app")
			if err := waitForSecret(secret); err != nil {
				t.Fatal(err, told.Warnings())
			}
			seen := map[string]bool{}
			for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				if !secret.Ready() {
					t.Fatalf("after %d passwords: it does not serve; the log: %q", len(seen), told.Warnings())
				}
				members, err := secret.Members()
				if err != nil || !broker.works(members["password"]) {
					t.Fatalf("after %d passwords: got one that does not work, %v", len(seen), err)
				}
				seen[members["password"]] = true
			}
			if log := told.Warnings(); len(log) > 0 || len(seen) < 2 || len(seen) > 8 {
				t.Errorf("got %d passwords and the log %q, want a few and nothing", len(seen), log)
			}
		})
	}
}

// jwt signs claims with ES256.
func jwt(t *testing.T, key *ecdsa.PrivateKey, claims harness.Object) string {
	t.Helper()
	part := func(value harness.Object) string {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(harness.Object{"alg": "ES256", "typ": "JWT"}) + "." + part(claims)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// All ways to log in, in a namespace where OpenBao has them.
func TestLoginsOfOpenBao(t *testing.T) {
	bao := counterparts.StartOpenBao(t)
	bao.Put(t, "sys/namespaces/team", harness.Object{})
	bao.Namespace = "team"
	bao.Put(t, "sys/mounts/kv", harness.Object{"type": "kv", "options": harness.Object{"version": "2"}})
	harness.Eventually(t, "the KV 2 being ready", func() error { // It upgrades itself after it was mounted.
		return bao.Try(t, http.MethodPut, "kv/data/db", harness.Object{"data": harness.Object{"password": "k3pt"}})
	})
	const policy = `path "kv/data/db" { capabilities = ["read"] }`
	roleID, secretID := bao.AppRole(t, "reader", policy, nil)

	key := harness.NewKey(t)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	token := jwt(t, key, harness.Object{
		"iss": "https://issuer", "sub": "system:serviceaccount:shop:gateway", "aud": []string{"vault"}, "exp": time.Now().Add(time.Hour).Unix(),
		"iat": time.Now().Unix(), "kubernetes.io": harness.Object{"namespace": "shop", "serviceaccount": harness.Object{"name": "gateway", "uid": "1"}},
	})
	harness.Secret(token)
	bao.Put(t, "sys/auth/jwt", harness.Object{"type": "jwt"})
	bao.Put(t, "auth/jwt/config", harness.Object{"jwt_validation_pubkeys": publicPEM})
	bao.Put(t, "auth/jwt/role/reader", harness.Object{
		"role_type": "jwt", "bound_audiences": []string{"vault"}, "user_claim": "sub", "token_policies": []string{"reader"},
	})
	// The part of an API server that judges tokens.
	reviewer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"authenticated":true,
			"user":{"username":"system:serviceaccount:shop:gateway","uid":"1","groups":[]},"audiences":["vault"]}}`)
	}))
	t.Cleanup(reviewer.Close)
	bao.Put(t, "sys/auth/k8s", harness.Object{"type": "kubernetes"})
	bao.Put(t, "auth/k8s/config", harness.Object{
		"kubernetes_host": reviewer.URL, "pem_keys": publicPEM, "token_reviewer_jwt": token,
		"kubernetes_ca_cert":   string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: reviewer.Certificate().Raw})),
		"disable_local_ca_jwt": true, "disable_iss_validation": true,
	})
	bao.Put(t, "auth/k8s/role/reader", harness.Object{
		"bound_service_account_names": "gateway", "bound_service_account_namespaces": "shop", "token_policies": "reader", "audience": "vault",
	})
	var created struct {
		Auth struct {
			ClientToken string `json:"client_token"`
		}
	}
	bao.Do(t, http.MethodPost, "auth/token/create", harness.Object{"policies": []string{"reader"}, "ttl": "1h"}, &created)
	harness.Secret(created.Auth.ClientToken)

	address := "http://" + bao.Address
	cases := map[string]harness.Object{
		"approle":    {"auth": "approle", "role_id": roleID, "secret_id": "file:" + secretFile(t, secretID)},
		"jwt":        {"auth": "jwt", "role": "reader", "token_file": secretFile(t, token)},
		"kubernetes": {"auth": "kubernetes", "role": "reader", "mount": "k8s", "token_file": secretFile(t, token)},
		"token":      {"auth": "token", "token": "file:" + secretFile(t, created.Auth.ClientToken)},
	}
	for name, vault := range cases {
		t.Run(name, func(t *testing.T) {
			vault["address"], vault["namespace"] = address, "team"
			told := &plugintest.Environment{}
			secret := openSecret(t, told, harness.Object{"vault": vault}, "vault:kv/db#password")
			err := waitForSecret(secret)
			if got, _ := secret.Value(); got != "k3pt" {
				t.Errorf("got %q, %v and the log %q", got, err, told.Warnings())
			}
		})
	}
}
