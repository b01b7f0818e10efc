package soak

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// smoke is how long the soak lasts as one test among others.
const smoke = 30 * time.Second

// fullRate is how many requests per second each Envoy gets at most, unless $SOAK_RATE says otherwise.
const fullRate = 1600

// asked is what the environment asks for: for how long, and how many requests per second at most.
func asked(t *testing.T) (lasts time.Duration, rate int) {
	t.Helper()
	lasts, rate = smoke, fullRate
	var err error
	if given := os.Getenv("SOAK"); given != "" {
		if lasts, err = time.ParseDuration(given); err != nil || lasts < smoke {
			t.Fatalf("SOAK must be a duration of at least %s like 10m, not %q", smoke, given)
		}
	}
	if given := os.Getenv("SOAK_RATE"); given != "" {
		if rate, err = strconv.Atoi(given); err != nil || rate < 1 || rate > fullRate {
			t.Fatalf("SOAK_RATE must be a number of requests per second from 1 to %d, not %q", fullRate, given)
		}
	}
	return lasts, rate
}

// TestSoak runs traffic and faults through all hosts at once, for as long as $SOAK says.
func TestSoak(t *testing.T) {
	lasts, rate := asked(t)
	oracle := counterparts.StartOracle(t)
	var stages []*stage
	for _, host := range harness.Hosts() {
		// With the filter that shows goroutines and the heap, which nobody can see from outside.
		stages = append(stages, begin(t, host.Faulty(t), oracle, rate))
	}
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	results := make([]*result, len(stages))
	var all sync.WaitGroup
	for i, s := range stages {
		all.Go(func() { results[i] = s.run(ctx, t, lasts) })
	}
	all.Wait()
	for _, r := range results {
		for _, problem := range r.problems(lasts) {
			t.Errorf("%s: %s", r.host, problem)
		}
	}
	text := report(results, lasts, rate, time.Now())
	t.Log(text)
	if dir := os.Getenv("SOAK_RESULTS"); dir != "" {
		write(t, filepath.Join(dir, "RESULTS.md"), text)
		write(t, filepath.Join(dir, "soak.svg"), plot(results))
		write(t, filepath.Join(dir, "samples.csv"), table(results))
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stage is one Envoy with all that it has to do with.
type stage struct {
	host    harness.Host
	envoy   *harness.Envoy
	files   *files
	weather *weather
	clients *clients
}

func begin(t *testing.T, host harness.Host, oracle *counterparts.Oracle, rate int) *stage {
	t.Helper()
	s := &stage{host: host, weather: startWeather(t)}
	up := startUpstream(t, s.weather, oracle)
	s.files = &files{t: t, dir: t.TempDir(), host: host, upstream: up.address()}
	s.files.update()
	s.envoy = harness.StartEnvoy(t, host, s.files.config(), s.weather.environment()...)
	for _, expected := range []string{`AWS answers`, `credentials`} {
		s.envoy.Expect(expected)
	}
	s.clients = newClients(s.envoy.Listener(t, "http"), up, crowd*time.Second/time.Duration(rate))
	return s
}

// crowd is how many clients there are at once.
const crowd = 16

func (s *stage) run(ctx context.Context, t *testing.T, lasts time.Duration) *result {
	var others, senders sync.WaitGroup
	others.Go(func() { s.weather.change(ctx) })
	others.Go(func() { s.files.change(ctx) })
	others.Go(func() { s.clients.samples.take(ctx, t, s.envoy, max(lasts/200, time.Second)) })
	for id := range crowd {
		senders.Go(func() { s.clients.run(ctx, id) })
	}
	senders.Wait()
	others.Wait()
	r := &result{host: s.host.Name, clients: s.clients, up: s.clients.upstream, updates: s.files.updates, alive: s.envoy.Running()}
	if r.alive == nil {
		harness.Eventually(t, "requests in hand", func() error {
			if r.active = s.envoy.Gauge(t, "http.http.downstream_rq_active"); r.active > 0 {
				return fmt.Errorf("there are %d", r.active)
			}
			return nil
		})
	}
	return r
}

// A plot has a line for each series in each chart, and nothing in it can break out of its text.
func TestPlot(t *testing.T) {
	charts := []chart{
		{"a & b", []series{{"<x>", []point{{0, 1}, {10, 230}}}, {"y", []point{{0, 0}}}}},
		{"none", []series{{"<x>", nil}, {"y", nil}}},
	}
	got := svg(charts)
	for _, want := range []string{"a &amp; b", "&lt;x&gt;", ">250<", "M60.0 ", "0:10"} {
		if !strings.Contains(got, want) {
			t.Errorf("plot: got %s, want it to hold %q", got, want)
		}
	}
	if n := strings.Count(got, "<path "); n != 4 {
		t.Errorf("plot: got %d lines, want 4", n)
	}
	if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
		t.Errorf("plot: got %s, want numbers alone", got)
	}
}
