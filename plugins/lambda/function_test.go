package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/plugintest"
	"github.com/funcroute/funcroute/reminder"
)

// newFunction compiles a function of a type that takes its credentials from the test.
func newFunction(t testing.TB, settings plugins.Settings, fetch credentials.Fetch) (*function, *plugintest.Environment) {
	t.Helper()
	return newFunctionOf(t, settings, fetch, nil)
}

// newFunctionWith compiles a function with parameters.
func newFunctionWith(t testing.TB, settings plugins.Settings, templates map[string]string) (*function, *plugintest.Environment) {
	t.Helper()
	return newFunctionOf(t, settings, static, templates)
}

func newFunctionOf(t testing.TB, settings plugins.Settings, fetch credentials.Fetch, templates map[string]string) (*function, *plugintest.Environment) {
	t.Helper()
	l := newType()
	l.callers.Fetch = func(credentials.Source, credentials.STS) credentials.Fetch { return fetch }
	l.callers.Now = func() time.Time { return noon }
	l.callers.Region = func(string) string { return "us-east-1" }
	environment := &plugintest.Environment{}
	upstream, err := l.NewUpstream(environment, settings)
	if err != nil {
		t.Fatal(err)
	}
	set, err := parameters.Compile(templates)
	if err != nil {
		t.Fatal(err)
	}
	f, err := upstream.NewFunction(plugins.FunctionSpec{Name: "hello", Target: "hello", Settings: settings, Parameters: set})
	if err != nil {
		t.Fatal(err)
	}
	return f.(*function), environment
}

// static gives credentials with a session token.
func static(context.Context) (credentials.Credentials, error) {
	return credentials.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}, nil
}

func await(t testing.TB, f *function) error {
	t.Helper()
	done := make(chan error, 1)
	stop := f.Await(func(err error) { done <- err })
	defer stop()
	select {
	case err := <-done:
		return err
	case <-time.After(5 * time.Second):
		t.Fatal("no answer")
		return nil
	}
}

func wantReason(t testing.TB, err error, want plugins.Reason) {
	t.Helper()
	var failure *plugins.Error
	if !errors.As(err, &failure) || failure.Reason != want {
		t.Errorf("error: got %v, want %s", err, want)
	}
}

func TestNothingLeavesWithoutCredentials(t *testing.T) {
	f, environment := newFunction(t, nil, func(context.Context) (credentials.Credentials, error) {
		return credentials.Credentials{}, errors.New("no luck")
	})
	if f.Ready() {
		t.Error("ready without credentials")
	}
	wantReason(t, await(t, f), plugins.CredentialsUnavailable)

	headers := typical()
	before := fmt.Sprint(headers.List())
	reply, err := f.Request(newRequest(headers, nil))
	wantReason(t, err, plugins.CredentialsUnavailable)
	if reply != nil || fmt.Sprint(headers.List()) != before {
		t.Errorf("got %v and headers %v, want nothing touched", reply, headers.List())
	}
	if got := environment.Counted("funcroute.credentials.failed"); got != 1 {
		t.Errorf("failed: got %d, want 1", got)
	}
}

func TestASessionTokenIsSentAndSigned(t *testing.T) {
	f, _ := newFunction(t, plugins.Settings{"payload": "body"}, static)
	if err := await(t, f); err != nil {
		t.Fatal(err)
	}
	r := newRequest(typical(), []byte("{}"))
	if _, err := f.Request(r); err != nil {
		t.Fatal(err)
	}
	if got := r.Headers.Values("x-amz-security-token"); len(got) != 1 || got[0] != "token" {
		t.Errorf("x-amz-security-token: got %q", got)
	}
	want := "SignedHeaders=host;x-amz-date;x-amz-invocation-type;x-amz-security-token,"
	if got := r.Headers.Get("authorization"); !strings.Contains(got, want) {
		t.Errorf("authorization: got %q, want %q in it", got, want)
	}
	if got, want := r.Headers.Get("x-amz-date"), "20200304T191517Z"; got != want {
		t.Errorf("x-amz-date: got %q, want %q", got, want)
	}
}

func TestEventsThatAreTooLarge(t *testing.T) {
	const kilobyte, megabyte = 1 << 10, 1 << 20
	cases := map[string]struct {
		settings plugins.Settings
		size     int
		fits     bool
	}{
		"6 MB, synchronous":      {plugins.Settings{"payload": "body"}, 6 * megabyte, true},
		"more, synchronous":      {plugins.Settings{"payload": "body"}, 6*megabyte + 1, false},
		"1 MB, asynchronous":     {plugins.Settings{"payload": "body", "invocation": "event"}, megabyte, true},
		"more, asynchronous":     {plugins.Settings{"payload": "body", "invocation": "event"}, megabyte + 1, false},
		"6 MB, dry run":          {plugins.Settings{"payload": "body", "invocation": "dry-run"}, 6 * megabyte, true},
		"1 MB in base64, alb":    {plugins.Settings{"payload": "alb"}, megabyte / 4 * 3, true},
		"more in base64, alb":    {plugins.Settings{"payload": "alb"}, megabyte/4*3 + 1, false},
		"fits in base64":         {plugins.Settings{}, 6*megabyte*3/4 - 2*kilobyte, true},
		"does not fit in base64": {plugins.Settings{}, 6 * megabyte * 3 / 4, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f, _ := newFunction(t, c.settings, static)
			if err := await(t, f); err != nil {
				t.Fatal(err)
			}
			headers := plugintest.NewHeaders([2]string{":method", "POST"}, [2]string{":path", "/"})
			_, err := f.Request(newRequest(headers, make([]byte, c.size)))
			if c.fits && err != nil {
				t.Errorf("got %v, want none", err)
			}
			if !c.fits {
				wantReason(t, err, plugins.BodyTooLarge)
			}
		})
	}
}

