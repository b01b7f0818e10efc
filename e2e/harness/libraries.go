package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// libraries is the folder that libraries are loaded from, dist/ if it is "".
type libraries string

// path returns the path of a library.
func (l libraries) path(t testing.TB, name string) string {
	t.Helper()
	if l != "" {
		return filepath.Join(string(l), name)
	}
	path := filepath.Join(Root(t), "dist", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("dist/%s is not there: run `make build contribhost`", name)
	}
	return path
}

// faultyLibraries are those of e2e/faulty.
func faultyLibraries(t testing.TB) libraries {
	t.Helper()
	built, err := buildFaulty()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// buildFaulty builds them once per run, as tools/build-* build those for users.
var buildFaulty = sync.OnceValues(func() (libraries, error) {
	root, err := findRoot()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "dist", "faulty")
	for name, args := range map[string][]string{
		"libfuncroute.so":         {"./e2e/faulty/dynamicmodule"},
		"libfuncroute-contrib.so": {"./e2e/faulty/contrib"},
	} {
		// Another test process may have an Envoy with the library open: it keeps the file that it has.
		built := filepath.Join(dir, fmt.Sprintf("%d-%s", os.Getpid(), name))
		args = append([]string{"build", "-trimpath", "-buildmode=c-shared", "-o", built}, args...)
		build := exec.Command("go", args...)
		build.Dir = root
		if output, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %v: %w\n%s", args, err, output)
		}
		if err := os.Rename(built, filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return libraries(dir), nil
})
