package credentials

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins/kit/keep"
)

// answers starts a server that gives every request the same answer.
func answers(t *testing.T, status int, contentType, body string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server
}

// nobodyAt is an address at which nobody listens. Its port stays taken, so that no other process's server gets it.
func nobodyAt(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}

// Where it matters, FOLDER stands for the folder with the shared files and SERVER for the address of a server.
func TestTheDefaultChainTellsOfEachLinkWhyItHasNothing(t *testing.T) {
	const (
		noKeys      = "environment: no AWS_ACCESS_KEY_ID; web identity: no AWS_WEB_IDENTITY_TOKEN_FILE; "
		noFiles     = "shared files: profile default of FOLDER/config (no such file or directory) and FOLDER/credentials (no such file or directory): no keys; "
		noContainer = "container: no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and no AWS_CONTAINER_CREDENTIALS_FULL_URI; "
		config      = "FOLDER/config and FOLDER/credentials (no such file or directory), "
		byConfig    = "shared files: profile default of " + config + "profile default"
	)
	role := "arn:aws:iam::123456789012:role/proxy"
	cases := map[string]struct {
		environment map[string]string
		config      string
		server      func(t *testing.T) string
		profile     string
		want        string
	}{
		"nothing at all": {
			want: noKeys + noFiles + noContainer + "instance metadata: http://169.254.169.254: switched off by AWS_EC2_METADATA_DISABLED",
		},
		"a key without its secret": {
			environment: map[string]string{"AWS_ACCESS_KEY_ID": "secret"},
			want: "environment: AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY; web identity: no AWS_WEB_IDENTITY_TOKEN_FILE; " + noFiles + noContainer +
				"instance metadata: http://169.254.169.254: switched off by AWS_EC2_METADATA_DISABLED",
		},
		"instance metadata that answers 404": {
			environment: map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "SERVER"},
			server:      func(t *testing.T) string { return answers(t, http.StatusNotFound, "text/plain", "secret").URL },
			want:        noKeys + noFiles + noContainer + "instance metadata: SERVER: it answers 404",
		},
		"instance metadata that is down": {
			environment: map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "SERVER/secret"},
			server:      nobodyAt,
			want:        noKeys + noFiles + noContainer + "instance metadata: SERVER: connection refused",
		},
		"a token file that is not there": {
			environment: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "FOLDER/token", "AWS_ROLE_ARN": role},
			want: "environment: no AWS_ACCESS_KEY_ID; web identity: AWS_WEB_IDENTITY_TOKEN_FILE FOLDER/token: " +
				"open FOLDER/token: no such file or directory",
		},
		"a token without a role": {
			environment: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "FOLDER/config", "AWS_ROLE_ARN": " "},
			config:      "secret",
			want:        "environment: no AWS_ACCESS_KEY_ID; web identity: AWS_WEB_IDENTITY_TOKEN_FILE FOLDER/config: AWS_ROLE_ARN is not set",
		},
		"STS refuses the token": {
			environment: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "FOLDER/config", "AWS_ROLE_ARN": role, "AWS_ENDPOINT_URL_STS": "SERVER"},
			config:      "[secret]",
			server: func(t *testing.T) string {
				return answers(t, http.StatusForbidden, "text/xml",
					`<ErrorResponse><Error><Code>AccessDenied</Code><Message>secret</Message></Error></ErrorResponse>`).URL
			},
			want: "environment: no AWS_ACCESS_KEY_ID; web identity: AWS_WEB_IDENTITY_TOKEN_FILE FOLDER/config: " +
				"STS AssumeRoleWithWebIdentity answers AccessDenied",
		},
		"STS answers what is no code": {
			environment: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "FOLDER/config", "AWS_ROLE_ARN": role, "AWS_ENDPOINT_URL_STS": "SERVER"},
			config:      "[secret]",
			server: func(t *testing.T) string {
				return answers(t, http.StatusForbidden, "text/xml",
					"<ErrorResponse><Error><Code>a secret,\n another</Code></Error></ErrorResponse>").URL
			},
			want: "environment: no AWS_ACCESS_KEY_ID; web identity: AWS_WEB_IDENTITY_TOKEN_FILE FOLDER/config: " +
				"STS AssumeRoleWithWebIdentity answers 403",
		},
		"the container's agent answers 400": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/secret"},
			server:      func(t *testing.T) string { return answers(t, http.StatusBadRequest, "text/plain", "secret").URL },
			want:        noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: it answers 400",
		},
		"the container's agent answers 400 with a code": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER/secret"},
			server: func(t *testing.T) string {
				return answers(t, http.StatusBadRequest, "application/json", `{"code":"secret","message":"secret"}`).URL
			},
			want: noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: it answers 400",
		},
		"the container's agent answers no JSON": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER"},
			server:      func(t *testing.T) string { return answers(t, http.StatusOK, "text/html", "<secret>").URL },
			want:        noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: its answer cannot be read",
		},
		"the container's agent gives half of it": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER"},
			server:      func(t *testing.T) string { return answers(t, http.StatusOK, "", `{"AccessKeyId":"secret"}`).URL },
			want:        noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: the secret access key is empty",
		},
		"the container's agent is down": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER"},
			server:      nobodyAt,
			want:        noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: connection refused",
		},
		"the container's agent wants a token that is not there": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "FOLDER/token"},
			server:      nobodyAt,
			want: noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: " +
				"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: open FOLDER/token: no such file or directory",
		},
		"the container's agent is elsewhere": {
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.7/secret"},
			want: noKeys + noFiles + "container: AWS_CONTAINER_CREDENTIALS_FULL_URI at http://192.0.2.7: " +
				"it cannot be asked; with plain HTTP it must be this machine or an address of ECS or EKS",
		},
		"a profile that does not exist": {
			environment: map[string]string{"AWS_PROFILE": "nobody"},
			config:      "[default]\n",
			want: noKeys + "shared files: profile nobody of FOLDER/config and FOLDER/credentials (no such file or directory): " +
				"the shared files have no profile nobody",
		},
		"the profile of a setting": {
			profile: "nobody",
			config:  "[default]\n",
			want: "shared files: profile nobody of FOLDER/config and FOLDER/credentials (no such file or directory): " +
				"the shared files have no profile nobody",
		},
		"a process that fails and tells its secrets": {
			config: "[default]\ncredential_process = echo secret; exit 3\n",
			want:   noKeys + byConfig + ", its credential_process: it ends with exit status 3",
		},
		"a process that is not there": {
			config: "[default]\ncredential_process = /nowhere/secret 2>/dev/null\n",
			want:   noKeys + byConfig + ", its credential_process: it ends with exit status 127",
		},
		"a process that prints something else": {
			config: "[default]\ncredential_process = echo secret\n",
			want: noKeys + byConfig + ", its credential_process: " +
				"it does not print credentials in the form that the AWS SDKs ask for",
		},
		"a session that has ended": {
			config: "[default]\nsso_session = office\nsso_account_id = 123456789012\nsso_role_name = r\n" +
				"[sso-session office]\nsso_region = eu-west-1\nsso_start_url = https://secret.example.com/start\n",
			want: noKeys + byConfig + ", its SSO session: open FOLDER/.aws/sso/cache/e6427457497fe0f4f93a7334d2203b8e17ee82df.json: no such file or directory",
		},
		"a role that STS does not give": {
			config: "[default]\nrole_arn = " + role + "\nsource_profile = base\n" +
				"[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n",
			environment: map[string]string{"AWS_ENDPOINT_URL_STS": "SERVER"},
			server:      func(t *testing.T) string { return answers(t, http.StatusBadRequest, "text/plain", "secret").URL },
			want: noKeys + byConfig + " with role " + role + ", its source_profile base, its keys: " +
				"STS AssumeRole answers 400",
		},
		"a role with keys that no header can have": {
			config:      "[default]\nrole_arn = " + role + "\ncredential_source = Environment\n",
			environment: map[string]string{"AWS_ACCESS_KEY_ID": "AKI\nsecret", "AWS_SECRET_ACCESS_KEY": "secret"},
			profile:     "default",
			want: byConfig + " with role " + role + ", its credential_source Environment: " +
				"the access key ID has a character in it that no header of a call can have",
		},
		"a role by way of the container": {
			config:      "[default]\nrole_arn = " + role + "\ncredential_source = EcsContainer\n",
			environment: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "SERVER"},
			server:      nobodyAt,
			want: noKeys + byConfig + " with role " + role +
				", its credential_source, container: AWS_CONTAINER_CREDENTIALS_FULL_URI at SERVER: connection refused",
		},
		"keys that no header can have": {
			environment: map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "a\nsecret"},
			want:        "environment: the session token has a character in it that no header of a call can have",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			folder, server := cleanEnvironment(t), ""
			if c.server != nil {
				server = c.server(t)
			}
			filled := strings.NewReplacer("FOLDER", folder, "SERVER", server)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			if c.config != "" {
				write(t, filepath.Join(folder, "config"), c.config)
			}
			for name, value := range c.environment {
				t.Setenv(name, filled.Replace(value))
			}
			synctest.Test(t, func(t *testing.T) { // The SDK pauses between its attempts.
				_, err := From(Source{Profile: c.profile}, STS{Region: "us-east-1"})(context.Background())
				if want := filled.Replace(c.want); err == nil || err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			})
		})
	}
}

