package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// endpointFaults are what credential endpoints do wrong.
var endpointFaults = map[string]http.HandlerFunc{
	"refuses": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message":"no role for you"}`, http.StatusForbidden)
	},
	"fails":                     func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oops", http.StatusInternalServerError) },
	"hangs up":                  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"talks garbage":             func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>\x00") },
	"says nothing":              func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "{}") },
	"is slow":                   func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	"gives expired credentials": nil, // See credentialServer.give.
}

// credentialServer imitates the endpoints that credentials come from. It is well until it is told otherwise.
type credentialServer struct {
	*httptest.Server
	fault atomic.Value  // the name of what is wrong, "" if nothing is
	life  time.Duration // of the credentials
	takes time.Duration
	asked atomic.Int64

	mutex  sync.Mutex
	tokens []string // of web identities, in the order in which they came
}

func (s *credentialServer) note(token string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tokens = append(s.tokens, token)
}

func (s *credentialServer) lastToken() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.tokens) == 0 {
		return ""
	}
	return s.tokens[len(s.tokens)-1]
}

func startCredentialServer(t testing.TB, fault string, life time.Duration) *credentialServer {
	t.Helper()
	harness.Secret("endpoint-s3cr3t", "endpoint-t0k3n")
	s := &credentialServer{life: life, takes: 200 * time.Millisecond}
	s.fault.Store(fault)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		_ = r.ParseForm() // It reads the body; else nobody would notice that the client has gone.
		s.note(r.PostForm.Get("WebIdentityToken"))
		fault := s.fault.Load().(string)
		if wrong := endpointFaults[fault]; wrong != nil {
			wrong(w, r)
			return
		}
		<-time.After(s.takes)
		s.give(w, r, fault == "gives expired credentials")
	}))
	t.Cleanup(s.Close)
	return s
}

// give answers as STS, as the metadata service of EC2, or as the endpoint of a container.
func (s *credentialServer) give(w http.ResponseWriter, r *http.Request, expired bool) {
	expires := time.Now().Add(s.life)
	if expired {
		expires = time.Now().Add(-time.Hour)
	}
	end := expires.UTC().Format("2006-01-02T15:04:05.000Z")
	switch {
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>`+
			`<AccessKeyId>ASIAENDPOINT</AccessKeyId><SecretAccessKey>endpoint-s3cr3t</SecretAccessKey><SessionToken>endpoint-t0k3n</SessionToken>`+
			`<Expiration>%[2]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, r.PostForm.Get("Action"), end)
	case r.Method == http.MethodPut:
		w.Header().Set("x-aws-ec2-metadata-token-ttl-seconds", "21600")
		_, _ = fmt.Fprint(w, "imds-session")
	case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
		_, _ = fmt.Fprint(w, "a-role")
	default:
		_ = json.NewEncoder(w).Encode(map[string]string{
			"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": time.Now().UTC().Format(time.RFC3339), "Expiration": end,
			"AccessKeyId": "ASIAENDPOINT", "SecretAccessKey": "endpoint-s3cr3t", "Token": "endpoint-t0k3n",
		})
	}
}

// endpointKind is a way to such an endpoint.
type endpointKind struct {
	name        string
	environment func(url string) []string
	identity    func(url string) harness.Object
}

var endpointKinds = []endpointKind{
	{
		name: "container",
		environment: func(url string) []string {
			return []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + url + "/credentials"}
		},
	},
	{
		name:        "EC2",
		environment: func(url string) []string { return []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + url} },
	},
	{
		name:        "STS",
		environment: func(string) []string { return harness.AWSEnvironment() },
		identity: func(url string) harness.Object {
			return harness.Object{"role_arn": "arn:aws:iam::123456789012:role/caller", "sts_endpoint": url}
		},
	},
}

// An endpoint that does not give credentials costs its requests a 503, at once or after credentials_wait; nothing leaves
// unsigned, other requests go on, and once the endpoint is well again so is everything.
func TestCredentialEndpointsThatFail(t *testing.T) {
	oracle := counterparts.StartOracle(t)
	for i, host := range harness.Hosts() {
		if why := host.Absence(t, nil); why != "" {
			t.Run(host.Name+": "+why, func(*testing.T) {})
			continue
		}
		for j, kind := range endpointKinds {
			wrong := slices.Sorted(maps.Keys(endpointFaults))
			if i+j > 0 && !harness.Long() { // It is one library: all of it once, and some of it everywhere.
				wrong = slices.DeleteFunc(wrong, func(fault string) bool { return fault == "never answers" }) // It takes 10 seconds.
				wrong = append(wrong, wrong...)[i+j : i+j+2]
			}
			t.Run(host.Name+" "+kind.name, func(t *testing.T) {
				t.Parallel()
				checkEndpoint(t, host.Faulty(t), kind, wrong, oracle)
			})
		}
	}
}

