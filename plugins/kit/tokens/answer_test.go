package tokens

import (
	"strings"
	"testing"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/exchange"
)

func TestReadToken(t *testing.T) {
	asked := time.Unix(1000, 0)
	cases := []struct {
		body string
		want time.Duration // how long it serves, 0 if it is refused
	}{
		{`{"access_token": "a", "token_type": "Bearer", "expires_in": 3600}`, time.Hour - margin},
		{`{"access_token": "a", "token_type": "bearer", "expires_in": "60"}`, 54 * time.Second},
		{`{"access_token": "a", "expires_in": 1.5}`, 1350 * time.Millisecond},
		{`{"access_token": "a"}`, unsaid - margin},
		{`{"access_token": "a", "expires_in": null}`, unsaid - margin},
		{`{"access_token": "a", "expires_in": 1e300}`, maxLife - margin},
		{`{"access_token": "a", "expires_in": 0}`, 0},
		{`{"access_token": "a", "expires_in": -1}`, 0},
		{`{"access_token": "a", "expires_in": "NaN"}`, 0},
		{`{"access_token": "a", "expires_in": true}`, 0},
		{`{"access_token": "a", "expires_in": []}`, 0},
		{`{"access_token": "a b"}`, 0},
		{`{"access_token": "ä"}`, 0},
		{`{"access_token": ""}`, 0},
		{`{"access_token": 7}`, 0},
		{`{"access_token": "a", "token_type": "DPoP"}`, 0},
		{`{"access_token": "` + strings.Repeat("a", maxToken+1) + `"}`, 0},
		{`{"id_token": "a"}`, 0},
		{`["a"]`, 0},
		{`null`, 0},
		{``, 0},
		{`{"access_token": "a"} {}`, 0},
	}
	for _, c := range cases {
		found, err := readToken([]byte(c.body), asked)
		if (err == nil) != (c.want > 0) || err == nil && found.Expires.Sub(asked) != c.want {
			t.Errorf("%.80s: got %v, %v, want %s", c.body, found.Expires.Sub(asked), err, c.want)
		}
	}
}

// Whatever an endpoint answers, a token can stand in a header and has an end, and an error repeats nothing.
func FuzzTokenAnswer(f *testing.F) {
	f.Add([]byte(given), 200)
	f.Add([]byte(`{"error": "invalid_client", "error_description": "no"}`), 401)
	f.Add([]byte(`{"access_token": "a", "expires_in": "1e9"}`), 200)
	asked := time.Unix(1000, 0)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		found, err := readToken(body, asked)
		life := found.Expires.Sub(asked)
		if err == nil && (!isFieldValue(found.Value.text) || life <= 0 || life > maxLife) {
			t.Errorf("got %q for %s", found.Value.text, life)
		}
		if err != nil && found.Value.text != "" {
			t.Errorf("got a token with the error %v", err)
		}
		said := newRefusal("https://idp", exchange.Answer{Status: status, Body: body}).Error()
		if strings.ContainsAny(said, "\r\n") || len(said) > 80 {
			t.Errorf("got %q", said)
		}
	})
}

func FuzzPrivateKey(f *testing.F) {
	f.Add("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
	f.Add("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n-----END EC PRIVATE KEY-----")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKey(text)
		if err != nil {
			return
		}
		if _, err := key.sign(newClaims("me", "you", time.Unix(0, 0))); err != nil {
			t.Logf("a key that was read cannot sign: %v", err)
		}
	})
}
