package counterparts

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// Oracle tells right signatures from wrong ones by botocore's code, see oracle/verify.py.
type Oracle struct {
	mutex   sync.Mutex
	input   io.WriteCloser
	answers *bufio.Scanner
}

// Signer is with what and for what a request must have been signed.
type Signer struct {
	AccessKeyID     string `json:"access_key"`
	SecretAccessKey string `json:"secret_key"`
	SessionToken    string `json:"session_token,omitempty"`
	// Region is not checked if it is empty.
	Region  string `json:"region,omitempty"`
	Service string `json:"service"`
}

// DefaultSigner is what requests are signed with unless a test changes Envoy's environment.
func DefaultSigner() Signer {
	return Signer{
		AccessKeyID: harness.Credentials.AccessKeyID, SecretAccessKey: harness.Credentials.SecretAccessKey,
		Region: "us-east-1", Service: "lambda",
	}
}

// StartOracle starts the helper process.
func StartOracle(t testing.TB) *Oracle {
	t.Helper()
	cmd := exec.CommandContext(context.Background(), harness.Tool(t, "python"), filepath.Join(harness.Root(t), "e2e", "harness", "counterparts", "oracle", "verify.py"))
	cmd.Stderr = os.Stderr
	cmd.Env = []string{}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait()
	})
	answers := bufio.NewScanner(output)
	answers.Buffer(nil, 64<<20)
	return &Oracle{input: input, answers: answers}
}

// Problems returns what is wrong with the signature of a request that has arrived at an upstream, nothing if it is right.
func (o *Oracle) Problems(t testing.TB, received harness.Received, signer Signer) []string {
	t.Helper()
	question := struct {
		Signer
		Method  string      `json:"method"`
		Path    string      `json:"path"`
		Headers [][2]string `json:"headers"`
		Body    string      `json:"body"`
	}{
		Signer: signer,
		Method: received.Headers.Get(":method"),
		Path:   received.Headers.Get(":path"),
		Body:   hex.EncodeToString(received.Body),
	}
	for _, header := range received.Headers.List() {
		switch {
		case header[0] == ":authority":
			question.Headers = append(question.Headers, [2]string{"host", header[1]})
		case !strings.HasPrefix(header[0], ":"):
			question.Headers = append(question.Headers, header)
		}
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if err := json.NewEncoder(o.input).Encode(question); err != nil {
		t.Fatalf("the signature oracle has ended: %v", err)
	}
	if !o.answers.Scan() {
		t.Fatalf("the signature oracle has ended: %v", o.answers.Err())
	}
	var answer struct {
		Problems []string `json:"problems"`
	}
	if err := json.Unmarshal(o.answers.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Problems
}
