package counterparts

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/e2e/harness"
)

// STS stands before a ministack and notes what its Security Token Service is asked and which credentials it gives.
type STS struct {
	*httptest.Server

	mutex sync.Mutex
	asked []url.Values
	given []Signer
}

// StartSTS starts one.
func StartSTS(t testing.TB, behind *Ministack) *STS {
	t.Helper()
	s := &STS{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: behind.Address})
			r.Out.Host = r.In.Host // It is signed.
		},
		ModifyResponse: s.noteAnswer,
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // The request did not arrive.
		}
		if form, err := url.ParseQuery(string(body)); err == nil {
			s.mutex.Lock()
			s.asked = append(s.asked, form)
			s.mutex.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *STS) noteAnswer(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Result struct {
			Credentials struct {
				AccessKeyID     string `xml:"AccessKeyId"`
				SecretAccessKey string
				SessionToken    string
			}
		} `xml:",any"` // Its name is the question's.
	}
	given := &answer.Result.Credentials
	if err := xml.Unmarshal(body, &answer); err != nil || given.AccessKeyID == "" {
		return nil // A refusal.
	}
	harness.Secret(given.SecretAccessKey, given.SessionToken)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.given = append(s.given, Signer{
		AccessKeyID:     given.AccessKeyID,
		SecretAccessKey: given.SecretAccessKey,
		SessionToken:    given.SessionToken,
		Region:          "us-east-1", Service: "lambda",
	})
	return nil
}

// Asked returns the parameters of all questions so far.
func (s *STS) Asked() []url.Values {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.asked)
}

// Given returns all credentials given so far.
func (s *STS) Given() []Signer {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.given)
}
