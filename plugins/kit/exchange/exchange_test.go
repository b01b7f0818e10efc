package exchange

import (
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const hidden = "tOp-sEcReT"

func TestServersThatAreRefused(t *testing.T) {
	cases := []struct {
		address  string
		insecure bool
		want     string // "" for one that is taken
	}{
		{"https://vault:8200", false, ""},
		{"https://vault:8200/base/", false, ""},
		{"http://127.0.0.1:8200", false, ""},
		{"http://[::1]:8200", false, ""},
		{"http://localhost:8200", false, ""},
		{"http://vault:8200", true, ""},
		{"http://vault:8200", false, "must begin with https://, for what is sent there is secret"},
		{"http://127.0.0.1.example", false, "must begin with https://, for what is sent there is secret"},
		{"vault:8200", false, "must begin with https://"},
		{"https://u:" + hidden + "@vault", false, "must not have a user"},
		{"https://", false, "must name a host"},
		{"https://vault?x=" + hidden, false, "neither a query nor a fragment"},
		{"https://vault/%zz" + hidden, false, "cannot be parsed"},
	}
	for _, c := range cases {
		_, err := At(c.address, "", c.insecure)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), hidden)) {
			t.Errorf("%s: got %v, want %q", c.address, err, c.want)
		}
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	cases := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/?token="+hidden, http.StatusTemporaryRedirect)
		}, "answers 307 and sends on to " + other.URL + ", which is not followed"},
		{"a redirect to itself", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+hidden, http.StatusFound)
		}, "answers 302 and sends on to another path"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, maxAnswer+1))
		}, "answers with more than 1048576 bytes"},
		{"an answer that is broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(hidden))
		}, "breaks its answer off (it hangs up)"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // Without that it would not see the client leave.
			<-r.Context().Done()
		}, "does not answer (no answer in time)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			at, err := At(server.URL, "", false)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			header := http.Header{}
			header.Set("X-Token", hidden)
			_, err = at.Do(ctx, Request{Method: http.MethodPost, Path: "/login?" + hidden, Header: header, Body: []byte(hidden)})
			if err == nil || !strings.Contains(err.Error(), server.URL+" "+c.want) || strings.Contains(err.Error(), hidden) {
				t.Errorf("got %v, want %q and no secret", err, c.want)
			}
		})
	}
	if reached {
		t.Error("the redirect was followed")
	}
}

func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }))
	defer server.Close()
	folder := t.TempDir()
	right, none := filepath.Join(folder, "ca.pem"), filepath.Join(folder, "none.pem")
	for path, content := range map[string][]byte{
		right: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), none: []byte("none"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct{ name, file, want string }{
		{"those that are trusted", right, ""},
		{"the system's", "", "its certificate is not trusted"},
		{"a file without any", none, "file " + none + " has no certificates in PEM"},
		{"a file that is not there", filepath.Join(folder, "x"), "no such file"},
	}
	for _, c := range cases {
		at, err := At(server.URL, c.file, false)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := at.Do(t.Context(), Request{Method: http.MethodGet, Path: "/"})
		if c.want == "" && (err != nil || string(answer.Body) != "hello") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %q, %v, want %q", c.name, answer.Body, err, c.want)
		}
	}
}

func TestServersThatCannotBeReached(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for address, want := range map[string]string{
		closed: "does not answer (connection refused)",
		strings.Replace(plain.URL, "http:", "https:", 1): "does not answer (it does not speak TLS)",
	} {
		at, err := At(address, "", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := at.Do(t.Context(), Request{Method: http.MethodGet, Path: "/"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
}
