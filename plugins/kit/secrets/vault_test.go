package secrets

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// inBubble runs a test with a fake and the bubble's clock.
func inBubble(t *testing.T, settings string, test func(t *testing.T, fake *fakeVault, stores *Stores, told *journal)) {
	t.Helper()
	t.Setenv("FUNCROUTE_TEST_SECRET_ID", hidden+"-id")
	synctest.Test(t, func(t *testing.T) {
		fake, told := newFakeVault(), &journal{}
		test(t, fake, vaultStores(t, fake, settings), told)
		synctest.Wait()
		if log := strings.Join(told.Warnings(), "\n"); strings.Contains(log, hidden) {
			t.Errorf("the log shows a secret: %s", log)
		}
	})
}

// look is a request that uses a secret.
func look(t *testing.T, s plugins.Secret, key string) (string, error) {
	t.Helper()
	if err := await(t, s); err != nil {
		return "", err
	}
	members, err := s.Members()
	return members[key], err
}

func TestVaultKV(t *testing.T) {
	cases := []struct{ name, reference, want, log string }{
		{name: "KV 2", reference: "vault:kv/team/db#password", want: hidden},
		{name: "KV 1", reference: "vault:old/db#password", want: hidden},
		{name: "a missing key", reference: "vault:kv/team/db#user", log: `secret vault:kv/team/db#user cannot be used: it has no member "user"`},
		{name: "an object where a text is needed", reference: "vault:kv/team/db", log: "it is an object, where a text is needed"},
		{
			name: "a missing secret", reference: "vault:kv/none#x",
			log: "secret vault:kv/none cannot be had: https://vault.example/v1/kv/data/none answers 404: there is no such secret",
		},
		{name: "a missing secret of KV 1", reference: "vault:old/none#x", log: "v1/old/none answers 404: there is no such secret"},
		{name: "a deleted version", reference: "vault:kv/deleted#x", log: "answers 404: its version 3 was deleted"},
		{name: "data/ in the path", reference: "vault:kv/data/db#x", log: "is written without data/"},
		{name: "no permission", reference: "vault:forbidden/db#x", log: "mounts/forbidden/db answers 403 (permission denied); the policies"},
		{name: "an unknown role", reference: "vault:database/creds/none#x", log: "answers 400 (unknown role)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
				fake.proof = hidden + "-id"
				fake.kv["team/db"], fake.kv1["db"], fake.kv["deleted"] = `{"password":"`+hidden+`","port":5432}`, `{"password":"`+hidden+`"}`, ""
				got, err := get(t, open(t, stores, told, c.reference))
				if log := strings.Join(told.Warnings(), "\n"); got != c.want || (err == nil) != (c.log == "") || !strings.Contains(log, c.log) {
					t.Errorf("got %q, %v and the log %q, want %q and %q", got, err, log, c.want, c.log)
				}
			})
		})
	}
}

func TestVaultSecretsAreFollowed(t *testing.T) {
	inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
		fake.kv["db"] = `{"password":"one"}`
		opened := open(t, stores, told, "vault:kv/db#password")
		if got, err := get(t, opened); got != "one" {
			t.Fatalf("got %q, %v", got, err)
		}
		fake.change(func() { fake.kv["db"] = `{"password":"two"}` })
		time.Sleep(defaultRefresh)
		opened.Ready()
		synctest.Wait()
		if got, err := opened.Value(); got != "two" {
			t.Errorf("after a minute: got %q, %v, want the new one", got, err)
		}
		fake.change(func() { fake.down = true })
		for range 9 {
			time.Sleep(time.Minute)
			opened.Ready()
			synctest.Wait()
		}
		if got, err := opened.Value(); got != "two" {
			t.Errorf("while the store is down: got %q, %v, want the last good one", got, err)
		}
		time.Sleep(2 * time.Minute)
		if got, err := get(t, opened); err == nil {
			t.Errorf("when the store is down for longer than max_stale: got %q, want an error", got)
		}
		fake.change(func() { fake.down = false })
		time.Sleep(2 * time.Second)
		if got, err := get(t, opened); got != "two" {
			t.Errorf("when the store is back: got %q, %v", got, err)
		}
		fake.change(func() { fake.kv["db"] = "" })
		time.Sleep(time.Minute)
		opened.Ready()
		synctest.Wait()
		if got, err := opened.Value(); err == nil {
			t.Errorf("when it was deleted: got %q, want an error", got)
		}
		if times := fake.called("auth/approle/login"); times != 1 {
			t.Errorf("got %d logins, want 1", times)
		}
	})
}

