package counterparts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// OpenBao is the free Vault, whose API is the same. It keeps everything in memory. At "secret" it has a KV 2.
type OpenBao struct {
	*harness.Process
	// Address is where its API listens, over plain HTTP.
	Address string
	// Namespace is the one that [OpenBao.Do] works in, "" for the root.
	Namespace string
}

const rootToken = "r00t-t0k3n"

// StartOpenBao starts one.
func StartOpenBao(t testing.TB) *OpenBao {
	t.Helper()
	harness.Secret(rootToken)
	b := &OpenBao{}
	b.Process, b.Address = start(t, "openbao", func(host, port string) *harness.Process {
		return harness.StartProcess(t, "openbao", []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + t.TempDir()}, harness.Tool(t, "bao"),
			"server", "-dev", "-dev-root-token-id="+rootToken, "-dev-listen-address="+host+":"+port, "-dev-no-store-token")
	}, func(_ *harness.Process, address string) error {
		return (&OpenBao{Address: address}).ask(context.Background(), http.MethodGet, "sys/internal/ui/mounts/secret/x", nil, nil)
	})
	return b
}

// Do calls the API with the root token and decodes the answer, unless it is to be into nothing. The path follows /v1/.
func (b *OpenBao) Do(t testing.TB, method, path string, body, into any) {
	t.Helper()
	if err := b.ask(t.Context(), method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

// Try is Do for what may fail at first.
func (b *OpenBao) Try(t testing.TB, method, path string, body any) error {
	t.Helper()
	return b.ask(t.Context(), method, path, body, nil)
}

// Put writes a secret, or what configures the server.
func (b *OpenBao) Put(t testing.TB, path string, body harness.Object) {
	t.Helper()
	b.Do(t, http.MethodPut, path, body, nil)
}

func (b *OpenBao) ask(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, harness.Patience)
	defer cancel()
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if body == nil {
		encoded = nil
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+b.Address+"/v1/"+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("X-Vault-Token", rootToken)
	if b.Namespace != "" {
		request.Header.Set("X-Vault-Namespace", b.Namespace)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("OpenBao answers %s %s with %d: %s", method, path, response.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// AppRole makes a role of that policy that is logged in with by approle, and returns its id and a secret id of it. The settings are
// the role's further ones, such as how long its tokens live.
func (b *OpenBao) AppRole(t testing.TB, name string, policy string, settings harness.Object) (roleID, secretID string) {
	t.Helper()
	if err := b.ask(t.Context(), http.MethodGet, "auth/approle/role/"+name, nil, nil); err != nil {
		_ = b.ask(t.Context(), http.MethodPost, "sys/auth/approle", harness.Object{"type": "approle"}, nil) // It may be there.
	}
	b.Put(t, "sys/policies/acl/"+name, harness.Object{"policy": policy})
	role := harness.Object{"token_policies": name}
	for key, value := range settings {
		role[key] = value
	}
	b.Put(t, "auth/approle/role/"+name, role)
	var id struct {
		Data struct {
			RoleID string `json:"role_id"`
		}
	}
	var secret struct {
		Data struct {
			SecretID string `json:"secret_id"`
		}
	}
	b.Do(t, http.MethodGet, "auth/approle/role/"+name+"/role-id", nil, &id)
	b.Do(t, http.MethodPut, "auth/approle/role/"+name+"/secret-id", harness.Object{}, &secret)
	harness.Secret(secret.Data.SecretID)
	return id.Data.RoleID, secret.Data.SecretID
}
