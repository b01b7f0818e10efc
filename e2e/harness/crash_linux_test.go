package harness

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// verdict is a test within a test: what it says against the inner one is only noted.
type verdict struct {
	testing.TB
	cleanups []func()
	problems []string
}

func (v *verdict) Cleanup(f func())  { v.cleanups = append(v.cleanups, f) }
func (v *verdict) Error(args ...any) { v.problems = append(v.problems, fmt.Sprint(args...)) }
func (v *verdict) Errorf(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}
func (v *verdict) Failed() bool { return false }

func (v *verdict) end() string {
	for _, f := range slices.Backward(v.cleanups) {
		f()
	}
	return strings.Join(v.problems, "\n")
}

// Every test fails whose Envoy crashes, whatever else it looks at; and no core file, with the keys of the process in it, is
// left behind, also where the machine allows them.
func TestCrashesAreNoticed(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	OnEveryHost(t, nil, func(t *testing.T, host Host) {
		before, err := filepath.Glob("core*")
		if err != nil {
			t.Fatal(err)
		}
		inner := &verdict{TB: t}
		upstream := StartUpstream(t)
		envoy := StartEnvoy(inner, host, HelloConfig(upstream.Address))
		if err := WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK); err != nil {
			t.Error(err)
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", envoy.PID()))
		if err != nil || !regexp.MustCompile(`(?m)^Max core file size +0 `).Match(limits) {
			t.Errorf("limits = %s, %v, want no core file", limits, err)
		}
		envoy.Signal(syscall.SIGSEGV)
		<-envoy.Exited()
		if said := inner.end(); !strings.Contains(said, "Envoy ended with code -1") {
			t.Errorf("the harness says %q, want that Envoy has crashed", said)
		}
		if after, err := filepath.Glob("core*"); err != nil || len(after) > len(before) {
			t.Errorf("core files = %q, %v, want no more than %q", after, err, before)
		}
	})
}
