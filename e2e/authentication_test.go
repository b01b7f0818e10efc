package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
	"github.com/funcroute/funcroute/e2e/harness/counterparts"
)

// httpConfig has one route, to a function of the type http with these settings.
func httpConfig(upstream string, settings, route harness.Object) harness.Config {
	config := harness.NewConfig()
	metadata := harness.Object{"type": "http"}
	for name, value := range settings {
		metadata[name] = value
	}
	config.AddCluster(upstream, harness.Object{"name": "functions", "metadata": harness.Object{"filter_metadata": harness.Object{
		"funcroute": metadata, "funcroute.functions": harness.Object{"f": "https://hello.example.com/called"},
	}}})
	action := harness.Object{"cluster": "functions"}
	for name, value := range route {
		action[name] = value
	}
	config.AddListener("http", []any{harness.Object{
		"match": harness.Object{"prefix": "/"}, "route": action,
		"metadata": harness.Object{"filter_metadata": harness.Object{"funcroute": harness.Object{"function": "f"}}},
	}}, nil, nil)
	return config
}

// secretReference puts a secret into a file and returns the reference to it.
func secretReference(t *testing.T, text string) (reference string) {
	t.Helper()
	harness.Secret(text)
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "file:" + path
}

func oauth2Settings(server *counterparts.OAuth2, secret string) harness.Object {
	return harness.Object{
		"auth": "oauth2", "token_url": server.TokenURL(), "client_id": "envoy", "client_secret": secret, "scopes": []any{"read", "write"},
	}
}

// Many requests at once have one token fetched, each leaves with it, and none with what its client says of itself.
func TestOAuth2(t *testing.T) {
	server := counterparts.StartOAuth2(t)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		upstream := harness.StartUpstream(t)
		before := len(server.Asked())
		envoy := harness.StartEnvoy(t, host, httpConfig(upstream.Address, oauth2Settings(server, secretReference(t, "cl1ent-s3cret")), nil))
		const requests = 50
		var done sync.WaitGroup
		for range requests {
			done.Go(func() {
				answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "GET /?a=1 HTTP/1.1\nauthorization: Bearer of-the-client", ""))
				if err != nil || answer.Status() != http.StatusOK {
					t.Errorf("got %s, %v, want status 200", answer, err)
				}
			})
		}
		done.Wait()
		received := upstream.Received()
		if len(received) != requests {
			t.Fatalf("the upstream: got %d requests, want %d", len(received), requests)
		}
		for _, r := range received {
			claims, err := server.Verify(r.Headers.Get("authorization"))
			if err != nil || claims["scope"] != "read write" || len(r.Headers.Values("authorization")) != 1 || r.Headers.Get(":path") != "/called?a=1" {
				t.Errorf("the upstream: got %v, with the claims %v, %v", r.Headers.List(), claims, err)
			}
		}
		asked := server.Asked()[before:]
		if len(asked) != 1 {
			t.Fatalf("the token endpoint was asked %d times, want once", len(asked))
		}
		if q := asked[0]; q.Query != "" || q.Form.Get("client_secret") != "" || !strings.HasPrefix(q.Authorization, "Basic ") {
			t.Errorf("the token endpoint was asked %+v, want the secret in the header alone", q)
		}
		if got := envoy.Counter(t, "funcroute.tokens.oauth2.refreshed"); got != 1 {
			t.Errorf("counted %d tokens, want 1", got)
		}
	})
}

// An upstream that takes a token no more has it fetched anew once, and calls go on.
func TestATokenThatIsRevoked(t *testing.T) {
	server := counterparts.StartOAuth2(t)
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		t.Parallel() // A token is not refused before it is ten seconds old.
		upstream := startRevoking(t)
		envoy := harness.StartEnvoy(t, host, httpConfig(upstream.address, oauth2Settings(server, secretReference(t, "cl1ent-s3cret")), nil))
		envoy.Expect("the upstream answers 401")
		if err := harness.WantStatus(envoy.Listener(t, "http"), "GET / HTTP/1.1", http.StatusOK); err != nil {
			t.Fatal(err)
		}
		upstream.revoke()
		refused := 0
		harness.Eventually(t, "another token", func() error {
			answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "GET / HTTP/1.1", ""))
			if err != nil {
				return err
			}
			if answer.Status() == http.StatusBadGateway && answer.Headers.Get("www-authenticate") == "" {
				refused++
				return errors.New("the old token is still used")
			}
			if answer.Status() != http.StatusOK {
				t.Errorf("got %s, want 200 or 502", answer)
			}
			return nil
		})
		if tokens := upstream.tokens(); refused == 0 || tokens != 2 {
			t.Errorf("the upstream was shown %d tokens and refused %d calls, want two tokens and a refusal", tokens, refused)
		}
	})
}

// Without a token nothing leaves, and when the endpoint is there again calls do.
func TestATokenEndpointThatIsDown(t *testing.T) {
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		server, upstream := counterparts.StartOAuth2(t), harness.StartUpstream(t)
		server.Down(http.StatusServiceUnavailable)
		envoy := harness.StartEnvoy(t, host, httpConfig(upstream.Address, oauth2Settings(server, secretReference(t, "cl1ent-s3cret")), nil))
		envoy.Expect(`tokens of client envoy from http://127\.0\.0\.1:\d+/token cannot be had: http://127\.0\.0\.1:\d+/token answers 503`)
		for range 20 {
			wantProblem(t, envoy, harness.Message(t, "GET / HTTP/1.1", ""), http.StatusServiceUnavailable)
		}
		if n := len(upstream.Received()); n != 0 {
			t.Errorf("the upstream: got %d requests, want none", n)
		}
		if n := len(server.Asked()); n > 3 {
			t.Errorf("the token endpoint was asked %d times, want that it is left alone", n)
		}
		server.Down(0)
		harness.Eventually(t, "a token", func() error {
			return harness.WantStatus(envoy.Listener(t, "http"), "GET / HTTP/1.1", http.StatusOK)
		})
	})
}

// Bodies above Envoy's buffer limit pass both ways, authenticated or not: nothing is held back.
func TestHTTPFunctionsStream(t *testing.T) {
	const size = 3_000_000
	harness.OnEveryHost(t, nil, func(t *testing.T, host harness.Host) {
		for how, settings := range map[string]harness.Object{
			"as it is": nil,
			"basic":    {"auth": "basic", "username": "envoy", "password": secretReference(t, "0pen-sesame")},
		} {
			for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
				t.Run(fmt.Sprintf("%s, %s", how, protocol), func(t *testing.T) {
					upstream := harness.StartUpstream(t, harness.Message(t, "200\ncontent-type: text/plain\ntransfer-encoding: chunked", strings.Repeat("b", size)))
					envoy := harness.StartEnvoy(t, host, httpConfig(upstream.Address, settings, nil))
					answer, err := harness.Send(envoy.Listener(t, "http"), harness.Message(t, "PUT /x "+protocol, strings.Repeat("a", size)))
					if err != nil || answer.Status() != http.StatusOK || len(answer.Body) != size {
						t.Errorf("got status %d and %d bytes, %v, want 200 and %d bytes", answer.Status(), len(answer.Body), err, size)
					}
					received := upstream.Received()
					if len(received) != 1 || len(received[0].Body) != size || received[0].Headers.Get(":method") != "PUT" {
						t.Errorf("the upstream: got %d requests, want a PUT with %d bytes", len(received), size)
					}
				})
			}
		}
	})
}
