package credentials

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins/plugintest"
)

const spacedAnswer = `{"Version":1,"AccessKeyId":"AKIDONE\n","SecretAccessKey":" secret\r\n","SessionToken":"token\t","Token":"token\t"}`

func TestWhiteSpaceAtTheEndsIsTakenOff(t *testing.T) {
	want := Credentials{AccessKeyID: "AKIDONE", SecretAccessKey: "secret", SessionToken: "token"}
	cases := map[string]func(t *testing.T, folder string) (*Provider, Credentials){
		"environment": func(t *testing.T, _ string) (*Provider, Credentials) {
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIDONE\n")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret\r\n")
			t.Setenv("AWS_SESSION_TOKEN", " token\t")
			return NewProvider("lambda", "", From(Source{}, STS{Region: "us-east-1"})), want
		},
		"process": func(t *testing.T, folder string) (*Provider, Credentials) {
			write(t, filepath.Join(folder, "printed"), spacedAnswer)
			write(t, filepath.Join(folder, "config"), "[default]\ncredential_process = cat "+folder+"/printed\n")
			return NewProvider("lambda", "", From(Source{}, STS{Region: "us-east-1"})), want
		},
		"container": func(t *testing.T, _ string) (*Provider, Credentials) {
			t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", answers(t, http.StatusOK, "application/json", spacedAnswer).URL)
			return NewProvider("lambda", "", From(Source{}, STS{Region: "us-east-1"})), want
		},
		"STS": func(t *testing.T, _ string) (*Provider, Credentials) {
			server := answers(t, http.StatusOK, "text/xml", "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIDONE\n</AccessKeyId>"+
				"<SecretAccessKey> secret </SecretAccessKey><SessionToken>\n token\n</SessionToken><Expiration>2100-01-02T03:04:05Z</Expiration>"+
				"</Credentials></AssumeRoleResult></AssumeRoleResponse>")
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIDBASE")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret of the base")
			return NewPool("lambda").Provider(Identity{Roles: []Role{roleNamed("caller")}, STS: STS{Region: "us-east-1", Endpoint: server.URL}}, From), want
		},
		"a folder": func(t *testing.T, folder string) (*Provider, Credentials) {
			write(t, filepath.Join(folder, accessKeyName), "AKIDONE\n")
			write(t, filepath.Join(folder, secretKeyName), "secret\n")
			write(t, filepath.Join(folder, sessionTokenName), "token\n")
			return NewProvider("lambda", "", From(Source{File: folder}, STS{Region: "us-east-1"})), want
		},
		"a file": func(t *testing.T, folder string) (*Provider, Credentials) {
			file := filepath.Join(folder, "file")
			write(t, file, "[default]\r\naws_access_key_id = AKIDONE \r\naws_secret_access_key =  secret\t\r\naws_session_token=token\r\n")
			return NewProvider("lambda", "", From(Source{File: file}, STS{Region: "us-east-1"})), want
		},
	}
	for name, prepare := range cases {
		t.Run(name, func(t *testing.T) {
			p, want := prepare(t, cleanEnvironment(t))
			environment := &plugintest.Environment{}
			if err := get(t, p, environment); err != nil {
				t.Fatalf("%v: %q", err, environment.Warnings())
			}
			got := p.Identity()
			if got.AccessKeyID != want.AccessKeyID || got.SecretAccessKey != want.SecretAccessKey || got.SessionToken != want.SessionToken {
				t.Errorf("got %q, %q, %q, want them without white space", got.AccessKeyID, got.SecretAccessKey, got.SessionToken)
			}
		})
	}
}

