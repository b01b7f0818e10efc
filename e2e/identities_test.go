package e2e

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
	"github.com/funcroute/funcroute/e2e/harness/scenarios"
	"github.com/funcroute/funcroute/golden"
	"github.com/funcroute/funcroute/plugins"
)

// identityConfig is an Envoy that calls one function with an identity.
func identityConfig(upstream string, identity harness.Object) harness.Config {
	config := harness.HelloConfig(upstream)
	metadata := config.Clusters()[0]["metadata"].(harness.Object)["filter_metadata"].(harness.Object)
	maps.Copy(metadata["funcroute"].(harness.Object), identity)
	return config
}

// identityStage is a stage with an upstream of its own.
func identityStage(t *testing.T, host harness.Host, oracle *counterparts.Oracle, identity harness.Object, env ...string) *scenarios.Stage {
	t.Helper()
	upstream := harness.StartUpstream(t)
	config := identityConfig(upstream.Address, identity)
	return &scenarios.Stage{Host: host, Envoy: harness.StartEnvoy(t, host, config, env...), Listener: "http", Upstream: upstream, Oracle: oracle}
}

// wantSigned sends requests and holds what arrives against a signer.
func wantSigned(t *testing.T, s *scenarios.Stage, signer func() counterparts.Signer) {
	t.Helper()
	for range 3 {
		if err := harness.WantStatus(s.Envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK); err != nil {
			t.Fatal(err)
		}
	}
	received := s.Upstream.Received()
	if len(received) != 3 {
		t.Errorf("the upstream: got %d requests, want 3", len(received))
	}
	for _, r := range received {
		harness.Report(t, s.Oracle.Problems(t, r, signer()))
	}
}

// wantUnavailable sends requests and wants them refused, with nothing sent.
func wantUnavailable(t *testing.T, s *scenarios.Stage, log ...string) {
	t.Helper()
	s.Envoy.Expect("credentials")
	s.Perform(t, &scenarios.Step{
		Request: harness.Message(t, "POST / HTTP/1.1", ""), Times: 2, Receives: &[]*golden.Message{}, Log: log,
		Error: &golden.Error{Reason: plugins.CredentialsUnavailable, Status: http.StatusServiceUnavailable},
	})
}

// roles creates what the tests assume: `partner` wants an external id and a tag, `last` wants to be assumed by `hub`.
func roles(t *testing.T, m *counterparts.Ministack) map[string]string {
	t.Helper()
	anyone := harness.Object{"AWS": "*"}
	assume := []string{"sts:AssumeRole", "sts:TagSession"}
	arns := m.CreateRoles(t,
		counterparts.Role{Name: "partner", Trust: harness.Object{"Principal": anyone, "Action": assume, "Condition": harness.Object{
			"StringEquals": harness.Object{"sts:ExternalId": "gateway-7f3a"},
		}}},
		counterparts.Role{Name: "hub", Trust: harness.Object{"Principal": anyone, "Action": assume}},
	)
	maps.Copy(arns, m.CreateRoles(t, counterparts.Role{Name: "last", Trust: harness.Object{"Principal": harness.Object{"AWS": arns["hub"]}, "Action": assume}}))
	return arns
}

