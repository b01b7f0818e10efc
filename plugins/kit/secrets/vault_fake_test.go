package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/exchange"
)

// fakeVault answers as the API of Vault and OpenBao does: tokens and leases have an end, leases end with their token.
// https://developer.hashicorp.com/vault/api-docs and what OpenBao 2.7.2 was seen to answer.
type fakeVault struct {
	mutex  sync.Mutex
	down   bool
	unsure bool // cannot say whether a token is good
	tokens map[string]*fakeToken
	leases map[string]*fakeLease
	kv     map[string]string // KV 2 at "kv", JSON by path, "" for a version that was deleted
	kv1    map[string]string // KV 1 at "old"
	roles  map[string]fakeRole
	static string // the answer's data for "database/static-creds/app"
	// logins may be refused, and what they give.
	proof     string // what must be in a login's body
	tokenLife int    // seconds
	tokenMax  int
	renewable bool
	calls     []string
	number    int
}

type fakeToken struct{ ends, last time.Time }

type fakeLease struct {
	token      string
	ends, last time.Time
	life       int
}

// fakeRole gives dynamic secrets. Its lease can be renewed until its longest time, which is 0 if it cannot be.
type fakeRole struct{ life, longest int }

func (f *fakeVault) String() string { return "https://vault.example" }

func (f *fakeVault) Do(_ context.Context, r exchange.Request) (exchange.Answer, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.down {
		return exchange.Answer{}, errors.New("https://vault.example does not answer (connection refused)")
	}
	path := strings.TrimPrefix(r.Path, "/v1/")
	f.calls = append(f.calls, path)
	status, body := f.answer(r, path)
	return exchange.Answer{Status: status, Body: []byte(body)}, nil
}

const fakeDenied = `{"errors":["1 error occurred:\n\t* permission denied\n\n"]}`

func (f *fakeVault) answer(r exchange.Request, path string) (int, string) {
	if strings.HasPrefix(path, "auth/") && strings.HasSuffix(path, "/login") {
		return f.login(r)
	}
	token := r.Header.Get("X-Vault-Token")
	known := f.tokens[token]
	if known == nil || !known.ends.IsZero() && !time.Now().Before(known.ends) {
		return http.StatusForbidden, fakeDenied
	}
	mounts, isMounts := strings.CutPrefix(path, "sys/internal/ui/mounts/")
	kv2, isKV2 := strings.CutPrefix(path, "kv/data/")
	kv1, isKV1 := strings.CutPrefix(path, "old/")
	role, isRole := strings.CutPrefix(path, "database/creds/")
	switch {
	case f.unsure && path == "auth/token/lookup-self":
		return http.StatusServiceUnavailable, `{"errors":["Vault is sealed"]}`
	case path == "auth/token/lookup-self":
		ttl := 0
		if !known.ends.IsZero() {
			ttl = int(time.Until(known.ends).Seconds())
		}
		return 200, fmt.Sprintf(`{"data":{"ttl":%d,"renewable":%v}}`, ttl, f.renewable && ttl != 0)
	case path == "auth/token/renew-self":
		known.ends = earlier(time.Now().Add(time.Duration(f.tokenLife)*time.Second), known.last)
		return 200, fmt.Sprintf(`{"auth":{"client_token":%q,"lease_duration":%d,"renewable":true}}`, token, int(time.Until(known.ends).Seconds()))
	case path == "sys/leases/renew":
		return f.renew(r)
	case isMounts && strings.HasPrefix(mounts, "kv/"):
		return 200, `{"data":{"path":"kv/","type":"kv","options":{"version":"2"}}}`
	case isMounts && strings.HasPrefix(mounts, "old/"):
		return 200, `{"data":{"path":"old/","type":"kv","options":{"version":"1"}}}`
	case isMounts && strings.HasPrefix(mounts, "database/"):
		return 200, `{"data":{"path":"database/","type":"database","options":null}}`
	case isKV2:
		return f.readKV2(kv2)
	case isKV1 && f.kv1[kv1] != "":
		return 200, fmt.Sprintf(`{"lease_id":"","lease_duration":2764800,"renewable":false,"data":%s}`, f.kv1[kv1])
	case isRole:
		return f.lease(token, role)
	case path == "database/static-creds/app":
		return 200, fmt.Sprintf(`{"lease_id":"","lease_duration":0,"data":%s}`, f.static)
	case isMounts, strings.HasPrefix(path, "forbidden/"):
		return http.StatusForbidden, fakeDenied
	}
	return http.StatusNotFound, `{"errors":[]}`
}

