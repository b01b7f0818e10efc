package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// The threads of the Go runtime may sleep longer than they ask for, so that its monitor does not wake for each request; those
// of Envoy may not, its main thread, which loads the library, least of all. See filters/host/dynamicmodule/abi/slack.c.
func TestOnlyGoThreadsHaveSlack(t *testing.T) {
	const ours = "5000000"
	usual, err := os.ReadFile("/proc/self/timerslack_ns")
	if err != nil {
		t.Fatal(err)
	}
	upstream := harness.StartUpstream(t)
	envoy := harness.StartEnvoy(t, harness.Hosts()[0], harness.HelloConfig(upstream.Address))
	if err := harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK); err != nil {
		t.Error(err)
	}
	pid := envoy.PID()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("threads = %v, %v", threads, err)
	}
	slack := 0
	for _, thread := range threads {
		name, err := os.ReadFile(filepath.Join(thread, "comm"))
		if err != nil {
			continue // It has just ended.
		}
		id := filepath.Base(thread)
		got, err := os.ReadFile("/proc/" + id + "/timerslack_ns")
		if err != nil {
			t.Fatal(err)
		}
		// Threads that Go makes have the name of the one that they come from.
		if main := id == strconv.Itoa(pid); main || string(name) != "envoy\n" {
			if string(got) != string(usual) {
				t.Errorf("thread %s (%s): got %s ns, want %s as in any process", id, strings.TrimSpace(string(name)), got, usual)
			}
		} else if strings.TrimSpace(string(got)) == ours {
			slack++
		}
	}
	if slack == 0 {
		t.Errorf("no thread of Go's has a slack of %s ns", ours)
	}
}
