package secrets

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

func TestKubernetes(t *testing.T) {
	folder := t.TempDir()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, within := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces/shop/secrets/")
		switch {
		case r.Header.Get("Authorization") != "Bearer "+hidden+"-jwt":
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"kind":"Status","status":"Failure","message":"%s","reason":"Unauthorized","code":401}`, hidden)
		case !within:
			http.NotFound(w, r)
		case name == "db":
			fmt.Fprintf(w, `{"kind":"Secret","apiVersion":"v1","data":{"password":"%s","user":"YXBw","empty":""},"type":"Opaque"}`,
				base64.StdEncoding.EncodeToString([]byte(hidden+"\n")))
		case name == "odd":
			fmt.Fprintf(w, `{"kind":"Secret","data":{"password":"%s"}}`, hidden)
		case name == "none":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"kind":"Status","status":"Failure","message":"secrets \"none\" not found","reason":"NotFound","code":404}`)
		default:
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"kind":"Status","reason":"Forbidden","code":403}`)
		}
	}))
	defer server.Close()
	write(t, filepath.Join(folder, "token"), hidden+"-jwt\n")
	write(t, filepath.Join(folder, "old"), hidden+"-old\n")
	write(t, filepath.Join(folder, "ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	settings := func(token string) string {
		return `{"kubernetes": {"server": "` + server.URL + `", "token_file": "` + folder + "/" + token + `", "ca_file": "` + folder + `/ca.crt"}}`
	}
	at := "cannot be had: " + server.URL + "/api/v1/namespaces/shop/secrets/"
	cases := []struct{ name, token, reference, want, log string }{
		{name: "a key", reference: "kubernetes:shop/db#password", want: hidden},
		{name: "a missing key", reference: "kubernetes:shop/db#x", log: `it has no member "x"`},
		{name: "an empty key", reference: "kubernetes:shop/db#empty", log: `it has no member "empty"`},
		{name: "a missing Secret", reference: "kubernetes:shop/none#x", log: at + "none answers 404: there is no such Secret"},
		{name: "no permission", reference: "kubernetes:shop/other#x", log: at + "other answers 403: the service account must not get this Secret"},
		{name: "a namespace that something else answers for", reference: "kubernetes:bank/db#x", log: "secrets/db answers 404"},
		{name: "no base64", reference: "kubernetes:shop/odd#password", log: "data that is not in base64"},
		{name: "a token that is not valid", token: "old", reference: "kubernetes:shop/db#password", log: "answers 401: the token is not valid"},
		{name: "no token", token: "none", reference: "kubernetes:shop/db#password", log: "no such file"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.token == "" {
				c.token = "token"
			}
			told := &journal{}
			got, err := get(t, open(t, newTestStores(t, settings(c.token)), told, c.reference))
			log := strings.Join(told.Warnings(), "\n")
			if got != c.want || (err == nil) != (c.log == "") || !strings.Contains(log, c.log) || strings.Contains(log, hidden) {
				t.Errorf("got %q, %v and the log %q, want %q and %q", got, err, log, c.want, c.log)
			}
		})
	}
}

func TestKubernetesInAPod(t *testing.T) {
	const pod = `{"kubernetes": {}}`
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if _, err := new(Pool).Stores([]byte(pod)); err == nil || !strings.Contains(err.Error(), `"kubernetes": setting "server" must be there outside of a pod`) {
		t.Errorf("outside of a pod: got %v", err)
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	stores := newTestStores(t, pod)
	if got := stores.kubernetes.server.String(); got != "https://[fd00::1]:443" || stores.kubernetes.tokenFile != serviceAccountToken {
		t.Errorf("got %s and %s", got, stores.kubernetes.tokenFile)
	}
	for _, path := range []string{"db", "shop/", "/db", "Shop/db", "shop/db/x", "shop/..", "../shop/db"} {
		if _, err := stores.Secret(&journal{}, "kubernetes:"+path+"#x"); err == nil {
			t.Errorf("kubernetes:%s is taken for a reference", path)
		}
	}
}
