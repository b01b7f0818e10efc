package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// envoy is a running Envoy with one worker.
type envoy struct {
	command *exec.Cmd
	dir     string
	log     *bytes.Buffer
	ports   map[string]string
	exited  chan struct{}
}

// listenerName names a contestant's listener and cluster.
func listenerName(job, contestant string) string { return job + "/" + contestant }

// addContestant gives a contestant its listener and its cluster.
func addContestant(config harness.Config, upstream, name string, c contestant) {
	cluster := object{"name": name, "metadata": object{"filter_metadata": withDefault(c.cluster)}}
	cluster["connect_timeout"] = "30s" // The scale run has 2000 connections made at once.
	cluster["circuit_breakers"] = object{"thresholds": []any{object{
		"max_connections": 10000, "max_pending_requests": 10000, "max_requests": 10000,
	}}}
	config.AddCluster(upstream, cluster)
	action := object{"cluster": name, "timeout": "60s"}
	maps.Copy(action, c.action)
	route := object{
		"match": object{"prefix": "/"}, "route": action,
		"metadata": object{"filter_metadata": withDefault(c.route)},
	}
	router := filter("envoy.filters.http.router", "router.v3.Router", object{})
	config.AddListener(name, []any{route},
		object{"per_connection_buffer_limit_bytes": 8 << 20},
		object{"access_log": []any{}, "http_filters": append(append([]any{}, c.filters...), router)})
}

func withDefault(metadata object) object {
	if metadata == nil {
		return object{}
	}
	return metadata
}

// start starts Envoy with libraries from a folder, and waits until it serves.
func start(config harness.Config, libraries string) (*envoy, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "envoy.yaml")
	if err := os.WriteFile(path, []byte(config.YAML()), 0o600); err != nil {
		return nil, err
	}
	admin := filepath.Join(dir, "admin")
	e := &envoy{dir: dir, log: &bytes.Buffer{}, exited: make(chan struct{})}
	binary, err := harness.FindEnvoy()
	if err != nil {
		return nil, err
	}
	e.command = exec.Command(binary, "-c", path, "--concurrency", "1", "--use-dynamic-base-id",
		"--admin-address-path", admin, "--log-level", "warning", "--drain-time-s", "1")
	e.command.Stdout, e.command.Stderr = e.log, e.log
	e.command.Env = []string{
		"ENVOY_DYNAMIC_MODULES_SEARCH_PATH=" + libraries, "AWS_EC2_METADATA_DISABLED=true", "HOME=" + dir, "TMPDIR=" + dir,
		"AWS_ACCESS_KEY_ID=" + harness.Credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + harness.Credentials.SecretAccessKey,
		"GODEBUG=" + os.Getenv("BENCH_GODEBUG"),
	}
	if err := e.command.Start(); err != nil {
		return nil, fmt.Errorf("envoy: %w", err)
	}
	go func() { defer close(e.exited); _ = e.command.Wait() }()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if address, err := os.ReadFile(admin); err == nil && e.readPorts(string(address)) == nil {
			return e, nil
		}
		select {
		case <-e.exited:
			return nil, fmt.Errorf("envoy does not start:\n%s", e.log)
		default:
		}
	}
	e.stop()
	return nil, fmt.Errorf("envoy does not start:\n%s", e.log)
}

func (e *envoy) readPorts(admin string) error {
	if answer, err := get("http://" + admin + "/ready"); err != nil || !bytes.HasPrefix(answer, []byte("LIVE")) {
		return errors.New("not ready")
	}
	answer, err := get("http://" + admin + "/listeners?format=json")
	if err != nil {
		return err
	}
	var listeners struct {
		Statuses []struct {
			Name    string `json:"name"`
			Address struct {
				Socket struct {
					Port int `json:"port_value"`
				} `json:"socket_address"`
			} `json:"local_address"`
		} `json:"listener_statuses"`
	}
	if err := json.Unmarshal(answer, &listeners); err != nil {
		return err
	}
	e.ports = map[string]string{}
	for _, l := range listeners.Statuses {
		e.ports[l.Name] = "127.0.0.1:" + strconv.Itoa(l.Address.Socket.Port)
	}
	return nil
}

func get(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

func (e *envoy) stop() {
	_ = e.command.Process.Signal(os.Interrupt)
	<-e.exited
	_ = os.RemoveAll(e.dir)
}

// cpu is the time all threads of Envoy have run. The scheduler's account is in nanoseconds, that of /proc/PID/stat (utime
// and stime) in hundredths of a second; they say the same.
func (e *envoy) cpu() (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", e.command.Process.Pid))
	if err != nil || len(threads) == 0 {
		return 0, errors.New("the kernel has no account of Envoy's threads")
	}
	var sum time.Duration
	for _, thread := range threads {
		content, err := os.ReadFile(thread)
		if err != nil {
			continue // It has just ended; Envoy and Go keep theirs.
		}
		ran, _, _ := strings.Cut(string(content), " ")
		nanoseconds, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(nanoseconds)
	}
	return sum, nil
}

// settle waits until Envoy has done with the requests that the end of an earlier run has left it.
func (e *envoy) settle() error {
	const pause = 50 * time.Millisecond
	for range 100 {
		before, err := e.cpu()
		if err != nil {
			return err
		}
		time.Sleep(pause)
		after, err := e.cpu()
		if err != nil {
			return err
		}
		if after-before < pause/10 {
			return nil
		}
	}
	return errors.New("envoy does not come to rest")
}

// memory is Envoy's resident set, in bytes.
func (e *envoy) memory() (int, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", e.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(content))
	pages, err := strconv.Atoi(fields[1])
	return pages * os.Getpagesize(), err
}
