package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// panicCase is one place where our code, or a plugin's, panics. Status 0 is an answer that is broken off.
type panicCase struct {
	at      string
	status  int
	counter string // grows by one per request
	logged  string // the frame in the stack; "" for no stack
}

var pluginPanics = []panicCase{
	{at: "new-upstream", status: 500, counter: "internal_error", logged: "panics.panics.NewUpstream"},
	{at: "new-function", status: 500, counter: "internal_error", logged: "panics.upstream.NewFunction"},
	{at: "plan", status: 500, counter: "internal_error", logged: "Plan"},
	{at: "ready", status: 500, counter: "internal_error", logged: "Ready"},
	{at: "await", status: 500, counter: "internal_error", logged: "Await"},
	{at: "goroutine", status: 503, counter: "credentials_unavailable", logged: "Await.func"},
	{at: "stop", status: 503, counter: "credentials_unavailable", logged: "Await.func"},
	{at: "fetch", status: 503, counter: "credentials_unavailable", logged: "NewFunction.func1"},
	{at: "request", status: 500, counter: "internal_error", logged: "Request"},
	{at: "headers", status: 500, counter: "internal_error", logged: "Headers"},
	{at: "body", status: 500, counter: "internal_error", logged: "Body"},
	{at: "stream", status: 500, counter: "internal_error", logged: "Stream"},
	{at: "decode", status: 500, counter: "internal_error", logged: "Decode"},
	{at: "late", status: 0, counter: "internal_error", logged: "Decode"},
}

// A function type that panics, wherever it does, fails that request and nothing else.
func TestPanicsOfFunctionTypes(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartPieces(t)
		config := harness.NewConfig()
		var routes []any
		add := func(name string, metadata harness.Object) {
			config.AddCluster(upstream, harness.Object{"name": name, "metadata": harness.Object{"filter_metadata": harness.Object{
				"funcroute": metadata, "funcroute.functions": harness.Object{"f": "f"},
			}}})
			routes = append(routes, harness.Object{
				"match": harness.Object{"path": "/" + name}, "route": harness.Object{"cluster": name},
				"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "f"}}},
			})
		}
		add("nowhere", harness.Object{"type": "panics", "at": "nowhere"})
		add("settings", harness.Object{"type": "speechless", "at": "settings"})
		for _, c := range pluginPanics {
			add(c.at, harness.Object{"type": "panics", "at": c.at})
		}
		config.AddListener("http", routes, nil, harness.Object{"delayed_close_timeout": "0s"})
		config.ConfigureFilter(harness.Object{"credentials_wait": "100ms"})
		envoy := harness.StartEnvoy(t, host.Faulty(t), config, "FUNCROUTE_SPEECHLESS=yes")
		envoy.Expect("panic")
		checkPanics(t, envoy, pluginPanics, func(c panicCase) *plugintest.Message {
			return harness.Message(t, "POST /"+c.at+" HTTP/1.1", "body")
		}, harness.Message(t, "POST /nowhere HTTP/1.1", "body"))

		t.Run("settings", func(t *testing.T) {
			envoy.Expect(`type "speechless": is broken`)
			wantProblem(t, envoy, harness.Message(t, "POST /settings HTTP/1.1", ""), http.StatusInternalServerError)
			checkLoggedOnce(t, envoy, []string{`panics\.speechless\.Settings`, `type "speechless": is broken`})
		})
		t.Run("the client goes away before the wait ends", func(t *testing.T) {
			goAwayFrom(t, envoy, harness.Message(t, "POST /stop HTTP/1.1", "body"))
			if err := envoy.Running(); err != nil {
				t.Fatal(err)
			}
		})
	})
}

var filterPanics = []panicCase{
	{at: "request-headers", status: 500},
	{at: "recovered", status: 500},
	{at: "request-body", status: 500},
	{at: "resume", status: 500},
	{at: "answer-headers", status: 500},
	{at: "answer-body", status: 500},
	{at: "answer-piece", status: 500},
	{at: "late-piece", status: 0},
	{at: "destroy", status: 200, counter: "internal_error", logged: "filterStream).Destroy"},
}

// panicsConfig is an Envoy whose filter `panics` panics at a place.
func panicsConfig(upstream, at string) harness.Config {
	config := harness.HelloConfig(upstream)
	config.ConnectionManagers()[0]["delayed_close_timeout"] = "0s" // Else an answer that is broken off ends a second later.
	filter := harness.Clone(harness.FunctionsFilter()).(harness.Object)
	filter["name"] = "panics"
	filter["typed_config"].(harness.Object)["filter_name"] = "panics"
	filter["typed_config"].(harness.Object)["filter_config"] = harness.AsStruct(harness.Object{"at": at})
	for _, manager := range config.ConnectionManagers() {
		manager["http_filters"] = append([]any{filter}, manager["http_filters"].([]any)...)
	}
	return config
}

