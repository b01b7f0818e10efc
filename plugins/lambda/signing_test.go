package lambda

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// A cluster may say the one half of an identity and a route the other.
func TestAClusterNeedNotSayAll(t *testing.T) {
	cluster := plugins.Settings{"region": "eu-west-1", "role_external_id": "x-1", "role_tags": []string{"a=b"}}
	l := newType()
	upstream, err := l.NewUpstream(&plugintest.Environment{}, cluster)
	if err != nil {
		t.Fatal(err)
	}
	spec := plugins.FunctionSpec{Target: "hello", Settings: cluster, Parameters: &parameters.Set{}}
	if _, err := upstream.NewFunction(spec); err == nil {
		t.Error("got a function with an external id for nobody")
	}
	cluster["role_arn"] = "arn:aws:iam::123456789012:role/caller"
	if _, err := upstream.NewFunction(spec); err != nil {
		t.Error(err)
	}
}

func TestRefusedCredentialsAreFetchedAnew(t *testing.T) {
	cases := map[string]bool{
		"ExpiredTokenException": true, "UnrecognizedClientException": true, "InvalidSignatureException": true,
		"ExpiredTokenException:http://internal.amazon.com/coral/": true,
		"AccessDeniedException":                                   false, "ResourceNotFoundException": false, "": false,
	}
	for errorType, want := range cases {
		t.Run(errorType, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fetches := 0
				f, _ := newFunction(t, nil, func(ctx context.Context) (credentials.Credentials, error) {
					fetches++
					return static(ctx)
				})
				if err := await(t, f); err != nil {
					t.Fatal(err)
				}
				time.Sleep(30 * time.Second) // They are no longer new, and not yet looked up anew.
				answer := plugintest.NewHeaders([2]string{":status", "403"}, [2]string{"x-amzn-errortype", errorType})
				_, err := f.Headers(plugins.NewAnswer(newRequest(typical(), nil), answer))
				wantReason(t, err, plugins.UpstreamRejected)
				synctest.Wait()
				if (fetches == 2) != want {
					t.Errorf("fetches: got %d, want another one: %t", fetches, want)
				}
			})
		})
	}
}

// TestSecretsAreNowhere greps all that a function shows for the secrets that it uses.
func TestSecretsAreNowhere(t *testing.T) {
	secrets := credentials.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "s3cr3t-key", SessionToken: "s3cr3t-token"}
	f, environment := newFunction(t, plugins.Settings{"payload": "body"}, func(context.Context) (credentials.Credentials, error) {
		return secrets, nil
	})
	if err := await(t, f); err != nil {
		t.Fatal(err)
	}
	r := newRequest(typical(), []byte("{}"))
	if _, err := f.Request(r); err != nil {
		t.Fatal(err)
	}
	shown := []string{fmt.Sprintf("%v %+v", r.Annotations(), secrets), fmt.Sprintf("%#v", secrets)}
	for _, errorType := range []string{"ExpiredTokenException", "InvalidSignatureException", "AccessDeniedException"} {
		headers := plugintest.NewHeaders([2]string{":status", "403"}, [2]string{"x-amzn-errortype", errorType},
			[2]string{"date", "Wed, 04 Mar 2020 21:15:17 GMT"})
		answer := plugins.NewAnswer(r, headers)
		answer.Receive([]byte(`{"message":"The canonical string is s3cr3t-token"}`))
		_, err := f.Headers(answer)
		shown = append(shown, fmt.Sprint(err, answer.Annotations()))
	}
	shown = append(shown, fmt.Sprint(environment.Warnings()))
	if got := strings.Join(shown, "\n"); strings.Contains(got, "s3cr3t") {
		t.Errorf("a secret stands in:\n%s", got)
	}
}

// refuse has a function see a refusal by an endpoint whose clock shows a time.
func refuse(f *function, errorType string, theirs time.Time, more ...[2]string) {
	headers := append(more, [2]string{":status", "403"}, [2]string{"x-amzn-errortype", errorType},
		[2]string{"date", theirs.UTC().Format(http.TimeFormat)})
	_, _ = f.Headers(plugins.NewAnswer(newRequest(typical(), nil), plugintest.NewHeaders(headers...)))
}

func TestSignaturesFollowTheEndpointsClock(t *testing.T) {
	f, _ := newFunction(t, plugins.Settings{"payload": "body"}, static)
	if err := await(t, f); err != nil {
		t.Fatal(err)
	}
	wantDate := func(want string) {
		t.Helper()
		r := newRequest(typical(), []byte("{}"))
		if _, err := f.Request(r); err != nil {
			t.Fatal(err)
		}
		if got := r.Headers.Get("x-amz-date"); got != want {
			t.Errorf("x-amz-date: got %q, want %q", got, want)
		}
	}
	wantDate("20200304T191517Z")
	refuse(f, "InvalidSignatureException", noon.Add(5*time.Hour))
	wantDate("20200305T001517Z") // Another day, and so another scope.
	refuse(f, "InvalidSignatureException", noon.Add(5*time.Hour+time.Minute))
	wantDate("20200305T001517Z")
	refuse(f, "InvalidSignatureException", noon) // Our clock was set.
	wantDate("20200304T191517Z")
}
