package tokens

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// TestSecretsAreNowhere has a token endpoint fail in every way, and greps all that is shown for what is secret: errors, with what they
// are made of, the log, and what another server gets to see.
func TestSecretsAreNowhere(t *testing.T) {
	elsewhere := startTokenServer(t, says(200, given))
	echo := `{"error": "s3cret-value", "error_description": "client_secret=s3cret-value is wrong", "access_token": "s3cret-token"}`
	cases := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"a refusal that repeats what was sent", says(400, echo), "answers 400"},
		{"a refusal with a reason", says(401, `{"error": "invalid_client", "error_description": "s3cret-value"}`), "answers 401 (invalid_client)"},
		{"a page", says(502, "<html>s3cret-value</html>"), "answers 502"},
		{"a token that is none", says(200, `{"access_token": "s3cret-token\n", "token_type": "Bearer"}`), "has a character in it"},
		{"a token of another type", says(200, `{"access_token": "s3cret-token", "token_type": "s3cret-value"}`), "of another type than Bearer"},
		{"no life", says(200, `{"access_token": "s3cret-token", "expires_in": "s3cret-value"}`), "expires_in is no number"},
		{"no JSON", says(200, `access_token=s3cret-token`), "not the JSON of a token"},
		{"more than it may be", says(200, strings.Repeat("s3cret-value", 100_000)), "answers with more than"},
		{"a redirect to another host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/token?secret=s3cret-value", http.StatusTemporaryRedirect)
		}, "which is not followed"},
		{"hanging up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "does not answer (it hangs up)"},
		{"breaking off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("content-length", "1000")
			_, _ = w.Write([]byte("s3cret-value"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "breaks its answer off"},
	}
	for _, method := range []string{"header", "body"} {
		for _, c := range cases {
			t.Run(c.name+", secret in the "+method, func(t *testing.T) {
				server := startTokenServer(t, c.answer)
				environment := &plugintest.Environment{}
				environment.Give("vault:a", "s3cret-value")
				f := newAuthenticated(t, environment, Settings{
					Auth: authOAuth2, TokenURL: server.URL, ClientID: "me", ClientSecret: "vault:a", TokenMethod: method,
				}, &pool{})
				err := await(f)
				var failure *plugins.Error
				if !errors.As(err, &failure) || failure.Reason != plugins.CredentialsUnavailable {
					t.Errorf("got %v, want %s", err, plugins.CredentialsUnavailable)
				}
				r := newRequest([2]string{"authorization", "Bearer of-the-client"})
				if _, err := f.Request(r); err == nil {
					t.Error("a call leaves without a token")
				}
				log := strings.Join(environment.Warnings(), "\n")
				if !strings.Contains(log, c.want) || !strings.Contains(log, server.URL) || !strings.Contains(log, "client me") {
					t.Errorf("log: got %q, want the client, the endpoint and %q", log, c.want)
				}
				if shown := fmt.Sprintf("%v %+v %#v %s", err, failure, failure.Cause, log); strings.Contains(shown, "s3cret") {
					t.Errorf("a secret stands in %s", shown)
				}
			})
		}
	}
	if got := elsewhere.questions(); len(got) != 0 {
		t.Errorf("another host was asked %d times, want never", len(got))
	}
}

// A secret that stands where a setting has something else is not repeated.
func TestSettingsDoNotRepeatSecrets(t *testing.T) {
	for name, s := range map[string]Settings{
		"an assertion": {ClientAssertionFile: "s3cret.s3cret.s3cret"},
		"a user":       {Username: "me:s3cret"},
		"a URL":        {TokenURL: "https://me:s3cret@login.example.com/token"},
		"a query":      {TokenURL: "https://login.example.com/token?client_secret=s3cret"},
		"a scope":      {Scopes: []string{"a s3cret"}},
	} {
		if err := s.Check(); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want an error without the secret", name, err)
		}
	}
}

// Values print as nothing that is secret.
func TestValuesDoNotPrint(t *testing.T) {
	environment := &plugintest.Environment{}
	environment.Give("vault:a", "s3cret-value")
	static := newAuthenticated(t, environment, Settings{Auth: authBearer, Token: "vault:a"}, &pool{}).with
	shown := fmt.Sprintf("%v %+v %#v %s", token{"s3cret-token"}, token{"s3cret-token"}, token{"s3cret-token"}, static)
	if strings.Contains(shown, "s3cret") {
		t.Errorf("a secret stands in %s", shown)
	}
}

// A refusal of the upstream says which credential it was, and never its value; what the upstream says of it goes to nobody.
func TestRefusalsOfUpstreamsDoNotLeak(t *testing.T) {
	server := startTokenServer(t, says(200, `{"access_token": "s3cret-token", "expires_in": 3600}`))
	environment := &plugintest.Environment{}
	environment.Give("vault:a", "s3cret-value")
	for _, s := range []Settings{
		{Auth: authBasic, Username: "me", Password: "vault:a"},
		{Auth: authBearer, Token: "vault:a"},
		{Auth: authHeader, Header: "x-key", Token: "vault:a"},
		{Auth: authOAuth2, TokenURL: server.URL, ClientID: "me", ClientSecret: "vault:a"},
	} {
		f := newAuthenticated(t, environment, s, &pool{})
		calls(t, f)
		a := plugins.NewAnswer(newRequest(), plugintest.NewHeaders([2]string{":status", "401"}, [2]string{"www-authenticate", "s3cret-token"}))
		a.Receive([]byte("s3cret-value"))
		_, err := f.Headers(a)
		var failure *plugins.Error
		if !errors.As(err, &failure) || failure.Reason != plugins.UpstreamRejected || failure.Cause == nil {
			t.Errorf("%s: got %v, want %s with a cause", s.Auth, err, plugins.UpstreamRejected)
			continue
		}
		if _, err := f.Headers(a); err == nil {
			t.Errorf("%s: the second refusal is passed on", s.Auth)
		}
		log := environment.Warnings()
		if last := log[len(log)-1]; !strings.HasPrefix(last, "funcroute: the upstream answers 401 to ") {
			t.Errorf("%s: log: got %q", s.Auth, last)
		}
		if shown := fmt.Sprintf("%v %v %q", err, a.Annotations(), log); strings.Contains(shown, "s3cret") {
			t.Errorf("%s: a secret stands in %s", s.Auth, shown)
		}
		for _, status := range []string{"200", "403", "500"} {
			if err := answered(f, status); err != nil {
				t.Errorf("%s, status %s: got %v, want the upstream's answer", s.Auth, status, err)
			}
		}
	}
}