// So does a filter.
func TestPanicsOfFilters(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartPieces(t)
		envoy := harness.StartEnvoy(t, host.Faulty(t), panicsConfig(upstream, "nowhere"))
		envoy.Expect("panic")
		checkPanics(t, envoy, filterPanics, func(c panicCase) *plugintest.Message {
			return harness.Message(t, "POST / HTTP/1.1\nx-panic: "+c.at, "body")
		}, harness.Message(t, "POST / HTTP/1.1", "body"))

		t.Run("new-stream", func(t *testing.T) {
			envoy := harness.StartEnvoy(t, host.Faulty(t), panicsConfig(upstream, "new-stream"))
			envoy.Expect("panic")
			for range 3 {
				wantProblem(t, envoy, harness.Message(t, "POST / HTTP/1.1", "body"), http.StatusInternalServerError)
			}
			if got := envoy.Counter(t, "funcroute.errors.internal_error"); got != 3 {
				t.Errorf("errors.internal_error = %d, want 3", got)
			}
			checkLoggedOnce(t, envoy, []string{`config\.NewStream`})
		})
		t.Run("new-config", func(t *testing.T) {
			said := harness.Refused(t, host.Faulty(t), panicsConfig(upstream, "new-config"))
			if !strings.Contains(said, "panic") {
				t.Errorf("Envoy says %q, want that there was a panic", said)
			}
		})
		t.Run("new-route-config", func(t *testing.T) {
			config := panicsConfig(upstream, "nowhere")
			routes := harness.Objects(config.ConnectionManagers()[0], "route_config", "virtual_hosts")[0]["routes"].([]any)
			routes[0].(harness.Object)["typed_per_filter_config"] = harness.Object{"panics": harness.Object{
				"@type":                 harness.DynamicModulePerRoute,
				"dynamic_module_config": harness.Object{"name": "funcroute", "do_not_close": true},
				"filter_config":         harness.AsStruct(harness.Object{"at": "new-route-config"}), "filter_name": "panics",
			}}
			if host.Can(harness.StrictRoutes) {
				if said := harness.Refused(t, host.Faulty(t), config); !strings.Contains(said, "panic") {
					t.Errorf("Envoy says %q, want that there was a panic", said)
				}
				return
			}
			envoy := harness.StartEnvoy(t, host.Faulty(t), config)
			if _, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "POST / HTTP/1.1", "body")); err != nil {
				t.Error(err)
			}
		})
		t.Run("new-config in an update", func(t *testing.T) { checkRefusedUpdate(t, host.Faulty(t), upstream) })
	})
}

// checkRefusedUpdate has a filter panic in a listener's new version: it is refused and the old one serves on.
func checkRefusedUpdate(t *testing.T, host harness.Host, upstream string) {
	t.Helper()
	if host.Can(harness.UpstreamFilter) {
		return // There it is the cluster that would be replaced.
	}
	files := discoveryFiles{dir: t.TempDir(), host: host, upstream: upstream}
	config := files.writeListener(t, panicsConfig(upstream, "nowhere"))
	envoy := harness.StartEnvoy(t, host, config)
	envoy.Expect("panic|rejected|failed to parse plugin config")
	files.writeListener(t, panicsConfig(upstream, "new-config"))
	untilCounter(t, envoy, "listener_manager.lds.update_rejected", 1)
	wantProblem(t, envoy, harness.Message(t, "POST / HTTP/1.1", "body"), http.StatusOK)
}

// checkPanics has each case happen several times, with a good request after each.
func checkPanics(t *testing.T, envoy *harness.Envoy, cases []panicCase, request func(panicCase) *plugintest.Message, good *plugintest.Message) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.at, func(t *testing.T) {
			const times = 3
			before, logged := envoy.Counter(t, "funcroute.errors."+c.counter), len(envoy.Errors.Lines())
			for range times {
				wantProblem(t, envoy, request(c), c.status)
				answer, err := harness.Send(envoy.Listener(t, "http"), good)
				if err != nil || answer.Status() != http.StatusOK {
					t.Fatalf("the next request: %v, %v, want status 200", answer, err)
				}
			}
			if c.counter != "" {
				if got := envoy.Counter(t, "funcroute.errors."+c.counter) - before; got != times {
					t.Errorf("errors.%s grows by %d, want %d", c.counter, got, times)
				}
			}
			text := strings.Join(envoy.Errors.Lines()[logged:], "\n")
			if n := len(regexp.MustCompile(`(?m)panic: `).FindAllString(text, -1)); c.logged != "" && n != 1 {
				t.Errorf("log: %d panics told, want 1 for %d requests:\n%s", n, times, text)
			}
			if !strings.Contains(text, c.logged) {
				t.Errorf("log: no %q in\n%s", c.logged, text)
			}
		})
	}
	if log := envoy.Errors.String(); strings.Contains(log, "s3cr3t of") {
		t.Error("log: the value of a panic stands in it")
	}
}

// wantProblem wants an error's answer: with nothing in it but what we say, or none at all, which is status 0.
func wantProblem(t *testing.T, envoy *harness.Envoy, request *plugintest.Message, status int) {
	t.Helper()
	answer, err := harness.Send(envoy.Listener(t, "http"), request)
	switch {
	case status == 0 && err == nil:
		t.Errorf("answer = %s, want it to be broken off", answer)
	case status == 0:
	case err != nil:
		t.Errorf("error = %v, want status %d", err, status)
	case answer.Status() != status:
		t.Errorf("answer = %s, want status %d", answer, status)
	case strings.Contains(fmt.Sprint(answer), "s3cr3t"):
		t.Errorf("answer = %s, want no word of the panic", answer)
	}
}
