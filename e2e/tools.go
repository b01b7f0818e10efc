package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tool returns the path of a program that tools/install has put into .tools.
func tool(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Root(t), ".tools", "bin", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not installed: run `make tools`", name)
	}
	return path
}

// envoyBinary is $ENVOY, else `envoy` on PATH, else the pinned one.
func envoyBinary(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("ENVOY"); path != "" {
		return path
	}
	if path, err := exec.LookPath("envoy"); err == nil || errors.Is(err, exec.ErrDot) {
		return path
	}
	return tool(t, "envoy")
}
