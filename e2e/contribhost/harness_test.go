package contribhost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

var builtDir string

// built is the folder of libcontribhost.so and libprobe.so, made once per run.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "contribhost")
	if err != nil {
		return "", err
	}
	builtDir = dir
	abi, err := moduleDir("github.com/envoyproxy/envoy/source/extensions/dynamic_modules")
	if err != nil {
		return "", err
	}
	envoy, err := moduleDir("github.com/envoyproxy/envoy")
	if err != nil {
		return "", err
	}
	sources, err := filepath.Glob("host/*.c")
	if err != nil {
		return "", err
	}
	args := append([]string{
		"-shared", "-fPIC", "-O1", "-g", "-Wall", "-Wextra", "-Werror",
		"-I", filepath.Join(abi, "abi"), "-I", filepath.Join(envoy, "contrib/golang/common/go/api"),
		"-o", filepath.Join(dir, "libcontribhost.so"),
	}, sources...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("gcc: %w\n%s", err, out)
	}
	if out, err := exec.Command("go", "build", "-buildmode=c-shared", "-o", filepath.Join(dir, "libprobe.so"),
		"./probe").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return dir, nil
})

func moduleDir(module string) (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("go list -m %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if builtDir != "" {
		_ = os.RemoveAll(builtDir)
	}
	os.Exit(code)
}

// arrived is what the upstream got of one request.
type arrived struct {
	Upstream, Method, Path, Body string
	Header, Trailer              http.Header
}

// answer is what the client tells the upstream to answer, in the header x-answer.
type answer struct {
	Status  int
	Body    []string // written and flushed one by one, when there are several
	Repeat  int      // how often, once when 0
	Trailer map[string]string
}

type upstream struct {
	mu   sync.Mutex
	seen map[string]arrived // by x-id
}

func (u *upstream) start(t *testing.T, name string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		u.mu.Lock()
		u.seen[r.Header.Get("x-id")] = arrived{name, r.Method, r.URL.RequestURI(), string(body), r.Header, r.Trailer}
		u.mu.Unlock()
		a := answer{Status: 200, Body: []string{"hello"}}
		if text := r.Header.Get("x-answer"); text != "" {
			a = answer{Status: 200}
			if err := json.Unmarshal([]byte(text), &a); err != nil {
				a = answer{Status: 400, Body: []string{err.Error()}}
			}
		}
		w.Header().Set("x-upstream", name)
		w.WriteHeader(a.Status)
		for _, chunk := range slices.Repeat(a.Body, max(a.Repeat, 1)) {
			_, _ = io.WriteString(w, chunk)
			if len(a.Body) > 1 || a.Trailer != nil {
				w.(http.Flusher).Flush()
			}
		}
		for k, v := range a.Trailer {
			w.Header().Set(http.TrailerPrefix+k, v)
		}
	}))
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func (u *upstream) of(id string) (arrived, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, ok := u.seen[id]
	return a, ok
}

// host is a running Envoy.
type host struct {
	t        *testing.T
	process  *harness.Process
	modules  string
	work     string
	admin    string
	listener string
	access   string
	upstream *upstream
	http1    *http.Client
	http2    *http.Client
	// allowed are the error lines a test has provoked.
	mu      sync.Mutex
	allowed []*regexp.Regexp
}

// prepare starts the upstreams and builds what there is to build.
func prepare(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, upstream: &upstream{seen: map[string]arrived{}}, work: t.TempDir()}
	var err error
	if h.modules, err = built(); err != nil {
		t.Fatal(err)
	}
	h.http1 = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	h2 := &http.Transport{Protocols: new(http.Protocols)}
	h2.Protocols.SetUnencryptedHTTP2(true)
	h.http2 = &http.Client{Transport: h2}
	h.access = filepath.Join(h.work, "access.log")
	return h
}

// launch runs Envoy with a bootstrap, without waiting for it.
func (h *host) launch(concurrency int, bootstrap string) {
	h.t.Helper()
	config := strings.NewReplacer("{{probe}}", filepath.Join(h.modules, "libprobe.so"), "{{host}}", filepath.Join(h.modules, "libcontribhost.so"),
		"{{access}}", h.access, "{{main}}", endpoint(h.upstream.start(h.t, "main")), "{{other}}", endpoint(h.upstream.start(h.t, "other"))).Replace(bootstrap)
	file := filepath.Join(h.work, "envoy.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		h.t.Fatal(err)
	}
	env := []string{"ENVOY_DYNAMIC_MODULES_SEARCH_PATH=" + h.modules, "HOME=" + h.work, "TMPDIR=" + h.work}
	h.process = harness.StartProcess(h.t, "envoy", env, harness.EnvoyBinary(h.t), "-c", file, "--use-dynamic-base-id",
		"--log-level", "info", "--concurrency", fmt.Sprint(concurrency), "--admin-address-path", filepath.Join(h.work, "admin"),
		"--drain-time-s", "1")
}

// logText is what Envoy and the library have written.
func (h *host) logText() string { return h.process.Output.String() + h.process.Errors.String() }

// start runs Envoy and waits until it is ready.
func start(t *testing.T, concurrency int) *host {
	t.Helper()
	h := prepare(t)
	h.launch(concurrency, bootstrap)
	t.Cleanup(h.stop)
	h.ready()
	return h
}

