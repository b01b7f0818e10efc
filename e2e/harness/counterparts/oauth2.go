package counterparts

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// OAuth2 stands before an oauth2-mock-server and notes what its token endpoint is asked and which tokens it gives.
type OAuth2 struct {
	*httptest.Server
	*harness.Process

	key *rsa.PublicKey

	mutex sync.Mutex
	// down is the status with which the endpoint answers, 0 if it works.
	down  int
	asked []TokenRequest
	given []string
}

// TokenRequest is what a token endpoint is asked.
type TokenRequest struct {
	Authorization, Query string
	Form                 url.Values
}

// StartOAuth2 starts one.
func StartOAuth2(t testing.TB) *OAuth2 {
	t.Helper()
	process, address := start(t, "oauth2-mock-server", func(host, port string) *harness.Process {
		return harness.StartProcess(t, "oauth2-mock-server", []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + t.TempDir()},
			harness.Tool(t, "oauth2-mock-server"), "-a", host, "-p", port)
	}, listens)
	o := &OAuth2{Process: process, key: readJWKS(t, "http://"+address+"/jwks")}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: address}) },
		ModifyResponse: o.noteAnswer,
	}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status := o.noteQuestion(r); status != 0 {
			http.Error(w, "the endpoint is down", status)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(o.Close)
	return o
}

// TokenURL is the token endpoint.
func (o *OAuth2) TokenURL() string { return o.URL + "/token" }

// Down has the endpoint answer a status and nothing else, or work again with 0.
func (o *OAuth2) Down(status int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.down = status
}

func (o *OAuth2) noteQuestion(r *http.Request) (down int) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return http.StatusBadRequest
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.asked = append(o.asked, TokenRequest{r.Header.Get("authorization"), r.URL.RawQuery, form})
	return o.down
}

func (o *OAuth2) noteAnswer(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.AccessToken != "" {
		harness.Secret(answer.AccessToken)
		o.mutex.Lock()
		defer o.mutex.Unlock()
		o.given = append(o.given, answer.AccessToken)
	}
	return nil
}

// Asked returns all questions so far.
func (o *OAuth2) Asked() []TokenRequest {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Clone(o.asked)
}

// Given returns all tokens given so far.
func (o *OAuth2) Given() []string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return slices.Clone(o.given)
}

// Verify checks the value of an authorization header as a service would: a token that this server has signed. It returns the claims.
func (o *OAuth2) Verify(authorization string) (claims map[string]any, err error) {
	token, is := strings.CutPrefix(authorization, "Bearer ")
	parts := strings.Split(token, ".")
	if !is || len(parts) != 3 {
		return nil, fmt.Errorf("%q has no token", authorization)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(o.key, crypto.SHA256, digest[:], signature); err != nil {
		return nil, err
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	return claims, json.Unmarshal(payload, &claims)
}

func readJWKS(t testing.TB, address string) (key *rsa.PublicKey) {
	t.Helper()
	harness.Eventually(t, "keys", func() error {
		response, err := http.Get(address)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		var set struct{ Keys []struct{ N, E string } }
		if err := json.NewDecoder(response.Body).Decode(&set); err != nil || len(set.Keys) == 0 {
			return errors.Join(err, errors.New("there is no key"))
		}
		n, err := base64.RawURLEncoding.DecodeString(set.Keys[0].N)
		if err != nil {
			return err
		}
		e, err := base64.RawURLEncoding.DecodeString(set.Keys[0].E)
		key = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		return err
	})
	return key
}