// Whatever is short-lived, the password that serves is always one that works, and the log has nothing to tell.
func TestVaultLeases(t *testing.T) {
	cases := []struct {
		name string
		role fakeRole
		// tokenLife and tokenMax are in seconds.
		tokenLife, tokenMax int
		renewable           bool
	}{
		{"a lease that is renewed and ends at its longest time", fakeRole{60, 200}, 3600, 24 * 3600, true},
		{"a lease that cannot be renewed", fakeRole{60, 0}, 3600, 24 * 3600, true},
		{"a token that ends before the lease", fakeRole{3600, 24 * 3600}, 60, 200, true},
		{"a token that cannot be renewed", fakeRole{3600, 24 * 3600}, 60, 60, false},
		{"both", fakeRole{50, 170}, 70, 300, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
				fake.roles["app"], fake.tokenLife, fake.tokenMax, fake.renewable = c.role, c.tokenLife, c.tokenMax, c.renewable
				opened := open(t, stores, told, "vault:database/creds/app")
				if _, err := look(t, opened, "password"); err != nil {
					t.Fatal(err)
				}
				seen := map[string]bool{}
				for range 1200 {
					if !opened.Ready() {
						t.Fatal("it does not serve")
					}
					members, err := opened.Members()
					if password := members["password"]; err != nil || !fake.works(password) {
						t.Fatalf("got %q, %v, which does not work", password, err)
					}
					seen[members["password"]] = true
					time.Sleep(time.Second)
				}
				if renewals := fake.called("sys/leases/renew"); (c.role.longest > 0) != (renewals > 0) && c.renewable {
					t.Errorf("got %d renewals of the lease", renewals)
				}
				if len(seen) < 2 || len(told.Warnings()) > 0 {
					t.Errorf("got %d passwords and the log %q, want several and nothing", len(seen), told.Warnings())
				}
			})
		})
	}
}

func TestVaultStaticRolesAreReadAgainWhenTheyRotate(t *testing.T) {
	inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
		fake.static = `{"username":"app","password":"one","rotation_period":86400,"ttl":5}`
		opened := open(t, stores, told, "vault:database/static-creds/app#password")
		if _, err := get(t, opened); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		fake.change(func() { fake.static = `{"username":"app","password":"two","rotation_period":86400,"ttl":86400}` })
		time.Sleep(time.Second)
		opened.Ready()
		synctest.Wait()
		if got, err := opened.Value(); got != "two" {
			t.Errorf("got %q, %v, want that of after the rotation", got, err)
		}
	})
}

func TestVaultLogsInAgainOnce(t *testing.T) {
	inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
		fake.kv["db"] = `{"password":"one"}`
		opened := open(t, stores, told, "vault:kv/db#password")
		if _, err := get(t, opened); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		fake.change(func() { clear(fake.tokens); fake.kv["db"] = `{"password":"two"}` }) // All tokens are revoked.
		opened.Ready()
		synctest.Wait()
		if got, err := opened.Value(); got != "two" || len(told.Warnings()) > 0 {
			t.Errorf("got %q, %v and the log %q, want the new one", got, err, told.Warnings())
		}
		time.Sleep(time.Minute)
		fake.change(func() { clear(fake.tokens); fake.proof = "other" })
		opened.Ready()
		synctest.Wait()
		if log := strings.Join(told.Warnings(), "\n"); !strings.Contains(log, "logging in failed: https://vault.example/v1/auth/approle/login answers 400 (invalid role or secret ID)") {
			t.Errorf("got the log %q, want it to name the login", log)
		}
		if got, err := opened.Value(); got != "two" {
			t.Errorf("got %q, %v, want the last good one: that nobody may log in does not say that it was deleted", got, err)
		}
		if times := fake.called("auth/approle/login"); times != 3 {
			t.Errorf("got %d logins, want 3", times)
		}
	})
}

func TestVaultLogsInOnlyWhereTheTokenIsTheReason(t *testing.T) {
	for _, unsure := range []bool{false, true} {
		inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
			fake.unsure = unsure
			opened := open(t, stores, told, "vault:forbidden/db#x")
			for range 60 {
				_, _ = get(t, opened)
				time.Sleep(time.Second)
			}
			if times := fake.called("auth/approle/login"); times != 1 || len(told.Warnings()) != 1 {
				t.Errorf("token can be checked: %t: got %d logins and the log %q, want 1 and one line", !unsure, times, told.Warnings())
			}
		})
	}
}

func TestVaultRejectedSecretsAreReadAnewOnce(t *testing.T) {
	inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
		fake.roles["app"] = fakeRole{3600, 7200}
		opened := open(t, stores, told, "vault:database/creds/app")
		first, err := look(t, opened, "password")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for range 5 {
			opened.Rejected()
		}
		second, err := look(t, opened, "password")
		if err != nil || second == first || fake.called("database/creds/app") != 2 {
			t.Errorf("got %q after %q, %v, in %d reads, want another in 2", second, first, err, fake.called("database/creds/app"))
		}
	})
}

// A lease whose secret was refused is not renewed, also if the store is down when it is to be read anew.
func TestVaultRejectedSecretsAreReadAnewWhenTheStoreIsBack(t *testing.T) {
	inBubble(t, byAppRole, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
		fake.roles["app"] = fakeRole{3600, 7200}
		opened := open(t, stores, told, "vault:database/creds/app")
		first, err := look(t, opened, "password")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		fake.change(func() { fake.down = true })
		opened.Rejected()
		synctest.Wait()
		fake.change(func() { fake.down = false })
		time.Sleep(time.Minute)
		opened.Ready()
		synctest.Wait()
		if second, err := look(t, opened, "password"); err != nil || second == first || fake.called("sys/leases/renew") != 0 {
			t.Errorf("got %q after %q, %v, and %d renewals, want another and none", second, first, err, fake.called("sys/leases/renew"))
		}
	})
}

func TestVaultTokensAreFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	inBubble(t, `{"address": "https://vault.example", "auth": "token", "token": "file:`+path+`"}`,
		func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
			fake.kv["db"] = `{"password":"one"}`
			fake.tokens[hidden+"-1"] = &fakeToken{}
			write(t, path, hidden+"-1\n")
			opened := open(t, stores, told, "vault:kv/db#password")
			if got, err := get(t, opened); got != "one" {
				t.Fatalf("got %q, %v", got, err)
			}
			fake.change(func() {
				clear(fake.tokens)
				fake.tokens[hidden+"-2"] = &fakeToken{}
				fake.kv["db"] = `{"password":"two"}`
			})
			write(t, path, hidden+"-2\n")
			time.Sleep(time.Minute)
			opened.Ready()
			synctest.Wait()
			if got, err := opened.Value(); got != "two" || len(told.Warnings()) > 0 {
				t.Errorf("got %q, %v and the log %q, want the new one", got, err, told.Warnings())
			}
		})
}

func TestVaultLogins(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "jwt"), hidden+".jwt\n")
	cases := []struct{ name, settings, path string }{
		{"jwt", `{"address": "https://vault.example", "auth": "jwt", "role": "r", "token_file": "` + folder + `/jwt"}`, "auth/jwt/login"},
		{"kubernetes", `{"address": "https://vault.example", "auth": "kubernetes", "role": "r", "token_file": "` + folder + `/jwt", "mount": "k8s/eu"}`, "auth/k8s/eu/login"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, c.settings, func(t *testing.T, fake *fakeVault, stores *Stores, told *journal) {
				fake.kv["db"], fake.proof = `{"password":"one"}`, `"jwt":"`+hidden+`.jwt","role":"r"`
				if got, err := get(t, open(t, stores, told, "vault:kv/db#password")); got != "one" || fake.called(c.path) != 1 {
					t.Errorf("got %q, %v, log %q, with calls %q", got, err, told.Warnings(), fake.calls)
				}
			})
		})
	}
}

func TestVaultSettingsThatAreRefused(t *testing.T) {
	cases := []struct{ name, settings, want string }{
		{"no address", `{"auth": "token", "token": "env:T"}`, `setting "address" must be there`},
		{"plain http", `{"address": "http://vault:8200", "auth": "token", "token": "env:T"}`, "must begin with https://, for what is sent there is secret"},
		{"a password", `{"address": "https://u:` + hidden + `@vault", "auth": "token", "token": "env:T"}`, "must not have a user"},
		{"no auth", `{"address": "https://vault"}`, `setting "auth" must be there`},
		{"an unknown auth", `{"address": "https://vault", "auth": "ldap"}`, `setting "auth" must be one of token, approle, jwt, kubernetes`},
		{"no token", `{"address": "https://vault", "auth": "token"}`, `setting "token" must be there with auth: token`},
		{"the token itself", `{"address": "https://vault", "auth": "token", "token": "` + hidden + `"}`, `setting "token": it must be a reference`},
		{"a token of its own", `{"address": "https://vault", "auth": "token", "token": "vault:kv/token#x"}`, "need the store to be set up"},
		{"the secret id itself", `{"address": "https://vault", "auth": "approle", "role_id": "r", "secret_id": "` + hidden + `"}`, `setting "secret_id": it must be a reference`},
		{"a setting of another auth", `{"address": "https://vault", "auth": "jwt", "role": "r", "secret_id": "env:X"}`, `setting "secret_id" is not for auth: jwt`},
		{"a relative file", `{"address": "https://vault", "auth": "jwt", "role": "r", "token_file": "jwt"}`, `setting "token_file" must be an absolute path`},
		{"relative certificates", `{"address": "https://vault", "auth": "jwt", "role": "r", "ca_file": "ca.pem"}`, `setting "ca_file" must be an absolute path`},
		{"a mount out of place", `{"address": "https://vault", "auth": "jwt", "role": "r", "mount": "../x"}`, `setting "mount" must be the path`},
		{"an unknown setting", `{"address": "https://vault", "adress": "x"}`, `setting "adress" is unknown`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := new(Pool).Stores([]byte(`{"vault": ` + c.settings + `}`))
			if err == nil || !strings.Contains(err.Error(), `"vault": `) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), hidden) {
				t.Errorf("got %v, want one with %q and no secret", err, c.want)
			}
		})
	}
}

func TestVaultPathsThatAreRefused(t *testing.T) {
	stores := newTestStores(t, `{"vault": `+byAppRole+`}`)
	for _, path := range []string{"kv", "/kv/db", "kv/", "kv//db", "kv/../sys/mounts", "kv/./db"} {
		if _, err := stores.Secret(&journal{}, "vault:"+path+"#x"); err == nil {
			t.Errorf("vault:%s is taken for a reference", path)
		}
	}
}