// What is shown to get credentials comes from secrets and files as well.
func TestWhiteSpaceAtTheEndsOfTokensIsTakenOff(t *testing.T) {
	t.Run("a container's token", func(t *testing.T) {
		for name, set := range map[string]func(t *testing.T, folder string){
			"in the environment": func(t *testing.T, _ string) { t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "for-the-agent\n") },
			"in a file": func(t *testing.T, folder string) {
				write(t, filepath.Join(folder, "token"), "for-the-agent\n")
				t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", filepath.Join(folder, "token"))
			},
		} {
			t.Run(name, func(t *testing.T) {
				folder, asked := cleanEnvironment(t), make(chan string, 1)
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked <- r.Header.Get("Authorization")
					_, _ = w.Write([]byte(spacedAnswer))
				}))
				defer server.Close()
				t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.URL)
				set(t, folder)
				if _, err := From(Source{}, STS{Region: "us-east-1"})(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got := <-asked; got != "for-the-agent" {
					t.Errorf("authorization: got %q", got)
				}
			})
		}
	})
	t.Run("a web identity's token and role", func(t *testing.T) {
		folder, server := cleanEnvironment(t), startSTS(t)
		write(t, filepath.Join(folder, "token"), "ey.one\n")
		t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", filepath.Join(folder, "token"))
		t.Setenv("AWS_ROLE_ARN", roleNamed("proxy").ARN+"\n")
		got, err := From(Source{}, server.at())(context.Background())
		if err != nil || got.AccessKeyID != "AKIDproxy" {
			t.Fatalf("got %s, %v, want AKIDproxy", got, err)
		}
		if token := server.questions()[0].Get("WebIdentityToken"); token != "ey.one" {
			t.Errorf("token: got %q, want ey.one", token)
		}
	})
	t.Run("keys with which a profile's role is assumed", func(t *testing.T) {
		folder, server := cleanEnvironment(t), startSTS(t)
		write(t, filepath.Join(folder, "config"), "[default]\nrole_arn = "+roleNamed("proxy").ARN+"\ncredential_source = Environment\n")
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIDBASE\n")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "secret\n")
		got, err := From(Source{Profile: "default"}, server.at())(context.Background())
		if err != nil || got.AccessKeyID != "AKIDproxy" {
			t.Fatalf("got %s, %v, want AKIDproxy", got, err)
		}
		if key := server.questions()[0].key; key != "AKIDBASE" {
			t.Errorf("STS was asked with the key %q, want AKIDBASE", key)
		}
	})
}

func TestWhatNoHeaderCanHaveIsRefused(t *testing.T) {
	cases := map[string]struct {
		found Credentials
		want  string // "" if nothing is wrong
	}{
		"AWS's own":                    {Credentials{AccessKeyID: "AKID", SecretAccessKey: "a/b+c", SessionToken: "IQoJ+/=="}, ""},
		"without a token":              {Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret"}, ""},
		"a space within":               {Credentials{AccessKeyID: "AKID", SecretAccessKey: "se cret", SessionToken: "to ken"}, ""},
		"a line feed in the ID":        {Credentials{AccessKeyID: "AK\nID", SecretAccessKey: "secret"}, "access key ID"},
		"a carriage return":            {Credentials{AccessKeyID: "AK\rID", SecretAccessKey: "secret"}, "access key ID"},
		"a NUL":                        {Credentials{AccessKeyID: "AK\x00ID", SecretAccessKey: "secret"}, "access key ID"},
		"a delete":                     {Credentials{AccessKeyID: "AK\x7fID", SecretAccessKey: "secret"}, "access key ID"},
		"a tab in the token":           {Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "to\tken"}, "session token"},
		"a byte order mark":            {Credentials{AccessKeyID: "\ufeffAKID", SecretAccessKey: "secret"}, "access key ID"},
		"a line feed in the secret":    {Credentials{AccessKeyID: "AKID", SecretAccessKey: "se\ncret"}, "secret access key"},
		"nothing but white space":      {Credentials{AccessKeyID: " \n", SecretAccessKey: "secret"}, "access key ID is empty"},
		"a secret that is white space": {Credentials{AccessKeyID: "AKID", SecretAccessKey: "\n"}, "secret access key is empty"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := fit(c.found)
			if c.want == "" {
				if err != nil || got != c.found {
					t.Errorf("got %#v, %v, want them as they were", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error of the %s", err, c.want)
			}
		})
	}
}

// One line in the log names the source, and no request is signed.
func TestUnfitCredentialsAreNamedByTheirSource(t *testing.T) {
	folder := cleanEnvironment(t)
	write(t, filepath.Join(folder, accessKeyName), "AKID\nvery-secret")
	write(t, filepath.Join(folder, secretKeyName), "very-secret")
	var p *Provider
	environment := &plugintest.Environment{}
	synctest.Test(t, func(t *testing.T) {
		p = NewPool("lambda").Provider(Identity{Source: Source{File: folder}}, From)
		for range 3 {
			if err := get(t, p, environment); err == nil {
				t.Fatal("got credentials that no header can have")
			}
			time.Sleep(2 * time.Second)
		}
	})
	if p.Identity() != nil {
		t.Error("there is an identity to sign with")
	}
	got := environment.Warnings()
	want := "funcroute: lambda: AWS credentials of file " + folder + " cannot be had: the access key ID has a character in it that no header of a call can have"
	if len(got) != 1 || got[0] != want {
		t.Errorf("log:\ngot  %q\nwant %q", got, want)
	}
}
