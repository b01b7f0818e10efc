package secrets

import (
	"net/http"
	"strings"
	"testing"

	"github.com/funcroute/funcroute/plugins/kit/exchange"
)

// A reference is taken or refused, and a text that is none is never repeated.
func FuzzReference(f *testing.F) {
	for _, seed := range []string{"file:/a#b", "vault:aws/creds/role", "kubernetes:a/b#c", "aws-ssm:/x", "env:A", "password", "file:", "vault:a/../b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseReference(text)
		if err == nil && r.String() != text {
			t.Errorf("got %q of %q", r, text)
		}
		if err != nil && len(text) > 80 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the text: %v", err)
		}
		if _, err := escapePath(r.path); err == nil && strings.Contains("/"+r.path+"/", "/../") {
			t.Errorf("%q leaves its place", r.path)
		}
	})
}

// Whatever a text is, taking members out of it does not panic, and a member is never empty.
func FuzzContent(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":{"b":1},"c":null}`, "a=b\nc = d", "{", "=", `{"a":"\ud800"}`} {
		f.Add(seed, "a")
	}
	f.Fuzz(func(t *testing.T, text, key string) {
		whole, err := textContent(text)
		if err != nil {
			return
		}
		picked, err := whole.pick(key)
		if err != nil {
			return
		}
		if value, err := picked.value(); err == nil && value == "" {
			t.Error("got an empty value")
		}
		_, _ = picked.members()
	})
}

// Whatever a store answers, reading it does not panic, and what cannot be read is not repeated in an error.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"lease_id":"a","lease_duration":60,"renewable":true,"data":{"data":{"a":"b"},"metadata":{"version":1}},"auth":{"client_token":"t"}}`,
		`{"data":{"path":"kv/","type":"kv","options":{"version":"2"}}}`, `{"errors":["permission denied"]}`,
		`{"kind":"Secret","data":{"a":"Yg=="}}`, `{"SecretString":"a"}`, `{"Parameter":{"Value":"a"}}`, `{"__type":"x#ResourceNotFoundException"}`,
		`{"data":{"rotation_period":1,"ttl":9223372036854775807}}`, `[]`, `null`, ``,
	} {
		f.Add(http.StatusOK, []byte(seed))
		f.Add(http.StatusNotFound, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		answer := exchange.Answer{Status: status, Header: http.Header{}, Body: body}
		read, err := readVault(answer)
		if err == nil {
			_, _ = readKV2(read)
			if left := untilRotation(read.Data); left < 0 || left > 2*maxLease {
				t.Errorf("got %s until the rotation", left)
			}
			if life := seconds(read.LeaseDuration); life < 0 || life > maxLease {
				t.Errorf("got a lease of %s", life)
			}
			_, _ = jsonContent(read.Data)
		}
		_, _ = readMount(answer)
		texts := []string{saidBy(answer), awsError(answer)}
		for _, found := range []func() (*content, error){
			func() (*content, error) { return readKubernetes(answer) },
			func() (*content, error) { return readManager(body) },
			func() (*content, error) { return readParameter(body) },
		} {
			found, err := found()
			if err == nil && found.text == "" && len(found.object) == 0 {
				t.Error("got a secret that is empty")
			}
			if err != nil {
				texts = append(texts, err.Error())
			}
		}
		for _, text := range texts {
			if len(body) > 64 && strings.Contains(text, string(body)) {
				t.Errorf("%q repeats the answer", text)
			}
		}
	})
}
