package credentials

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cleanEnvironment leaves the AWS default chain nothing to find.
func cleanEnvironment(t *testing.T) (folder string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name) // Setenv restores it after the test.
		}
	}
	folder = t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(folder, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(folder, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return folder
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDefaultChainFindsTheEnvironment(t *testing.T) {
	cleanEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
	got, err := From(Source{}, STS{Region: "us-east-1"})(context.Background())
	want := Credentials{AccessKeyID: "AKIDENV", SecretAccessKey: "secret", SessionToken: "token"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestDefaultChainReadsItsFilesAnew(t *testing.T) {
	folder := cleanEnvironment(t)
	fetch := From(Source{}, STS{Region: "us-east-1"})
	t.Setenv("AWS_PROFILE", "shop")
	for _, key := range []string{"AKIDONE", "AKIDTWO"} {
		write(t, filepath.Join(folder, "credentials"), "[shop]\naws_access_key_id = "+key+"\naws_secret_access_key = secret\n")
		got, err := fetch(context.Background())
		if err != nil || got.AccessKeyID != key || !got.Expires.IsZero() {
			t.Errorf("got %+v, %v, want %s that does not expire", got, err, key)
		}
	}
}

func TestDefaultChainAsksTheContainer(t *testing.T) {
	for name, life := range map[string]time.Duration{"fresh": time.Hour, "with a minute to live": time.Minute} {
		t.Run(name, func(t *testing.T) {
			cleanEnvironment(t)
			expires := time.Now().Add(life).UTC().Truncate(time.Second)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "for-the-agent" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				_, _ = w.Write([]byte(`{"AccessKeyId":"AKIDTASK","SecretAccessKey":"secret","Token":"token","Expiration":"` +
					expires.Format(time.RFC3339) + `"}`))
			}))
			defer server.Close()
			t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.URL)
			t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "for-the-agent")
			got, err := From(Source{}, STS{Region: "us-east-1"})(context.Background())
			if err != nil || got.AccessKeyID != "AKIDTASK" || !got.Expires.Equal(expires) {
				t.Errorf("got %+v until %s, %v, want AKIDTASK until %s", got, got.Expires, err, expires)
			}
		})
	}
}

func TestDefaultChainTakesAWebIdentity(t *testing.T) {
	folder := cleanEnvironment(t)
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	var token string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token = r.FormValue("WebIdentityToken")
		_, _ = w.Write([]byte(`<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>` +
			`<AccessKeyId>AKIDROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>` +
			`<Expiration>` + expires.Format(time.RFC3339) + `</Expiration></Credentials>` +
			`</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`))
	}))
	defer server.Close()
	write(t, filepath.Join(folder, "token"), "ey.one")
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", filepath.Join(folder, "token"))
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/proxy")
	got, err := From(Source{}, STS{Region: "eu-west-1"})(context.Background())
	if err != nil || got.AccessKeyID != "AKIDROLE" || !got.Expires.Equal(expires) || token != "ey.one" {
		t.Errorf("got %+v, %v for token %q, want AKIDROLE for ey.one", got, err, token)
	}
}

func TestDefaultRegion(t *testing.T) {
	cases := map[string]struct {
		environment   map[string]string
		file, profile string
		want          string
	}{
		"none":           {want: ""},
		"environment":    {environment: map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, want: "eu-west-1"},
		"older variable": {environment: map[string]string{"AWS_DEFAULT_REGION": "eu-west-2"}, want: "eu-west-2"},
		"profile":        {environment: map[string]string{"AWS_PROFILE": "shop"}, file: "[profile shop]\nregion = eu-west-3\n", want: "eu-west-3"},
		"given profile":  {environment: map[string]string{"AWS_PROFILE": "other"}, file: "[profile shop]\nregion = eu-west-3\n", profile: "shop", want: "eu-west-3"},
		"default":        {file: "[default]\nregion = eu-west-3\n", want: "eu-west-3"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			folder := cleanEnvironment(t)
			if c.file != "" {
				write(t, filepath.Join(folder, "config"), c.file)
			}
			for key, value := range c.environment {
				t.Setenv(key, value)
			}
			if got := DefaultRegion(context.Background(), c.profile); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCredentialsDoNotPrintThemselves(t *testing.T) {
	c := Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "token"}
	for _, got := range []string{c.String(), c.GoString()} {
		if strings.Contains(got, "secret") || strings.Contains(got, "token") {
			t.Errorf("got %q, want no secret in it", got)
		}
	}
}