func (f *fakeVault) login(r exchange.Request) (int, string) {
	if !strings.Contains(string(r.Body), f.proof) {
		return 400, `{"errors":["invalid role or secret ID for ` + hidden + `"]}`
	}
	f.number++
	token := fmt.Sprintf("%s-token-%d", hidden, f.number)
	now := time.Now()
	f.tokens[token] = &fakeToken{ends: now.Add(time.Duration(f.tokenLife) * time.Second), last: now.Add(time.Duration(f.tokenMax) * time.Second)}
	return 200, fmt.Sprintf(`{"auth":{"client_token":%q,"lease_duration":%d,"renewable":%v}}`, token, f.tokenLife, f.renewable)
}

func (f *fakeVault) readKV2(path string) (int, string) {
	value, there := f.kv[path]
	switch {
	case !there:
		return 404, `{"errors":[]}`
	case value == "":
		return 404, `{"data":{"data":null,"metadata":{"deletion_time":"2026-01-01T00:00:00Z","destroyed":false,"version":3}}}`
	}
	return 200, fmt.Sprintf(`{"lease_id":"","data":{"data":%s,"metadata":{"deletion_time":"","destroyed":false,"version":1}}}`, value)
}

func (f *fakeVault) lease(token, name string) (int, string) {
	role, known := f.roles[name]
	if !known {
		return 400, `{"errors":["unknown role: ` + name + `"]}`
	}
	f.number++
	id, now := fmt.Sprintf("database/creds/%s/%d", name, f.number), time.Now()
	f.leases[id] = &fakeLease{
		token: token, life: role.life, ends: now.Add(time.Duration(role.life) * time.Second), last: now.Add(time.Duration(role.longest) * time.Second),
	}
	return 200, fmt.Sprintf(`{"lease_id":%q,"lease_duration":%d,"renewable":%v,"data":{"username":"u%d","password":"%s-%d"}}`,
		id, role.life, role.longest > 0, f.number, hidden, f.number)
}

func (f *fakeVault) renew(r exchange.Request) (int, string) {
	var body struct {
		LeaseID string `json:"lease_id"`
	}
	_ = json.Unmarshal(r.Body, &body)
	lease := f.leases[body.LeaseID]
	if lease == nil || !f.good(lease) {
		return 400, `{"errors":["lease not found"]}`
	}
	lease.ends = earlier(time.Now().Add(time.Duration(lease.life)*time.Second), lease.last)
	return 200, fmt.Sprintf(`{"lease_id":%q,"lease_duration":%d,"renewable":true,"data":null}`, body.LeaseID, int(time.Until(lease.ends).Seconds()))
}

// good reports whether a lease and its token are valid.
func (f *fakeVault) good(lease *fakeLease) bool {
	token := f.tokens[lease.token]
	return time.Now().Before(lease.ends) && token != nil && (token.ends.IsZero() || time.Now().Before(token.ends))
}

// works reports whether a password is one of a lease that is good.
func (f *fakeVault) works(password string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for id, lease := range f.leases {
		if strings.HasSuffix(id, "/"+strings.TrimPrefix(password, hidden+"-")) {
			return f.good(lease)
		}
	}
	return false
}

func (f *fakeVault) called(path string) (times int) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, call := range f.calls {
		if call == path {
			times++
		}
	}
	return times
}

func (f *fakeVault) change(how func()) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	how()
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func newFakeVault() *fakeVault {
	return &fakeVault{
		tokens: map[string]*fakeToken{}, leases: map[string]*fakeLease{}, kv: map[string]string{}, kv1: map[string]string{}, roles: map[string]fakeRole{},
		tokenLife: 3600, tokenMax: 24 * 3600, renewable: true, static: "{}",
	}
}

// vaultStores are stores whose vault is a fake.
func vaultStores(t *testing.T, fake *fakeVault, settings string) *Stores {
	t.Helper()
	stores := newTestStores(t, `{"max_stale": "10m", "vault": `+settings+`}`)
	stores.vault.server = fake
	return stores
}

const byAppRole = `{"address": "https://vault.example", "auth": "approle", "role_id": "r", "secret_id": "env:FUNCROUTE_TEST_SECRET_ID"}`