// Roles are assumed at a real STS, and what leaves is signed with the last role's credentials.
func TestRoles(t *testing.T) {
	oracle, ministack := counterparts.StartOracle(t), counterparts.StartMinistack(t)
	arns := roles(t, ministack)
	cases := map[string]struct {
		identity harness.Object
		asked    []map[string]string
	}{
		"external id and tags": {
			harness.Object{"role_arn": arns["partner"], "role_external_id": "gateway-7f3a", "role_tags": []any{"team=shop", "stage=live"}, "role_duration": "900s"},
			[]map[string]string{{
				"RoleArn": arns["partner"], "ExternalId": "gateway-7f3a", "RoleSessionName": "funcroute", "DurationSeconds": "900",
				"Tags.member.1.Key": "team", "Tags.member.1.Value": "shop", "Tags.member.2.Key": "stage", "Tags.member.2.Value": "live",
			}},
		},
		"a chain": {
			harness.Object{"role_arn": arns["last"], "role_chain": []any{arns["hub"]}, "role_session_name": "gateway"},
			[]map[string]string{
				{"RoleArn": arns["hub"], "RoleSessionName": "gateway", "DurationSeconds": "3600"},
				{"RoleArn": arns["last"], "RoleSessionName": "gateway", "DurationSeconds": "3600"},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				sts := counterparts.StartSTS(t, ministack)
				identity := maps.Clone(c.identity)
				identity["sts_endpoint"] = sts.URL
				stage := identityStage(t, host, oracle, identity)
				last := func() counterparts.Signer { given := sts.Given(); return given[len(given)-1] }
				wantSigned(t, stage, last)
				asked := sts.Asked()
				if len(asked) != len(c.asked) {
					t.Fatalf("STS: asked %d times, want %d", len(asked), len(c.asked))
				}
				for i, want := range c.asked {
					for parameter, value := range want {
						if got := asked[i].Get(parameter); got != value {
							t.Errorf("STS, question %d: %s: got %q, want %q", i+1, parameter, got, value)
						}
					}
				}
			})
		})
	}
}

