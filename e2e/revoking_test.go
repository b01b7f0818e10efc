package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// revoking is a service that takes every token until it is told to take none of those that it has seen.
type revoking struct {
	address string
	mutex   sync.Mutex
	seen    map[string]bool // whether it takes the token
}

func startRevoking(t *testing.T) *revoking {
	t.Helper()
	r := &revoking{seen: map[string]bool{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.address = strings.TrimPrefix(server.URL, "http://")
	return r
}

func (r *revoking) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	shown := request.Header.Get("authorization")
	good, known := r.seen[shown]
	if !known {
		good = true
		r.seen[shown] = true
	}
	if !good {
		w.Header().Set("www-authenticate", `Bearer error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (r *revoking) revoke() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for shown := range r.seen {
		r.seen[shown] = false
	}
}

// tokens is how many different ones it was shown.
func (r *revoking) tokens() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return len(r.seen)
}