func TestABodyOfUnknownLengthGetsOne(t *testing.T) {
	f, _ := newFunction(t, plugins.Settings{"payload": "body"}, static)
	if err := await(t, f); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		length string
		want   bool
	}{"chunked": {"", true}, "with a length": {"2", false}} {
		headers := plugintest.NewHeaders([2]string{":method", "POST"}, [2]string{":path", "/"})
		if c.length != "" {
			headers.Add("content-length", c.length)
		}
		r := newRequest(headers, []byte("{}"))
		if _, err := f.Request(r); err != nil {
			t.Fatal(err)
		}
		if got := r.BodyReplaced(); got != c.want {
			t.Errorf("%s: replaced: got %t, want %t", name, got, c.want)
		}
	}
}

func TestAnswersOfTheBodyPayloadStream(t *testing.T) {
	f, _ := newFunction(t, plugins.Settings{"payload": "body"}, static)
	answer := plugins.NewAnswer(newRequest(typical(), nil), plugintest.NewHeaders([2]string{":status", "200"}))
	if needsBody, err := f.Headers(answer); needsBody || err != nil {
		t.Errorf("got %t, %v, want no need of the body", needsBody, err)
	}
}

func TestAWarningIsNotRepeatedForEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, environment := newFunction(t, nil, static)
		reject := func(status, errorType string) {
			headers := plugintest.NewHeaders([2]string{":status", status}, [2]string{"x-amzn-errortype", errorType})
			_, err := f.Headers(plugins.NewAnswer(newRequest(typical(), nil), headers))
			if err == nil {
				t.Error("got no error")
			}
		}
		for range 100 {
			reject("403", "AccessDeniedException")
			reject("404", "ResourceNotFoundException")
		}
		if got := environment.Warnings(); len(got) != 2 {
			t.Errorf("log: got %q, want two lines", got)
		}
		time.Sleep(reminder.Every) // Of the bubble's clock.
		reject("403", "AccessDeniedException")
		if got := environment.Warnings(); len(got) != 3 {
			t.Errorf("log a minute later: got %q, want three lines", got)
		}
		for n := range 1000 {
			reject("500", fmt.Sprint("Type", n))
		}
		if got := environment.Warnings(); len(got) > 3+reminder.Most {
			t.Errorf("log of ever new failures: got %d lines, want at most %d", len(got), 3+reminder.Most)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	cases := map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "0": 0, "-1": 0, "1.5": 0, "soon": 0, "99999999999999999999": 0, "86401": 0,
		"Wed, 21 Oct 2026 07:28:00 GMT": 0,
	}
	for header, want := range cases {
		if got := retryAfter(header); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}

func TestFunctionsOfARegionShareTheirCredentials(t *testing.T) {
	l := newType()
	identities := 0
	l.callers.Fetch = func(credentials.Source, credentials.STS) credentials.Fetch {
		identities++
		return static
	}
	set, err := parameters.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"us-east-1", "us-east-1", "eu-west-1"} {
		settings := plugins.Settings{"region": region}
		upstream, err := l.NewUpstream(&plugintest.Environment{}, settings)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := upstream.NewFunction(plugins.FunctionSpec{Target: "hello", Settings: settings, Parameters: set}); err != nil {
			t.Fatal(err)
		}
	}
	if identities != 2 {
		t.Errorf("identities: got %d, want one for each region", identities)
	}
}

func BenchmarkRequest(b *testing.B) {
	for name, c := range map[string]struct {
		payload string
		body    []byte
	}{
		"body/GET":                {"body", nil},
		"body/POST 1 KB":          {"body", body1K()},
		"apigateway-v2/GET":       {"apigateway-v2", nil},
		"apigateway-v2/POST 1 KB": {"apigateway-v2", body1K()},
	} {
		b.Run(name, func(b *testing.B) {
			f, _ := newFunction(b, plugins.Settings{"payload": c.payload}, static)
			if err := await(b, f); err != nil {
				b.Fatal(err)
			}
			headers := typical()
			b.ReportAllocs()
			for b.Loop() {
				r := newRequest(headers.Clone(), c.body)
				if _, err := f.Request(r); err != nil {
					b.Fatal(err)
				}
				r.Release()
			}
		})
	}
}
