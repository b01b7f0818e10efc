package tokens

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// tokenServer is a token endpoint that answers by script, and notes what it is asked.
type tokenServer struct {
	*httptest.Server
	mutex  sync.Mutex
	answer http.HandlerFunc
	asked  []asked
}

type asked struct {
	method, uri string
	header      http.Header
	form        url.Values
}

const given = `{"access_token": "g1ven-token", "token_type": "Bearer", "expires_in": 3600}`

func startTokenServer(t *testing.T, answer http.HandlerFunc) *tokenServer {
	t.Helper()
	s := &tokenServer{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Errorf("the body is no form: %v", err)
		}
		s.mutex.Lock()
		s.asked = append(s.asked, asked{r.Method, r.RequestURI, r.Header, form})
		answer := s.answer
		s.mutex.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *tokenServer) questions() []asked {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]asked(nil), s.asked...)
}

// says answers with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// plain is a function that has no say in answers.
type plain struct{}

func (plain) Request(r *plugins.Request) (*plugins.Reply, error) {
	r.Headers.Set(":path", "/called")
	return nil, nil
}

// newAuthenticated makes a function from settings.
func newAuthenticated(t *testing.T, environment plugins.Environment, s Settings, from *pool) *function {
	t.Helper()
	made, err := s.authenticate(environment, plain{}, from)
	if err != nil {
		t.Fatal(err)
	}
	return made.(*function)
}

func await(f plugins.Awaiter) error {
	done := make(chan error, 1)
	stop := f.Await(func(err error) { done <- err })
	defer stop()
	return <-done
}

func newRequest(headers ...[2]string) *plugins.Request {
	list := append([][2]string{{":method", "GET"}, {":path", "/"}, {":authority", "api.example.com"}}, headers...)
	return plugins.NewRequest(plugintest.NewHeaders(list...), plugintest.Connection{}, nil)
}

// calls makes one call and returns the header with which it leaves.
func calls(t *testing.T, f *function) string {
	t.Helper()
	if err := await(f); err != nil {
		t.Fatal(err)
	}
	r := newRequest()
	if _, err := f.Request(r); err != nil {
		t.Fatal(err)
	}
	return r.Headers.Get(f.header)
}

// answered has a function see an answer with a status.
func answered(f *function, status string) error {
	_, err := f.Headers(plugins.NewAnswer(newRequest(), plugintest.NewHeaders([2]string{":status", status})))
	return err
}

func basicOf(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}
