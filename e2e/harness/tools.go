package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Root is the repository's root folder.
func Root(t testing.TB) string {
	t.Helper()
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".envoy-version")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no .envoy-version above the working directory")
		}
	}
}

// Tool returns the path of a program that tools/install has put into .tools.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := findTool(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func findTool(name string) (string, error) {
	root, err := findRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".tools", "bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not installed: run `make tools`", name)
	}
	return path, nil
}

// EnvoyBinary is $ENVOY, else `envoy` on PATH, else the pinned one.
func EnvoyBinary(t testing.TB) string {
	t.Helper()
	path, err := FindEnvoy()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// FindEnvoy is [EnvoyBinary] for programs that are no tests.
func FindEnvoy() (string, error) {
	if path := os.Getenv("ENVOY"); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("envoy"); err == nil || errors.Is(err, exec.ErrDot) {
		return path, nil
	}
	return findTool("envoy")
}

// FreeAddress is an address of the loopback interface that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// Listens says why nobody listens at an address, nil if somebody does.
func Listens(address string) error {
	connection, err := net.DialTimeout("tcp", address, Patience)
	if err != nil {
		return err
	}
	return connection.Close()
}
