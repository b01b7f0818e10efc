package lambda

import (
	"strings"
	"testing"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// newFunctionOfSecret compiles a function whose credentials are a secret that the test gives.
func newFunctionOfSecret(t *testing.T) (*function, *plugintest.Secret, *plugintest.Environment) {
	t.Helper()
	environment := &plugintest.Environment{}
	given := environment.Give("vault:aws/creds/caller", "")
	settings := plugins.Settings{"region": "us-east-1", "credentials": "vault:aws/creds/caller"}
	upstream, err := newType().NewUpstream(environment, settings)
	if err != nil {
		t.Fatal(err)
	}
	set, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := upstream.NewFunction(plugins.FunctionSpec{Name: "hello", Target: "hello", Settings: settings, Parameters: set})
	if err != nil {
		t.Fatal(err)
	}
	return f.(*function), given, environment
}

// request calls the function and returns the headers of the call.
func request(f *function) (*plugintest.Headers, error) {
	headers := plugintest.NewHeaders([2]string{":method", "POST"}, [2]string{":path", "/"}, [2]string{":authority", "gateway"})
	_, err := f.Request(&plugins.Request{Headers: headers, Connection: plugintest.Connection{}, Parameters: parameters.Values{}})
	return headers, err
}

func TestCredentialsOfSecrets(t *testing.T) {
	cases := []struct{ name, secret, key, token, log string }{
		{name: "Vault's names", secret: `{"access_key":"AKIDVAULT","secret_key":"s3cr3t","security_token":"t0k3n","ttl":"3600"}`, key: "AKIDVAULT", token: "t0k3n"},
		{name: "AWS's names", secret: `{"AccessKeyId":"AKIDAWS","SecretAccessKey":"s3cr3t","SessionToken":"t0k3n"}`, key: "AKIDAWS", token: "t0k3n"},
		{name: "a credentials file", secret: "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s3cr3t\n", key: "AKIDFILE"},
		{name: "a missing member", secret: `{"access_key":"AKIDVAULT","secret":"s3cr3t"}`, log: "it has no member aws_secret_access_key, SecretAccessKey, AWS_SECRET_ACCESS_KEY, secret_key"},
		{name: "a text", secret: `s3cr3t`, log: "it is no object with the keys as members"},
		{name: "a line end", secret: `{"access_key":"AKID\nVAULT","secret_key":"s3cr3t"}`, log: "the access key ID has a character in it"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, given, environment := newFunctionOfSecret(t)
			if f.Ready() {
				t.Error("it is ready without the secret")
			}
			given.Set(c.secret)
			if err := await(t, f); err != nil {
				t.Fatal(err)
			}
			headers, err := request(f)
			authorization, log := headers.Get("authorization"), strings.Join(environment.Warnings(), "\n")
			if c.log == "" && (err != nil || !strings.Contains(authorization, "Credential="+c.key+"/") || headers.Get("x-amz-security-token") != c.token) {
				t.Errorf("got %v, authorization %q, token %q, want those of %s", err, authorization, headers.Get("x-amz-security-token"), c.key)
			}
			if c.log != "" && (err == nil || authorization != "" || !strings.Contains(log, "vault:aws/creds/caller cannot be used: "+c.log)) {
				t.Errorf("got %v, authorization %q and the log %q, want %q", err, authorization, log, c.log)
			}
			if strings.Contains(log, "s3cr3t") {
				t.Errorf("the log shows the secret: %s", log)
			}
		})
	}
}

func TestCredentialsFollowTheirSecret(t *testing.T) {
	f, given, _ := newFunctionOfSecret(t)
	for _, key := range []string{"AKIDONE", "AKIDTWO"} {
		given.Set(`{"access_key":"` + key + `","secret_key":"s3cr3t"}`)
		if headers, err := request(f); err != nil || !strings.Contains(headers.Get("authorization"), key) {
			t.Errorf("got %v, %q, want a signature of %s", err, headers.Get("authorization"), key)
		}
	}
	given.Fail(nil)
	if _, err := request(f); err == nil {
		t.Error("without the secret: got a signature, want an error")
	}
	f.caller.Reconsider("InvalidClientTokenId", plugintest.NewHeaders())
	if n := given.Rejections(); n != 1 {
		t.Errorf("got %d rejections of the secret, want 1", n)
	}
}
