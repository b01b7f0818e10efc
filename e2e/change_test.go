package e2e

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
)

// versions is an upstream that looks whether what arrives is of one version of its cluster and of one of its route.
type versions struct {
	*httptest.Server
	cluster, route atomic.Int64 // the highest that have been seen
	mutex          sync.Mutex
	mixed          []string
}

var calledFunction = regexp.MustCompile(`^/2015-03-31/functions/f(\d)-v(\d+)/invocations$`)

func startVersions(t testing.TB) *versions {
	t.Helper()
	v := &versions{}
	v.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := v.check(r); err != nil {
			v.mutex.Lock()
			v.mixed = append(v.mixed, err.Error())
			v.mutex.Unlock()
		}
		_, _ = fmt.Fprint(w, "{}")
	}))
	t.Cleanup(v.Close)
	return v
}

// check wants all that the cluster says to be of one version: the function's target, the region in the host and in the
// signature, the tenant; and all that the route says: the function and the client context.
func (v *versions) check(r *http.Request) error {
	called := calledFunction.FindStringSubmatch(r.URL.Path)
	if called == nil {
		return fmt.Errorf("path %s", r.URL.Path)
	}
	cluster := called[2]
	for what, pair := range map[string][2]string{
		"host":      {r.Host, "lambda.us-east-" + cluster + ".amazonaws.com"},
		"tenant":    {r.Header.Get("X-Amz-Tenant-Id"), "tenant-" + cluster},
		"signature": {strings.Split(r.Header.Get("Authorization")+"////", "/")[2], "us-east-" + cluster},
	} {
		if pair[0] != pair[1] {
			return fmt.Errorf("%s of another version of the cluster: %q, where the path has %s", what, pair[0], r.URL.Path)
		}
	}
	text, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil {
		return err
	}
	var context struct{ Version string }
	if err := json.Unmarshal(text, &context); err != nil {
		return fmt.Errorf("client context %q: %w", text, err)
	}
	route, err := strconv.Atoi(context.Version)
	if err != nil || strconv.Itoa(route%4) != called[1] {
		return fmt.Errorf("client context of version %s of the route, function %s", context.Version, called[1])
	}
	number, _ := strconv.Atoi(cluster)
	raise(&v.cluster, int64(number))
	raise(&v.route, int64(route))
	return nil
}

func raise(highest *atomic.Int64, to int64) {
	for {
		now := highest.Load()
		if now >= to || highest.CompareAndSwap(now, to) {
			return
		}
	}
}

func (d discoveryFiles) writeClusterVersion(t *testing.T, version int) {
	t.Helper()
	functions := harness.Object{}
	for i := range 4 {
		functions[fmt.Sprint("f", i)] = fmt.Sprintf("f%d-v%d", i, version)
	}
	d.replace(t, "clusters.yaml", harness.Config{"resources": []any{d.cluster(t, harness.Object{
		"funcroute": harness.Object{
			"type": "lambda", "payload": "body", "region": fmt.Sprint("us-east-", version), "tenant_id": fmt.Sprint("tenant-", version),
		},
		"funcroute.functions": functions,
	})}})
}

func (d discoveryFiles) writeRouteVersion(t *testing.T, version int) {
	t.Helper()
	d.writeRouteWith(t, harness.Object{"funcroute": harness.Object{"function": fmt.Sprint("f", version%4)}}, harness.Object{"funcroute": harness.Object{
		"client_context": fmt.Sprintf(`{"version": "%d"}`, version),
	}})
}

// While requests run, a cluster and its route change again and again. Every request is of one version of each, none fails,
// and what was made for versions that are gone does not pile up.
func TestManyUpdatesWhileRequestsRun(t *testing.T) {
	updates := 200
	if harness.Long() {
		updates = 1000
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		host = host.Faulty(t)
		upstream := startVersions(t)
		files := discoveryFiles{dir: t.TempDir(), host: host, upstream: upstream.Listener.Addr().String()}
		files.writeClusterVersion(t, 0)
		files.writeRouteVersion(t, 0)
		config := files.config()
		config.AddVitals()
		envoy := harness.StartEnvoy(t, host, config)
		address, figures := envoy.Listener(t, "http"), &harness.Figures{}
		stop := keepSending(address, figures)
		var before harness.State
		for i := 1; i <= updates/2; i++ {
			files.writeClusterVersion(t, i)
			files.writeRouteVersion(t, i)
			untilCounter(t, envoy, "cluster_manager.cds.update_success", i+1)
			untilCounter(t, envoy, "http.http.rds.routes.update_success", i+1)
			if i == 10 { // What is made once is made.
				before = envoy.State(t)
			}
		}
		harness.Eventually(t, "the last versions", func() error {
			if cluster, route := upstream.cluster.Load(), upstream.route.Load(); min(cluster, route) < int64(updates/2) {
				return fmt.Errorf("version %d of the cluster and %d of the route, want %d of both", cluster, route, updates/2)
			}
			return nil
		})
		stop()
		figures.Report(t)
		upstream.mutex.Lock()
		defer upstream.mutex.Unlock()
		if len(upstream.mixed) > 0 {
			t.Errorf("%d requests are of mixed versions, the first: %s", len(upstream.mixed), upstream.mixed[0])
		}
		untilActive(t, envoy, 0)
		// A version that is gone may cost Go that much until it is forgotten (filters/configuration), which is bounded by number and
		// time. Envoy and C code forget it at once.
		envoy.WantState(t, before, uint64(updates)*16<<10, 2<<20)
	})
}

