package harness

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Envoy is a running Envoy.
type Envoy struct {
	*Process
	// Admin is the address of its admin interface.
	Admin string

	listeners map[string]string
	taken     map[int]bool // the lines of the access log that have been asked for
	mutex     sync.Mutex
	expected  []*regexp.Regexp
	debugging bool // Envoy's own debug lines are in the log
}

// Credentials are those in the environment of an Envoy under test. Signatures are checked with them.
var Credentials = struct{ AccessKeyID, SecretAccessKey string }{"AKIDFUNCROUTE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

// AWSEnvironment is the whole environment of an Envoy under test. Nothing of the developer's own environment gets into it.
func AWSEnvironment() []string {
	Secret(Credentials.SecretAccessKey)
	return []string{
		"AWS_ACCESS_KEY_ID=" + Credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + Credentials.SecretAccessKey,
	}
}

// noise are warnings of Envoy's own that say nothing of us.
var noise = []*regexp.Regexp{
	regexp.MustCompile(`no configured limit to the number of allowed active downstream connections`),
	regexp.MustCompile(`caught (ENVOY_)?SIG(INT|TERM)`),
	// 1.40 has a newer ABI, and says so to every library that was built for the former, which it takes all the same.
	regexp.MustCompile(`Dynamic module ABI version v0\.1\.0 is deprecated`),
}

// complaint matches log lines that must not be there unless a test expects them.
var complaint = regexp.MustCompile(`^\[[^]]+]\[\d+]\[(warning|error|critical)]`)

// StartEnvoy starts an Envoy of that host with a configuration for stock Envoy, once Envoy itself has found it valid,
// and waits until it is ready. AWS credentials are in its environment unless env is given.
func StartEnvoy(t testing.TB, host Host, config Config, env ...string) *Envoy {
	t.Helper()
	return StartEnvoyWith(t, host, config, Options{Environment: env})
}

// Options are what some tests need different from the usual.
type Options struct {
	// Environment is the environment of Envoy. If it is nil, it has AWS credentials.
	Environment []string
	// Workers is how many worker threads Envoy has, 2 if it is 0.
	Workers int
	// LogLevel is the level of all of Envoy's loggers. Without it, Envoy writes warnings and a few more lines.
	LogLevel string
}

func (o Options) arguments() []string {
	if o.LogLevel != "" {
		return []string{"--concurrency", strconv.Itoa(cmp.Or(o.Workers, 2)), "--log-level", o.LogLevel}
	}
	return []string{
		"--concurrency", strconv.Itoa(cmp.Or(o.Workers, 2)), "--log-level", "warning",
		"--component-log-level", "dynamic_modules:info,golang:info,config:info,upstream:info",
	}
}

func (o Options) environment(t testing.TB, host Host, dir string) []string {
	t.Helper()
	env := slices.Clone(o.Environment)
	if env == nil {
		env = AWSEnvironment()
	}
	env = append(env, "HOME="+dir, "TMPDIR="+dir)
	if !slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, "AWS_EC2_METADATA_") }) {
		env = append(env, "AWS_EC2_METADATA_DISABLED=true")
	}
	return append(env, host.environment(t, host.libraries)...)
}

// StartEnvoyWith is StartEnvoy with options.
func StartEnvoyWith(t testing.TB, host Host, config Config, options Options) *Envoy {
	t.Helper()
	dir := t.TempDir()
	env := options.environment(t, host, dir)
	path := writeConfig(t, dir, host.Adapted(t, config))
	if output, err := validated(t, host, path, env); err != nil {
		t.Fatalf("Envoy refuses the configuration: %v\n%s", err, output)
	}

	adminPath := filepath.Join(dir, "admin-address")
	e := &Envoy{expected: noise, taken: map[int]bool{}, debugging: options.LogLevel != ""}
	e.Process = StartProcess(t, "envoy", env, host.binary(t), append(options.arguments(), "-c", path,
		"--use-dynamic-base-id", "--admin-address-path", adminPath,
		"--file-flush-interval-msec", "20", "--drain-time-s", "1")...)
	t.Cleanup(func() {
		shown := e.shown()
		e.checkLog(t)
		for _, leak := range leaks(shown, knownSecrets()) {
			t.Error(leak)
		}
	})
	Eventually(t, "envoy ready", func() error {
		if err := e.Running(); err != nil {
			t.Fatal(err)
		}
		address, err := os.ReadFile(adminPath)
		if err != nil {
			return err
		}
		e.Admin = strings.TrimSpace(string(address))
		_, err = e.admin("/ready")
		return err
	})
	return e
}