func endpoint(address string) string {
	name, port, _ := net.SplitHostPort(address)
	return fmt.Sprintf("{ address: %s, port_value: %s }", name, port)
}

func (h *host) ready() {
	h.t.Helper()
	h.poll("Envoy to be ready", func() bool {
		address, err := os.ReadFile(filepath.Join(h.work, "admin"))
		if err != nil {
			return false
		}
		h.admin = "http://" + string(address)
		response, err := http.Get(h.admin + "/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == 200
	})
	h.listener = strings.TrimPrefix(strings.TrimSpace(h.get(h.admin+"/listeners")), "main::")
}

// poll waits for something that an Envoy does that runs.
func (h *host) poll(what string, done func() bool) {
	h.t.Helper()
	harness.Eventually(h.t, what, func() error {
		if err := h.process.Running(); err != nil {
			h.t.Fatalf("%v while the test waited for %s", err, what)
		}
		if !done() {
			return errors.New("not yet")
		}
		return nil
	})
}

func (h *host) get(url string) string {
	h.t.Helper()
	response, err := http.Get(url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(body)
}

func (h *host) allow(patterns ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range patterns {
		h.allowed = append(h.allowed, regexp.MustCompile(p))
	}
}

var troubling = regexp.MustCompile(`\]\[(error|critical)\]|assert failure|Caught |panic:|fatal error:|SIG(SEGV|ABRT)`)

// stop ends Envoy and fails the test if it had died before or logged an error nobody had provoked.
func (h *host) stop() {
	if err := h.process.Running(); err != nil {
		h.t.Error(err)
		return
	}
	h.process.Stop()
	if code := h.process.ExitCode(); code != 0 {
		h.t.Errorf("Envoy's exit code: got %d, want 0", code)
	}
	for line := range strings.Lines(h.logText()) {
		allowed := slices.ContainsFunc(h.allowed, func(r *regexp.Regexp) bool { return r.MatchString(line) })
		if troubling.MatchString(line) && !allowed {
			h.t.Errorf("unexpected in Envoy's log: %s", line)
		}
	}
}

var ids atomic.Int64

// call is one request of a test; zero fields have plain defaults.
type call struct {
	method, path string
	header       map[string]string
	body         []string // sent one by one, so that Envoy sees frames; nil is no body
	trailer      map[string]string
	script       string // the header x-probe
	answer       string // the header x-answer
	http1        bool
	id           string
}

type result struct {
	status        int
	header        http.Header
	body, trailer string
	journal       []string
	arrived       arrived
	reached       bool
}

func (h *host) request(ctx context.Context, c *call) (*http.Request, error) {
	if c.id == "" {
		c.id = fmt.Sprint(ids.Add(1))
	}
	var body io.Reader
	if c.body != nil {
		reader, writer := io.Pipe()
		go func() {
			for _, chunk := range c.body {
				_, _ = io.WriteString(writer, chunk)
			}
			writer.Close()
		}()
		body = reader
	}
	method := c.method
	if method == "" {
		method = map[bool]string{true: http.MethodPost, false: http.MethodGet}[c.body != nil]
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+h.listener+"/"+c.path, body)
	if err != nil {
		return nil, err
	}
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	r.Header.Set("x-id", c.id)
	if c.script != "" {
		r.Header.Set("x-probe", strings.Join(strings.Fields(c.script), " "))
	}
	if c.answer != "" {
		r.Header.Set("x-answer", c.answer)
	}
	for k, v := range c.trailer {
		if r.Trailer == nil {
			r.Trailer = http.Header{}
		}
		r.Trailer.Set(k, v)
	}
	return r, nil
}

// do sends the request and returns when the plugin has seen its end.
func (h *host) do(t *testing.T, c call) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := h.try(ctx, &c)
	if err != nil {
		t.Fatal(err)
	}
	got.journal = h.journal(t, c.id)
	got.arrived, got.reached = h.upstream.of(c.id)
	return got
}

func (h *host) try(ctx context.Context, c *call) (result, error) {
	r, err := h.request(ctx, c)
	if err != nil {
		return result{}, err
	}
	client := h.http2
	if c.http1 {
		client = h.http1
	}
	response, err := client.Do(r)
	if err != nil {
		return result{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return result{}, err
	}
	var trailer []string
	for k := range response.Trailer {
		trailer = append(trailer, strings.ToLower(k)+"="+response.Trailer.Get(k))
	}
	slices.Sort(trailer)
	return result{
		status: response.StatusCode, header: response.Header, body: string(body),
		trailer: strings.Join(trailer, " "),
	}, nil
}

// journal waits for OnDestroy, the plugin's last callback of a stream.
func (h *host) journal(t *testing.T, id string) []string {
	t.Helper()
	var lines []string
	h.poll("OnDestroy of request "+id, func() bool {
		lines = h.journalNow(t, id)
		return slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "OnDestroy") })
	})
	return lines
}

func (h *host) journalNow(t *testing.T, id string) []string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.listener+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-journal", id)
	response, err := h.http1.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var lines []string
	var buffer bytes.Buffer
	if err := json.NewDecoder(io.TeeReader(response.Body, &buffer)).Decode(&lines); err != nil {
		t.Fatalf("journal %q: %v", buffer.String(), err)
	}
	return lines
}