// A token in a file is exchanged for a role's credentials, without any others.
func TestWebIdentity(t *testing.T) {
	oracle, ministack := counterparts.StartOracle(t), counterparts.StartMinistack(t)
	arns := ministack.CreateRoles(t, counterparts.Role{Name: "workload", Trust: harness.Object{
		"Principal": harness.Object{"Federated": "arn:aws:iam::000000000000:oidc-provider/issuer.example.com"},
		"Action":    "sts:AssumeRoleWithWebIdentity",
	}})
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"none"}`)) + "." + encode([]byte(`{"iss":"https://issuer.example.com","sub":"envoy"}`)) + ".s3cr3t"
	harness.Secret(token)
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		sts := counterparts.StartSTS(t, ministack)
		identity := harness.Object{"web_identity_token_file": path, "role_arn": arns["workload"], "sts_endpoint": sts.URL}
		stage := identityStage(t, host, oracle, identity, "AWS_REGION=us-east-1")
		wantSigned(t, stage, func() counterparts.Signer { return sts.Given()[0] })
		if n := len(sts.Asked()); n != 1 {
			t.Errorf("STS: asked %d times, want once", n)
		}
	})
}

// A real Lambda takes what a role signs.
func TestARoleCallsARealFunction(t *testing.T) {
	ministack := counterparts.StartMinistack(t, counterparts.LambdaFunction{Name: "hello", Code: "e2e/testdata/functions/plain.py"})
	arns := roles(t, ministack)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		envoy := harness.StartEnvoy(t, host, identityConfig(ministack.Address, harness.Object{
			"endpoint": "http://" + ministack.Address, "sts_endpoint": "http://" + ministack.Address,
			"role_chain": []any{arns["hub"]}, "role_arn": arns["last"],
		}))
		if err := harness.WantStatus(envoy.Listener(t, "http"), "POST / HTTP/1.1", http.StatusOK); err != nil {
			t.Error(err)
		}
	})
}

// A role that the credentials may not assume is a 503; the log names it and STS's error code.
func TestRolesThatRefuse(t *testing.T) {
	ministack := counterparts.StartMinistack(t)
	arns := roles(t, ministack)
	cases := map[string]harness.Object{
		"wrong external id":             {"role_arn": arns["partner"], "role_external_id": "somebody-else"},
		"no external id":                {"role_arn": arns["partner"]},
		"not by way of the role before": {"role_arn": arns["last"]},
	}
	for name, identity := range cases {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				identity := maps.Clone(identity)
				identity["sts_endpoint"] = "http://" + ministack.Address
				stage := identityStage(t, host, nil, identity)
				wantUnavailable(t, stage, fmt.Sprintf("AWS credentials of role %s cannot be had: STS AssumeRole answers AccessDenied", identity["role_arn"]))
			})
		})
	}
}

// An STS that is not there, or that never answers, blocks no worker: requests that need it get a 503 in the end, others go
// their way.
func TestUnreachableSTS(t *testing.T) {
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(over) })
	for name, endpoint := range map[string]string{"nobody there": "http://127.0.0.1:1", "no answer": silent.URL} {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				upstream := harness.StartUpstream(t)
				config := identityConfig(upstream.Address, harness.Object{"role_arn": "arn:aws:iam::123456789012:role/caller", "sts_endpoint": endpoint})
				config.ConfigureFilter(harness.Object{"credentials_wait": "500ms"})
				addUntouchedRoute(config, upstream.Address)
				envoy := harness.StartEnvoy(t, host, config)
				envoy.Expect("credentials")
				address := envoy.Listener(t, "http")
				start := time.Now()
				answers := make(chan error, 4)
				for range 4 {
					go func() { answers <- harness.WantStatus(address, "POST / HTTP/1.1", http.StatusServiceUnavailable) }()
				}
				for range 8 {
					if err := harness.WantStatus(address, "GET /untouched HTTP/1.1", http.StatusOK); err != nil {
						t.Error(err)
					}
				}
				for range 4 {
					if err := <-answers; err != nil {
						t.Error(err)
					}
				}
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("it took %s, want a little more than credentials_wait", took)
				}
				if n := len(upstream.Received()); n != 8 {
					t.Errorf("the upstream: got %d requests, want the 8 that need no credentials", n)
				}
			})
		})
	}
}

// credentialsFile is the text of one.
func credentialsFile(profiles map[string]counterparts.Signer) string {
	var text strings.Builder
	for name, s := range profiles {
		harness.Secret(s.SecretAccessKey, s.SessionToken)
		fmt.Fprintf(&text, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n", name, s.AccessKeyID, s.SecretAccessKey)
		if s.SessionToken != "" {
			fmt.Fprintf(&text, "aws_session_token = %s\n", s.SessionToken)
		}
	}
	return text.String()
}

func signerNamed(name string) counterparts.Signer {
	return counterparts.Signer{AccessKeyID: "AKID" + name, SecretAccessKey: "s3cr3t/" + name, Region: "us-east-1", Service: "lambda"}
}

// Profiles and files say who signs, whatever is in the environment.
func TestProfiles(t *testing.T) {
	oracle := counterparts.StartOracle(t)
	shop := signerNamed("SHOP")
	shop.SessionToken = "t0k3n"
	profiles := credentialsFile(map[string]counterparts.Signer{"default": signerNamed("DEFAULT"), "shop": shop})
	cases := map[string]struct {
		identity func(path string) harness.Object
		want     counterparts.Signer
	}{
		"a file":                   {func(path string) harness.Object { return harness.Object{"credentials_file": path} }, signerNamed("DEFAULT")},
		"a file's profile":         {func(path string) harness.Object { return harness.Object{"credentials_file": path, "profile": "shop"} }, shop},
		"a shared file's profile":  {func(string) harness.Object { return harness.Object{"profile": "shop"} }, shop},
		"neither: the environment": {func(string) harness.Object { return nil }, counterparts.DefaultSigner()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
				path := filepath.Join(t.TempDir(), "credentials")
				if err := os.WriteFile(path, []byte(profiles), 0o600); err != nil {
					t.Fatal(err)
				}
				env := append(harness.AWSEnvironment(), "AWS_SHARED_CREDENTIALS_FILE="+path)
				stage := identityStage(t, host, oracle, c.identity(path), env...)
				wantSigned(t, stage, func() counterparts.Signer { return c.want })
			})
		})
	}
}

// grace is for how long a key that was replaced may be used: files are read every two seconds, and machines are busy.
const grace = 5 * time.Second

// A mounted secret that Kubernetes replaces takes effect while requests run, and none of them fails.
func TestReplacedSecret(t *testing.T) {
	oracle := counterparts.StartOracle(t)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		secret := &mountedSecret{path: t.TempDir()}
		secret.replace(t, signerNamed("ONE"))
		stage := identityStage(t, host, oracle, harness.Object{"credentials_file": secret.path})
		address := stage.Envoy.Listener(t, "http")
		stop, done := make(chan struct{}), make(chan error)
		go func() {
			for {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				if err := harness.WantStatus(address, "POST / HTTP/1.1", http.StatusOK); err != nil {
					done <- err
					return
				}
				<-time.After(2 * time.Millisecond)
			}
		}()
		signedWith := func(name string) func() error {
			return func() error {
				received := stage.Upstream.Received()
				if len(received) == 0 || !strings.Contains(received[len(received)-1].Headers.Get("authorization"), "AKID"+name) {
					return fmt.Errorf("the last of %d requests is not signed with %s", len(received), name)
				}
				return nil
			}
		}
		harness.Eventually(t, "the first key", signedWith("ONE"))
		secret.replace(t, signerNamed("TWO"))
		replaced := time.Now()
		harness.Eventually(t, "the second key", signedWith("TWO"))
		if took := time.Since(replaced); took > grace {
			t.Errorf("the old key was used for %s, want at most %s", took, grace)
		}
		<-time.After(100 * time.Millisecond)
		close(stop)
		if err := <-done; err != nil {
			t.Errorf("a request fails: %v", err)
		}
		checkSwitch(t, oracle, stage.Upstream.Received())
	})
}

// checkSwitch wants requests, which came one after the other, signed with the one key, then with the other, and never with
// the first again.
func checkSwitch(t *testing.T, oracle *counterparts.Oracle, received []harness.Received) {
	t.Helper()
	switched := false
	for i, r := range received {
		name := "ONE"
		if strings.Contains(r.Headers.Get("authorization"), "AKIDTWO") {
			name, switched = "TWO", true
		}
		if switched && name == "ONE" {
			t.Errorf("request %d of %d: signed with the old key after the new one", i+1, len(received))
		}
		if i%50 == 0 || i == len(received)-1 {
			harness.Report(t, oracle.Problems(t, r, signerNamed(name)))
		}
	}
}

// mountedSecret is a Kubernetes secret with a file per key: links through ..data, which is replaced by renaming.
type mountedSecret struct {
	path    string
	version int
}

func (m *mountedSecret) replace(t *testing.T, s counterparts.Signer) {
	t.Helper()
	m.write(t, map[string]string{"aws_access_key_id": s.AccessKeyID, "aws_secret_access_key": s.SecretAccessKey})
	harness.Secret(s.SecretAccessKey)
}

// write replaces all files.
func (m *mountedSecret) write(t *testing.T, files map[string]string) {
	t.Helper()
	old := filepath.Join(m.path, fmt.Sprint("..", m.version))
	m.version++
	folder := fmt.Sprint("..", m.version)
	steps := []error{os.Mkdir(filepath.Join(m.path, folder), 0o700)}
	for name, content := range files {
		steps = append(steps, os.WriteFile(filepath.Join(m.path, folder, name), []byte(content), 0o600))
		if m.version == 1 {
			steps = append(steps, os.Symlink(filepath.Join("..data", name), filepath.Join(m.path, name)))
		}
	}
	steps = append(steps,
		os.Symlink(folder, filepath.Join(m.path, "..data_tmp")),
		os.Rename(filepath.Join(m.path, "..data_tmp"), filepath.Join(m.path, "..data")),
		os.RemoveAll(old))
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Where this machine's clock is off, the first refusal tells, and the next request is signed by AWS's clock.
func TestClockThatIsOff(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		stage := identityStage(t, host, nil, nil)
		theirs := time.Now().Add(time.Hour).UTC()
		stage.Upstream.Script(
			harness.Message(t, "403\nx-amzn-errortype: InvalidSignatureException\ndate: "+theirs.Format(http.TimeFormat), "{}"), harness.Message(t, "200", "{}"))
		stage.Envoy.Expect("signatures follow it from now on")
		stage.Envoy.Expect("AWS answers 403 InvalidSignatureException")
		address := stage.Envoy.Listener(t, "http")
		for _, status := range []int{http.StatusBadGateway, http.StatusOK} {
			if err := harness.WantStatus(address, "POST / HTTP/1.1", status); err != nil {
				t.Error(err)
			}
		}
		received := stage.Upstream.Received()
		if len(received) != 2 {
			t.Fatalf("the upstream: got %d requests, want 2", len(received))
		}
		for i, want := range []time.Time{time.Now(), theirs} {
			got, err := time.Parse("20060102T150405Z", received[i].Headers.Get("x-amz-date"))
			if err != nil || got.Sub(want).Abs() > time.Minute {
				t.Errorf("request %d: signed for %s, want about %s", i+1, got, want.UTC())
			}
		}
	})
}