// Whatever hangs is named as well: the chain gives up before its deadline does.
func TestTheDefaultChainTellsWhatItHasWaitedFor(t *testing.T) {
	folder, release := cleanEnvironment(t), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	cases := map[string]struct {
		environment map[string]string
		want        string
	}{
		"container": {
			map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL},
			"container: AWS_CONTAINER_CREDENTIALS_FULL_URI at " + server.URL + ": no answer in time",
		},
		"instance metadata": {
			map[string]string{"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL},
			"instance metadata: " + server.URL + ": no answer in time",
		},
		"process": {
			map[string]string{"AWS_CONFIG_FILE": filepath.Join(folder, "process")},
			"its credential_process: no answer in time",
		},
	}
	write(t, filepath.Join(folder, "process"), "[default]\ncredential_process = exec cat "+endless(t, folder)+"\n")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for name, value := range c.environment {
				t.Setenv(name, value)
			}
			ctx, cancel := context.WithTimeout(context.Background(), keep.Grace+200*time.Millisecond)
			defer cancel()
			_, err := From(Source{}, STS{Region: "us-east-1"})(ctx)
			if err == nil || !strings.HasSuffix(err.Error(), c.want) || ctx.Err() != nil {
				t.Errorf("got %v (%v), want %s before the deadline", err, ctx.Err(), c.want)
			}
		})
	}
}

// endless returns a pipe that nobody writes to before the test ends. Whoever reads it then ends: a process that outlives the test would
// keep `go test` waiting, for it has the test's standard error.
func endless(t *testing.T, folder string) string {
	t.Helper()
	pipe := filepath.Join(folder, "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	t.Cleanup(func() {
		writer, err := os.OpenFile(pipe, os.O_RDWR, 0)
		must(t, err)
		must(t, writer.Close())
	})
	return pipe
}