// keepSending sends requests on kept connections until it is told to stop; each is to be answered with 200.
func keepSending(address string, figures *harness.Figures) (stop func()) {
	var senders sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		senders.Go(func() {
			request, err := harness.ParseMessage("POST / HTTP/1.1", "{}")
			if err != nil {
				figures.Note("", err)
				return
			}
			connection, err := harness.Dial(address)
			if err != nil {
				figures.Note("", err)
				return
			}
			defer func() { _ = connection.Close() }()
			for {
				select {
				case <-done:
					return
				default:
				}
				answer, err := connection.Send(request)
				if err == nil && answer.Status() != http.StatusOK {
					err = errors.New(answer.String())
				}
				figures.Note("answered right", err)
				if err != nil {
					return
				}
				<-time.After(time.Millisecond) // The updates want some of the machine too.
			}
		})
	}
	return func() {
		close(done)
		senders.Wait()
	}
}

// While requests run, listeners are replaced, with another configuration of the filter each time: the old ones drain, the
// new ones take over, and no request is lost.
func TestListenersAreReplacedWhileRequestsRun(t *testing.T) {
	const updates = 20
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		host = host.Faulty(t)
		upstream := harness.StartUpstream(t, harness.Message(t, "200\nx-upstream-delay: 10ms", "{}"))
		files := discoveryFiles{dir: t.TempDir(), host: host, upstream: upstream.Address}
		write := func(version int) harness.Config {
			config := harness.HelloConfig(upstream.Address)
			config.ConnectionManagers()[0]["server_name"] = fmt.Sprint("version-", version)
			config.ConfigureFilter(harness.Object{"credentials_wait": fmt.Sprintf("%ds", version+1)})
			return files.writeListener(t, config)
		}
		config := write(0)
		config.AddVitals()
		envoy := harness.StartEnvoy(t, host, config)
		address, figures := envoy.Listener(t, "http"), &harness.Figures{}
		before := envoy.State(t)

		var senders sync.WaitGroup
		done := make(chan struct{})
		seen := sync.Map{}
		for range 4 {
			senders.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					request, _ := harness.ParseMessage("POST / HTTP/1.1", "{}")
					answer, err := harness.Send(address, request) // Each on a connection of its own: one that waits may be closed.
					if err == nil && answer.Status() != http.StatusOK {
						err = errors.New(answer.String())
					}
					figures.Note("answered right", err)
					if err == nil {
						seen.Store(answer.Headers.Get("server"), true)
					}
				}
			})
		}
		for i := 1; i <= updates; i++ {
			write(i)
			untilCounter(t, envoy, "listener_manager.lds.update_success", i+1)
			harness.Eventually(t, "the new listener", func() error {
				if _, ok := seen.Load(fmt.Sprint("version-", i)); !ok {
					return fmt.Errorf("no answer of version %d", i)
				}
				return nil
			})
		}
		close(done)
		senders.Wait()
		figures.Report(t)
		// Once more, and nobody asks but for the state, which one worker tells: what the other has to tell Go of the streams that have
		// ended must not wait for a request.
		write(updates + 1)
		untilCounter(t, envoy, "listener_manager.lds.update_success", updates+2)
		harness.Eventually(t, "old listeners to be gone", func() error {
			if n := envoy.Gauge(t, "listener_manager.total_filter_chains_draining"); n > 0 {
				return fmt.Errorf("%d still drain", n)
			}
			return nil
		})
		envoy.WantState(t, before, 2<<20, 4<<20)
	})
}

// writeListener puts the listener of a configuration into an LDS file, and returns the configuration that reads it there.
func (d discoveryFiles) writeListener(t *testing.T, config harness.Config) harness.Config {
	t.Helper()
	adapted := d.host.Adapted(t, config)
	listener := adapted.Listeners()[0]
	listener["@type"] = "type.googleapis.com/envoy.config.listener.v3.Listener"
	d.replace(t, "listeners.yaml", harness.Config{"resources": []any{listener}})
	adapted["static_resources"].(harness.Object)["listeners"] = []any{}
	adapted["node"] = harness.Object{"id": "e2e", "cluster": "e2e"}
	adapted["dynamic_resources"] = harness.Object{"lds_config": d.source("listeners.yaml")}
	return adapted
}