func writeConfig(t testing.TB, dir string, config Config) string {
	t.Helper()
	path := filepath.Join(dir, "envoy.yaml")
	if err := os.WriteFile(path, []byte(config.YAML()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func validated(t testing.TB, host Host, path string, env []string) (string, error) {
	t.Helper()
	p, err := startProcess("envoy --mode validate", env, host.binary(t), "-c", path, "--mode", "validate",
		"--log-level", "warning", "--use-dynamic-base-id")
	if err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	if p.ExitCode() != 0 {
		return p.Errors.String(), fmt.Errorf("exit code %d", p.ExitCode())
	}
	return p.Errors.String(), nil
}

// Accepted fails the test if Envoy does not take a configuration.
func Accepted(t testing.TB, host Host, config Config) {
	t.Helper()
	if output, err := tried(t, host, config); err != nil {
		t.Fatalf("Envoy refuses the configuration: %v\n%s", err, output)
	}
}

// Refused returns what Envoy says about a configuration, which it must refuse.
func Refused(t testing.TB, host Host, config Config) string {
	t.Helper()
	output, err := tried(t, host, config)
	if err == nil {
		t.Fatal("Envoy takes a configuration that it should refuse")
	}
	return output
}

// tried returns what Envoy says about a configuration, and an error if Envoy refuses it.
func tried(t testing.TB, host Host, config Config) (string, error) {
	t.Helper()
	env := append(AWSEnvironment(), host.environment(t, host.libraries)...)
	return validated(t, host, writeConfig(t, t.TempDir(), host.Adapted(t, config)), env)
}

// Listener is the address that a listener is bound to.
func (e *Envoy) Listener(t testing.TB, name string) string {
	t.Helper()
	if e.listeners == nil {
		e.listeners = e.readListeners(t)
	}
	address, ok := e.listeners[name]
	if !ok {
		t.Fatalf("Envoy has no listener %q, only %v", name, e.listeners)
	}
	return address
}

func (e *Envoy) readListeners(t testing.TB) map[string]string {
	t.Helper()
	var answer struct {
		Statuses []struct {
			Name    string `json:"name"`
			Address struct {
				Socket struct {
					Address string `json:"address"`
					Port    int    `json:"port_value"`
				} `json:"socket_address"`
			} `json:"local_address"`
		} `json:"listener_statuses"`
	}
	if err := json.Unmarshal(e.Get(t, "/listeners?format=json"), &answer); err != nil {
		t.Fatal(err)
	}
	listeners := map[string]string{}
	for _, s := range answer.Statuses {
		listeners[s.Name] = fmt.Sprintf("%s:%d", s.Address.Socket.Address, s.Address.Socket.Port)
	}
	return listeners
}

// Get asks the admin interface.
func (e *Envoy) Get(t testing.TB, path string) []byte {
	t.Helper()
	body, err := e.admin(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// Post tells the admin interface to do something.
func (e *Envoy) Post(t testing.TB, path string) {
	t.Helper()
	if _, err := e.ask(http.MethodPost, path); err != nil {
		t.Fatal(err)
	}
}

func (e *Envoy) admin(path string) ([]byte, error) { return e.ask(http.MethodGet, path) }

func (e *Envoy) ask(method, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+e.Admin+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d: %s", path, response.StatusCode, body)
	}
	return body, err
}

// Counter returns the value of a counter by its name in README.md; hosts put prefixes of their own before it. A counter that has not
// counted yet is 0.
func (e *Envoy) Counter(t testing.TB, name string) int {
	t.Helper()
	return e.stat(t, "Counters", name)
}

// Gauge returns the value of a gauge.
func (e *Envoy) Gauge(t testing.TB, name string) int {
	t.Helper()
	return e.stat(t, "Gauges", name)
}

func (e *Envoy) stat(t testing.TB, kind, name string) int {
	t.Helper()
	var answer struct {
		Stats []struct {
			Name  string `json:"name"`
			Value int    `json:"value"`
		} `json:"stats"`
	}
	path := "/stats?format=json&type=" + kind + "&filter=" + regexp.QuoteMeta(name)
	if err := json.Unmarshal(e.Get(t, path), &answer); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, stat := range answer.Stats {
		if stat.Name == name || strings.HasSuffix(stat.Name, "."+name) {
			sum += stat.Value
		}
	}
	return sum
}

// Expect says that log lines with that text are to be there.
func (e *Envoy) Expect(pattern string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.expected = append(slices.Clip(e.expected), regexp.MustCompile(pattern))
}

// LogLines returns the warnings, errors and criticals in the log that hold a text.
func (e *Envoy) LogLines(text string) []string {
	return slices.DeleteFunc(e.Errors.Lines(), func(line string) bool {
		return !complaint.MatchString(line) || !strings.Contains(line, text)
	})
}

// AccessLog returns the entry of the request that came from that address. Each entry is returned once: the system gives a
// port that is free again to the next request.
func (e *Envoy) AccessLog(t testing.TB, client string) Object {
	t.Helper()
	var found Object
	Eventually(t, "access log entry", func() error {
		for i, line := range e.Output.Lines() {
			var entry Object
			if !e.taken[i] && json.Unmarshal([]byte(line), &entry) == nil && entry["client"] == client {
				found, e.taken[i] = entry, true
				return nil
			}
		}
		return errors.New("there is none for " + client)
	})
	return found
}

func (e *Envoy) checkLog(t testing.TB) {
	e.Stop()
	for _, line := range e.LogLines("") {
		if !slices.ContainsFunc(e.expected, func(r *regexp.Regexp) bool { return r.MatchString(line) }) {
			t.Errorf("unexpected in Envoy's log: %s", line)
		}
	}
	// An Envoy that was interrupted ends with code 0; one that has crashed before has told so by then.
	if code := e.ExitCode(); code != 0 {
		t.Errorf("Envoy ended with code %d", code)
	}
}
