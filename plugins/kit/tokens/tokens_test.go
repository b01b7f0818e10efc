package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/keep"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// counted is a source of tokens that counts.
func counted(fetches *atomic.Int32, life time.Duration) source {
	return source{key: key{settings: "counted"}, subject: "of me", counters: ofOAuth2, fetch: func(context.Context) (keep.Found[token], error) {
		time.Sleep(time.Second)
		return keep.Found[token]{Value: token{fmt.Sprint("token-", fetches.Add(1))}, Expires: time.Now().Add(life)}, nil
	}}
}

// A 401 has the token fetched anew once, however many calls were refused, and the next attempt waits for it.
func TestARefusedTokenIsFetchedAnewOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int32
		f := newFunction(&plugintest.Environment{}, plain{}, (&pool{}).bearer(&plugintest.Environment{}, counted(&fetches, time.Hour)), authorization, true)
		if got := calls(t, f); got != "Bearer token-1" {
			t.Fatalf("got %q", got)
		}
		time.Sleep(time.Minute)
		for range 100 {
			if err := answered(f, "401"); err == nil {
				t.Error("a 401 goes to the client")
			}
		}
		if f.Ready() {
			t.Error("the next attempt does not wait for another token")
		}
		if got := calls(t, f); got != "Bearer token-2" {
			t.Errorf("got %q", got)
		}
		for range 100 { // It is new: another one would not help.
			_ = answered(f, "401")
		}
		synctest.Wait()
		if got := fetches.Load(); got != 2 || !f.Ready() {
			t.Errorf("got %d fetches, want 2", got)
		}
	})
}

// A token is renewed while it still serves, once however many calls there are, and nobody waits.
func TestTokensAreRenewedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetches atomic.Int32
		f := newFunction(&plugintest.Environment{}, plain{}, (&pool{}).bearer(&plugintest.Environment{}, counted(&fetches, time.Hour)), authorization, true)
		calls(t, f)
		for range 61 {
			time.Sleep(time.Minute)
			for range 100 {
				if !f.Ready() {
					t.Fatal("a call waits although there was a token")
				}
			}
		}
		time.Sleep(2 * time.Second)
		if got := fetches.Load(); got != 2 {
			t.Errorf("got %d fetches in an hour, want 2", got)
		}
	})
}

func TestOneFetchForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetches, served atomic.Int32
		from := &pool{}
		for range 1000 {
			f := newFunction(&plugintest.Environment{}, plain{}, from.bearer(&plugintest.Environment{}, counted(&fetches, time.Hour)), authorization, true)
			f.Await(func(err error) {
				if err == nil {
					served.Add(1)
				}
			})
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if fetches.Load() != 1 || served.Load() != 1000 {
			t.Errorf("got %d fetches for %d calls, want one for 1000", fetches.Load(), served.Load())
		}
	})
}

func TestStaticCredentialsFollowTheirSecret(t *testing.T) {
	environment := &plugintest.Environment{}
	secret := environment.Give("vault:a", "one")
	f := newAuthenticated(t, environment, Settings{Auth: authBasic, Username: "me", Password: "vault:a"}, &pool{})
	for _, value := range []string{"one", "two", "two"} {
		secret.Set(value)
		if got, want := calls(t, f), basicOf("me", value); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	_ = answered(f, "401")
	if got := secret.Rejections(); got != 1 {
		t.Errorf("the secret was told of %d refusals, want one", got)
	}
	secret.Fail(errors.New("it is down"))
	if _, err := f.Request(newRequest()); err == nil {
		t.Error("a call leaves without a password")
	}
}

func TestSecretsThatNoHeaderHolds(t *testing.T) {
	environment := &plugintest.Environment{}
	environment.Give("vault:a", "s3cret\nx-admin: 1")
	f := newAuthenticated(t, environment, Settings{Auth: authHeader, Header: "X-Key", Token: "vault:a"}, &pool{})
	for range 3 {
		if err := await(f); err != nil {
			t.Fatal(err)
		}
		_, err := f.Request(newRequest())
		var failure *plugins.Error
		if !errors.As(err, &failure) || failure.Reason != plugins.CredentialsUnavailable {
			t.Errorf("got %v, want %s", err, plugins.CredentialsUnavailable)
		}
	}
	log := environment.Warnings()
	if len(log) != 1 || !strings.Contains(log[0], "vault:a cannot be used: it has a line break") || strings.Contains(log[0], "s3cret") {
		t.Errorf("log: got %q", log)
	}
}

// Functions that ask for nothing of their answers need not enter Go for those that were accepted.
func TestPlans(t *testing.T) {
	environment := &plugintest.Environment{}
	environment.Give("vault:a", "one")
	s := Settings{Auth: authBearer, Token: "vault:a"}
	made, err := s.authenticate(environment, plain{}, &pool{})
	if err != nil {
		t.Fatal(err)
	}
	if got := made.(plugins.Planner).Plan(); got.Answer != plugins.HeadersOnly || got.Routine != accepted || got.Request != plugins.Untouched {
		t.Errorf("got %+v", got)
	}
	none := Settings{Auth: authNone}
	if made, err = none.authenticate(environment, plain{}, &pool{}); err != nil || made != (plain{}) {
		t.Errorf("without authentication: got %T, %v, want the function itself", made, err)
	}
}

func TestBackoff(t *testing.T) {
	now := time.Unix(0, 0)
	down, slow := &refusal{status: 503}, &refusal{status: 429}
	var b backoff
	if b.pending(now) != nil {
		t.Error("an endpoint is left alone before it was asked")
	}
	for i, least := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		b.refused(down, "", now)
		least *= time.Second
		if !errors.Is(b.pending(now.Add(least-1)), down) {
			t.Errorf("after failure %d: it is asked within %s", i+1, least)
		}
		if b.pending(now.Add(least+least/2+1)) != nil {
			t.Errorf("after failure %d: it is not asked after %s", i+1, least*3/2)
		}
	}
	b.over()
	for text, want := range map[string]time.Duration{"30": 30 * time.Second, "Thu, 01 Jan 1970 00:00:40 GMT": 40 * time.Second, "86400": longestAsked} {
		b.over()
		b.refused(slow, text, now)
		if b.pending(now.Add(want-1)) == nil || b.pending(now.Add(want+time.Second)) != nil {
			t.Errorf("Retry-After %q: got another time than %s", text, want)
		}
	}
	for _, text := range []string{"-1", "soon", ""} {
		b.over()
		b.refused(slow, text, now)
		if b.pending(now.Add(2*time.Second)) != nil {
			t.Errorf("Retry-After %q: it is not asked after two seconds", text)
		}
	}
	b.refused(&refusal{status: 400, code: "invalid_client"}, "100", now)
	if b.pending(now) != nil {
		t.Error("an endpoint that can answer is left alone")
	}
}

// An endpoint that is down is not asked each time somebody wants a token.
func TestEndpointsThatAreDownAreLeftAlone(t *testing.T) {
	server := startTokenServer(t, says(503, ""))
	server.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("retry-after", "600")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	environment := &plugintest.Environment{}
	environment.Give("vault:a", "one")
	s := Settings{Auth: authOAuth2, TokenURL: server.URL, ClientID: "me", ClientSecret: "vault:a"}
	at, err := newEndpoint("token_url", s.TokenURL, false)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := at.ask(t.Context(), http.Header{}, nil); err == nil || !strings.Contains(err.Error(), "answers 503") {
			t.Errorf("got %v, want what it has said", err)
		}
	}
	if got := len(server.questions()); got != 1 {
		t.Errorf("it was asked %d times, want once", got)
	}
}
