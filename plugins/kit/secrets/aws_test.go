package secrets

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestAWS(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	var expired atomic.Int32 // calls that are answered so
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		target, signed := r.Header.Get("X-Amz-Target"), strings.Contains(r.Header.Get("Authorization"), "SignedHeaders=content-type;host;x-amz-date;x-amz-target")
		refuse := func(name string) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":"com.amazonaws#%s","message":"%s"}`, name, hidden)
		}
		asked := target + " " + string(body)
		switch {
		case !signed:
			refuse("IncompleteSignature")
		case expired.Add(-1) >= 0:
			refuse("ExpiredTokenException")
		case asked == `secretsmanager.GetSecretValue {"SecretId":"db"}`:
			fmt.Fprintf(w, `{"ARN":"arn","Name":"db","SecretString":"{\"password\":\"%s\"}"}`, hidden)
		case asked == `secretsmanager.GetSecretValue {"SecretId":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:binary-AbCdEf"}`:
			fmt.Fprint(w, `{"SecretBinary":"Ymlu"}`)
		case asked == `AmazonSSM.GetParameter {"Name":"/db/password","WithDecryption":true}`:
			fmt.Fprintf(w, `{"Parameter":{"Name":"/db/password","Type":"SecureString","Value":"%s","Version":1}}`, hidden)
		case strings.HasPrefix(asked, "AmazonSSM"):
			refuse("ParameterNotFound")
		case strings.Contains(asked, "denied"):
			refuse("AccessDeniedException")
		case strings.Contains(asked, "proxy"):
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, hidden)
		default:
			refuse("ResourceNotFoundException")
		}
	}))
	defer server.Close()
	write(t, filepath.Join(folder, "aws"), "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = "+hidden+"\n")
	write(t, filepath.Join(folder, "lacking"), "[default]\naws_access_key_id = AKIDEXAMPLE\n")
	settings := func(credentials string) string {
		return `{"aws": {"region": "eu-west-1", "endpoint": "` + server.URL + `", "credentials": "file:` + folder + "/" + credentials + `"}}`
	}
	cases := []struct {
		name, credentials, reference, want, log string
		expired                                 int32
	}{
		{name: "a member", reference: "aws-secretsmanager:db#password", want: hidden},
		{name: "bytes", reference: "aws-secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:binary-AbCdEf", want: "bin"},
		{name: "a parameter", reference: "aws-ssm:/db/password", want: hidden},
		{name: "credentials that have just expired", reference: "aws-ssm:/db/password", want: hidden, expired: 1},
		{name: "a missing secret", reference: "aws-secretsmanager:none", log: "secret aws-secretsmanager:none cannot be had: " + server.URL + " answers ResourceNotFoundException"},
		{name: "a missing parameter", reference: "aws-ssm:/none", log: "answers ParameterNotFound"},
		{name: "no permission", reference: "aws-secretsmanager:denied", log: "answers AccessDeniedException"},
		{name: "another answer", reference: "aws-secretsmanager:proxy", log: "answers 502"},
		{name: "credentials that stay expired", reference: "aws-ssm:/db/password", log: "answers ExpiredTokenException", expired: 2},
		{name: "no credentials", credentials: "lacking", reference: "aws-ssm:/db/password", log: "AWS credentials cannot be had: it has no member aws_secret_access_key"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.credentials == "" {
				c.credentials = "aws"
			}
			expired.Store(c.expired)
			told := &journal{}
			got, err := get(t, open(t, newTestStores(t, settings(c.credentials)), told, c.reference))
			log := strings.Join(told.Warnings(), "\n")
			if got != c.want || (err == nil) != (c.log == "") || !strings.Contains(log, c.log) || strings.Contains(log, hidden) {
				t.Errorf("got %q, %v and the log %q, want %q and %q", got, err, log, c.want, c.log)
			}
		})
	}
}

func TestAWSSettingsThatAreRefused(t *testing.T) {
	cases := []struct{ settings, want string }{
		{`{"region": "here"}`, `region "here" is none of AWS's`},
		{`{"region": "eu-west-1", "endpoint": "http://vpce.example"}`, `setting "endpoint" must be a URL like https://127.0.0.1:4566: it must begin with https://`},
		{`{"region": "eu-west-1", "role_external_id": "x1"}`, `setting "role_external_id" needs setting "role_arn"`},
		{`{"region": "eu-west-1", "credentials": "` + hidden + `"}`, `setting "credentials": it must be a reference`},
		{`{"region": "eu-west-1", "credentials": "aws-ssm:/x"}`, "need the store to be set up"},
		{`{"regoin": "eu-west-1"}`, `setting "regoin" is unknown`},
	}
	for _, c := range cases {
		_, err := new(Pool).Stores([]byte(`{"aws": ` + c.settings + `}`))
		if err == nil || !strings.Contains(err.Error(), `"aws": `) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: got %v, want one with %q", c.settings, err, c.want)
		}
	}
	stores := newTestStores(t, `{"aws": {"region": "eu-west-1"}}`)
	for _, reference := range []string{"aws-ssm:a b", `aws-secretsmanager:a"b`} {
		if _, err := stores.Secret(&journal{}, reference); err == nil {
			t.Errorf("%s is taken for a reference", reference)
		}
	}
}
