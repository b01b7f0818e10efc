package counterparts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// LambdaFunction is a function to be created, see ministack/functions.py.
type LambdaFunction struct {
	Name string `json:"name"`
	// Code is a Python file, or a folder with an app.py.
	Code string `json:"code"`
	// Timeout is in seconds.
	Timeout  int             `json:"timeout,omitempty"`
	Versions []LambdaVersion `json:"versions,omitempty"`
}

// LambdaVersion is a published version.
type LambdaVersion struct {
	Alias       string            `json:"alias,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
}

// Ministack is a local AWS that runs real Python handlers. It refuses requests that are not signed.
type Ministack struct {
	*harness.Process
	// Address is where all its services listen.
	Address string
}

// StartMinistack starts one and creates functions in it.
func StartMinistack(t testing.TB, functions ...LambdaFunction) *Ministack {
	t.Helper()
	dir := t.TempDir()
	m := &Ministack{}
	m.Process, m.Address = start(t, "ministack", func(host, port string) *harness.Process {
		return harness.StartProcess(t, "ministack", append(harness.AWSEnvironment(),
			"PATH=/usr/local/bin:/usr/bin:/bin", "HOME="+dir, "TMPDIR="+dir,
			"GATEWAY_PORT="+port, "BIND_HOST="+host, "SERVICES=lambda,iam,sts,logs,apigateway,elasticloadbalancing,secretsmanager,ssm", "AUTH=true",
		), harness.Tool(t, "ministack"))
	}, ministackReady)
	if len(functions) > 0 {
		m.create(t, functions)
	}
	return m
}

func ministackReady(_ *harness.Process, address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/_ministack/health", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("its health check has status %d", response.StatusCode)
	}
	return nil
}

func (m *Ministack) create(t testing.TB, functions []LambdaFunction) {
	t.Helper()
	for i, function := range functions {
		functions[i].Code = filepath.Join(harness.Root(t), function.Code)
	}
	m.run(t, "functions.py", functions)
}

// Role is an IAM role to be created, see ministack/roles.py.
type Role struct {
	Name string `json:"name"`
	// Trust is the statement of its trust policy, without its effect.
	Trust harness.Object `json:"trust"`
}

// CreateRoles creates roles that may invoke every function, and returns their ARNs by name.
func (m *Ministack) CreateRoles(t testing.TB, roles ...Role) map[string]string {
	t.Helper()
	arns := map[string]string{}
	if err := json.Unmarshal(m.run(t, "roles.py", roles), &arns); err != nil {
		t.Fatal(err)
	}
	return arns
}

// StoredSecret is a secret to be put into AWS's stores under its name, see ministack/secrets.py.
type StoredSecret struct {
	// Store is `secretsmanager` or `ssm`.
	Store string `json:"store"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PutSecrets creates secrets, or gives them other values.
func (m *Ministack) PutSecrets(t testing.TB, secrets ...StoredSecret) {
	t.Helper()
	for _, secret := range secrets {
		harness.Secret(secret.Value)
	}
	m.run(t, "secrets.py", secrets)
}

// API is a gateway before a function, see ministack/apis.py.
type API struct {
	// Kind is `http`, an HTTP API with payload format 2.0, `rest`, `alb` or `alb-multi-value`.
	Kind     string   `json:"kind"`
	Function string   `json:"function"`
	Routes   []string `json:"routes"`
	// BinaryTypes are a REST API's binary media types.
	BinaryTypes []string `json:"binary_types,omitempty"`
}

// Gateway is where an API is called: the host that requests name, and what stands before their paths.
type Gateway struct {
	Host   string `json:"host"`
	Prefix string `json:"prefix"`
}

// CreateAPIs puts functions behind gateways.
func (m *Ministack) CreateAPIs(t testing.TB, apis ...API) []Gateway {
	t.Helper()
	var gateways []Gateway
	if err := json.Unmarshal(m.run(t, "apis.py", apis), &gateways); err != nil {
		t.Fatal(err)
	}
	return gateways
}

// run runs a script of the folder ministack with its input as JSON.
func (m *Ministack) run(t testing.TB, name string, input any) []byte {
	t.Helper()
	specification, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(harness.Root(t), "e2e", "harness", "counterparts", "ministack", name)
	cmd := exec.CommandContext(t.Context(), harness.Tool(t, "python"), script, "http://"+m.Address)
	cmd.Env = append(harness.AWSEnvironment(), "HOME="+t.TempDir())
	cmd.Stdin = bytes.NewReader(specification)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, output, &errors)
	}
	return output
}