// checkEndpoint lets an endpoint do all that is wrong, one after the other, and then be well.
func checkEndpoint(t *testing.T, host harness.Host, kind endpointKind, wrong []string, oracle *counterparts.Oracle) {
	server, upstream := startCredentialServer(t, wrong[0], time.Hour), harness.StartUpstream(t)
	var identity harness.Object
	if kind.identity != nil {
		identity = kind.identity(server.URL)
	}
	config := identityConfig(upstream.Address, identity)
	config.ConfigureFilter(harness.Object{"credentials_wait": "100ms"})
	addUntouchedRoute(config, upstream.Address)
	config.AddVitals()
	envoy := harness.StartEnvoy(t, host, config, kind.environment(server.URL)...)
	envoy.Expect("credentials")
	address, figures := envoy.Listener(t, "http"), &harness.Figures{}
	before := envoy.State(t)
	want := func(path string, status int) {
		answer, err := harness.Send(address, harness.Message(t, "POST "+path+" HTTP/1.1", ""))
		if err != nil || answer.Status() != status {
			err = fmt.Errorf("the endpoint %s, %s: got %v, %w, want %d", server.fault.Load(), path, answer, err, status)
		}
		figures.Note(fmt.Sprint("answered ", status), err)
	}
	for _, fault := range wrong {
		server.fault.Store(fault)
		asked, sent := server.asked.Load(), figures.Sent()
		// The endpoint is asked again a second after the last failure.
		harness.Eventually(t, "the endpoint being asked while it "+fault, func() error {
			want("/", http.StatusServiceUnavailable)
			want("/untouched", http.StatusOK)
			if server.asked.Load() == asked {
				return fmt.Errorf("not asked in the course of %d requests", figures.Sent()-sent)
			}
			return nil
		})
		want("/", http.StatusServiceUnavailable)
	}
	for _, received := range upstream.Received() {
		if received.Headers.Get(":path") != "/untouched" {
			t.Errorf("the upstream got %s without credentials", received.Headers.Get(":path"))
		}
	}
	server.fault.Store("") // Well but slow: the first requests do not wait for so long.
	want("/", http.StatusServiceUnavailable)
	harness.Eventually(t, "recovery", func() error { return harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK) })
	for range 5 {
		want("/", http.StatusOK)
	}
	figures.Report(t)
	signer := counterparts.Signer{
		AccessKeyID: "ASIAENDPOINT", SecretAccessKey: "endpoint-s3cr3t", SessionToken: "endpoint-t0k3n",
		Region: "us-east-1", Service: "lambda",
	}
	received := upstream.Received()
	harness.Report(t, oracle.Problems(t, received[len(received)-1], signer))
	envoy.WantState(t, before, 4<<20, 4<<20)
}

// Credentials that end while their endpoint is down: they serve until their end, then there are none, then new ones.
func TestCredentialsThatExpire(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		t.Parallel() // It takes some seconds, in which nothing happens.
		server, upstream := startCredentialServer(t, "", 3*time.Second), harness.StartUpstream(t)
		// The SDK hands on the end that STS gives as it is.
		sts := endpointKinds[2]
		config := identityConfig(upstream.Address, sts.identity(server.URL))
		config.ConfigureFilter(harness.Object{"credentials_wait": "1s"})
		envoy := harness.StartEnvoy(t, host, config, sts.environment(server.URL)...)
		envoy.Expect("credentials")
		address, figures := envoy.Listener(t, "http"), &harness.Figures{}
		// phase sends requests until f holds; each must have one of the statuses.
		phase := func(what string, f func(last int) bool, statuses ...int) {
			t.Helper()
			harness.Eventually(t, what, func() error {
				answer, err := harness.Send(address, harness.Message(t, "POST / HTTP/1.1", ""))
				if err != nil {
					figures.Note(what, err)
					return nil
				}
				for _, status := range statuses {
					if answer.Status() == status {
						figures.Note(fmt.Sprintf("%s: %d", what, status), nil)
						if f(status) {
							return nil
						}
						return fmt.Errorf("still %d", status)
					}
				}
				figures.Note(what, fmt.Errorf("got %s, want %v", answer, statuses))
				return nil
			})
		}
		is := func(want int) func(int) bool { return func(last int) bool { return last == want } }
		asked := int64(0)
		phase("well", func(int) bool { asked = server.asked.Load(); return asked > 1 }, http.StatusOK) // Renewed once, ahead of time.
		server.fault.Store("fails")
		phase("down", is(http.StatusServiceUnavailable), http.StatusOK, http.StatusServiceUnavailable)
		if server.asked.Load() == asked {
			t.Error("the credentials ended without an attempt to renew them")
		}
		server.fault.Store("")
		phase("recovering", is(http.StatusOK), http.StatusOK, http.StatusServiceUnavailable)
		phase("well again", func(int) bool { return server.asked.Load() > asked+5 }, http.StatusOK)
		figures.Report(t)
	})
}
