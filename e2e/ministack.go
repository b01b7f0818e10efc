package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
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
	*Process
	// Address is where all its services listen.
	Address string
}

// StartMinistack starts one and creates functions in it.
func StartMinistack(t testing.TB, functions ...LambdaFunction) *Ministack {
	t.Helper()
	// ministack cannot bind to port 0. Between finding a port and its binding to it another program may take the port,
	// so it is given another chance.
	var m *Ministack
	for range 3 {
		if m = tryMinistack(t); m != nil {
			break
		}
	}
	if m == nil {
		t.Fatal("ministack does not start")
	}
	if len(functions) > 0 {
		m.create(t, functions)
	}
	return m
}

func tryMinistack(t testing.TB) *Ministack {
	t.Helper()
	dir := t.TempDir()
	host, port, _ := net.SplitHostPort(freeAddress(t))
	m := &Ministack{Address: net.JoinHostPort(host, port)}
	m.Process = StartProcess(t, "ministack", append(awsEnvironment(),
		"PATH=/usr/local/bin:/usr/bin:/bin", "HOME="+dir, "TMPDIR="+dir,
		"GATEWAY_PORT="+port, "BIND_HOST="+host, "SERVICES=lambda,iam,sts,logs,apigateway,elasticloadbalancing", "AUTH=true",
	), tool(t, "ministack"))
	gone := false
	Eventually(t, "ministack ready", func() error {
		if gone = m.Running() != nil; gone {
			return nil
		}
		return m.ready()
	})
	if gone {
		return nil
	}
	return m
}

func (m *Ministack) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Address+"/_ministack/health", nil)
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
		functions[i].Code = filepath.Join(Root(t), function.Code)
	}
	m.run(t, "functions.py", functions)
}

// Role is an IAM role to be created, see ministack/roles.py.
type Role struct {
	Name string `json:"name"`
	// Trust is the statement of its trust policy, without its effect.
	Trust Object `json:"trust"`
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
	script := filepath.Join(Root(t), "e2e", "ministack", name)
	cmd := exec.CommandContext(t.Context(), tool(t, "python"), script, "http://"+m.Address)
	cmd.Env = append(awsEnvironment(), "HOME="+t.TempDir())
	cmd.Stdin = bytes.NewReader(specification)
	var errors bytes.Buffer
	cmd.Stderr = &errors
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, output, &errors)
	}
	return output
}
