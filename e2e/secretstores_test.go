package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
)

// keys are the credentials of one version of a secret, as Vault's engine for AWS names them.
func keys(version int) harness.Object {
	harness.Secret(fmt.Sprintf("s3cr3t-%d-", version))
	return harness.Object{"access_key": accessKey(version), "secret_key": fmt.Sprintf("s3cr3t-%d-", version)}
}

func accessKey(version int) string { return fmt.Sprintf("AKIDROTATED%d", version) }

// lastKey is the access key with which the last request was signed.
func lastKey(upstream *harness.Upstream) string {
	all := upstream.Received()
	if len(all) == 0 {
		return ""
	}
	return keyOf(all[len(all)-1])
}

func keyOf(received harness.Received) string {
	_, rest, _ := strings.Cut(received.Headers.Get("authorization"), "Credential=")
	key, _, _ := strings.Cut(rest, "/")
	return key
}

// Secrets that are replaced in their store while requests run: none of them fails, each is signed with the new keys within seconds, and then
// never again with the old ones. What is deleted serves no longer, and nothing leaves.
func TestSecretsThatAreRotatedInTheirStore(t *testing.T) {
	bao, ministack := counterparts.StartOpenBao(t), counterparts.StartMinistack(t)
	roleID, secretID := bao.AppRole(t, "reader", `path "secret/data/*" { capabilities = ["read"] }`, nil)
	stores := byAppRole(t, bao, roleID, secretID, nil)
	stores["aws"] = harness.Object{"region": "us-east-1", "endpoint": "http://" + ministack.Address}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		name := strings.Map(func(r rune) rune {
			if r == ' ' || r == ',' {
				return '-'
			}
			return r
		}, host.Name)
		cases := []struct {
			reference string
			put       func(version int)
		}{
			{"vault:secret/" + name, func(version int) { bao.Put(t, "secret/data/"+name, harness.Object{"data": keys(version)}) }},
			{"aws-secretsmanager:" + name, func(version int) {
				value, err := json.Marshal(keys(version))
				if err != nil {
					t.Fatal(err)
				}
				ministack.PutSecrets(t, counterparts.StoredSecret{Store: "secretsmanager", Name: name, Value: string(value)})
			}},
			{"aws-ssm:/" + name, func(version int) {
				value, err := json.Marshal(keys(version))
				if err != nil {
					t.Fatal(err)
				}
				ministack.PutSecrets(t, counterparts.StoredSecret{Store: "ssm", Name: "/" + name, Value: string(value)})
			}},
		}
		for _, c := range cases {
			t.Run(strings.Split(c.reference, ":")[0], func(t *testing.T) {
				upstream := harness.StartUpstream(t)
				config := identityConfig(upstream.Address, harness.Object{"credentials": c.reference})
				config.ConfigureFilter(harness.Object{"secrets": stores})
				c.put(0)
				envoy := harness.StartEnvoy(t, host, config)
				figures := &harness.Figures{}
				stop := keepSending(envoy.Listener(t, "http"), figures)
				for version := 1; version <= 2; version++ {
					c.put(version)
					harness.Eventually(t, "the new keys", func() error {
						if got := lastKey(upstream); got != accessKey(version) {
							return fmt.Errorf("signed with %s, want %s", got, accessKey(version))
						}
						return nil
					})
				}
				stop()
				figures.Report(t)
			})
		}
	})
}

func TestSecretsThatAreDeletedInTheirStore(t *testing.T) {
	bao := counterparts.StartOpenBao(t)
	roleID, secretID := bao.AppRole(t, "reader", `path "secret/data/*" { capabilities = ["read"] }`, nil)
	stores := byAppRole(t, bao, roleID, secretID, nil)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		bao.Put(t, "secret/data/gone", harness.Object{"data": keys(1)})
		upstream := harness.StartUpstream(t)
		config := identityConfig(upstream.Address, harness.Object{"credentials": "vault:secret/gone"})
		config.ConfigureFilter(harness.Object{"secrets": stores})
		envoy := harness.StartEnvoy(t, host, config)
		envoy.Expect("secret vault:secret/gone cannot be had: http://" + bao.Address + "/v1/secret/data/gone answers 404: its version")
		address := envoy.Listener(t, "http")
		if err := harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK); err != nil {
			t.Fatal(err)
		}
		bao.Do(t, http.MethodDelete, "secret/data/gone", nil, nil)
		harness.Eventually(t, "the end of the secret", func() error {
			return harness.WantStatus(address, "POST / HTTP/1.1", http.StatusServiceUnavailable)
		})
		stage := &scenarios.Stage{Host: host, Envoy: envoy, Listener: "http", Upstream: upstream}
		stage.Perform(t, &scenarios.Step{
			Request: harness.Message(t, "POST / HTTP/1.1", ""), Times: 2, Receives: &[]*golden.Message{},
			Error: &golden.Error{Reason: plugins.CredentialsUnavailable, Status: http.StatusServiceUnavailable},
		})
		if got := envoy.Counter(t, "funcroute.secrets.vault.failed"); got == 0 {
			t.Error("funcroute.secrets.vault.failed: got 0, want some")
		}
	})
}
