package credentials

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/funcroute/funcroute/plugins/kit/keep"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

// fakeSTS gives each role the key "AKID" and the role's name, unless it refuses.
type fakeSTS struct {
	*httptest.Server
	mutex sync.Mutex
	asked []question
	// refuse is the error code for a role's name.
	refuse map[string]string
	// ahead is how far its clock is ahead of ours.
	ahead time.Duration
}

// question is a request as it arrived.
type question struct {
	url.Values
	// key is who signed, region for where.
	key, region, token string
	// closes is that the connection is not kept for later.
	closes bool
}

func startSTS(t *testing.T) *fakeSTS {
	t.Helper()
	s := &fakeSTS{refuse: map[string]string{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP implements http.Handler.
func (s *fakeSTS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	q := question{Values: r.Form, token: r.Header.Get("X-Amz-Security-Token"), closes: r.Close}
	if _, scope, signed := strings.Cut(r.Header.Get("Authorization"), "Credential="); signed {
		parts := strings.Split(scope, "/")
		q.key, q.region = parts[0], parts[2]
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked = append(s.asked, q)
	now := time.Now().Add(s.ahead).UTC()
	w.Header().Set("Date", now.Format(http.TimeFormat))
	arn := q.Get("RoleArn")
	name := arn[strings.LastIndex(arn, "/")+1:]
	if code := s.refuse[name]; code != "" {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>a secret</Message></Error></ErrorResponse>`, code)
		return
	}
	duration, _ := time.ParseDuration(q.Get("DurationSeconds") + "s")
	_, _ = fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Credentials><AccessKeyId>AKID%[2]s</AccessKeyId>`+
		`<SecretAccessKey>secret of %[2]s</SecretAccessKey><SessionToken>token of %[2]s</SessionToken>`+
		`<Expiration>%[3]s</Expiration></Credentials></%[1]sResult></%[1]sResponse>`,
		q.Get("Action"), name, now.Add(duration).Format(time.RFC3339))
}

func (s *fakeSTS) questions() []question {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]question(nil), s.asked...)
}

func (s *fakeSTS) at() STS { return STS{Region: "eu-west-1", Endpoint: s.URL} }

func roleNamed(name string) Role {
	return Role{ARN: "arn:aws:iam::123456789012:role/path/" + name, SessionName: "funcroute", Duration: time.Hour}
}

// get is what a request does that has to wait.
func get(t *testing.T, p *Provider, environment *plugintest.Environment) error {
	t.Helper()
	done := make(chan error, 1)
	p.Await(environment, func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-time.After(2 * keep.Deadline):
		t.Fatal("no answer")
		return nil
	}
}

// environmentKeys has the default chain find a key.
func environmentKeys(t *testing.T) {
	t.Helper()
	cleanEnvironment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDBASE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret of the base")
}

func TestARoleIsAssumed(t *testing.T) {
	environmentKeys(t)
	server := startSTS(t)
	role := roleNamed("caller")
	role.SessionName, role.ExternalID, role.Duration, role.Tags = "gateway", "x-1", 15*time.Minute, "team=shop\nnote=a=b c\nempty="
	p := NewPool("lambda").Provider(Identity{Roles: []Role{role}, STS: server.at()}, From)
	if err := get(t, p, &plugintest.Environment{}); err != nil {
		t.Fatal(err)
	}
	if got := p.Identity(); got.AccessKeyID != "AKIDcaller" || got.SecretAccessKey != "secret of caller" || got.SessionToken != "token of caller" {
		t.Errorf("identity: got %s", got.AccessKeyID)
	}
	if left := time.Until(p.Expires()); left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("expires: got in %s, want in 15 minutes", left)
	}
	asked := server.questions()
	if len(asked) != 1 || asked[0].key != "AKIDBASE" || asked[0].region != "eu-west-1" || asked[0].token != "" {
		t.Fatalf("STS: got %+v, want one question signed with AKIDBASE for eu-west-1", asked)
	}
	if !asked[0].closes {
		t.Error("the connection is kept, which no later fetch will use")
	}
	for name, want := range map[string]string{
		"Action": "AssumeRole", "RoleArn": role.ARN, "RoleSessionName": "gateway", "ExternalId": "x-1", "DurationSeconds": "900",
		"Tags.member.1.Key": "team", "Tags.member.1.Value": "shop", "Tags.member.2.Key": "note", "Tags.member.2.Value": "a=b c",
		"Tags.member.3.Key": "empty", "Tags.member.3.Value": "", "Tags.member.4.Key": "",
	} {
		if got := asked[0].Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAChainOfRolesSharesItsBeginning(t *testing.T) {
	environmentKeys(t)
	server := startSTS(t)
	pool := NewPool("lambda")
	hub := roleNamed("hub")
	one := pool.Provider(Identity{Roles: []Role{hub, roleNamed("one")}, STS: server.at()}, From)
	two := pool.Provider(Identity{Roles: []Role{hub, roleNamed("two")}, STS: server.at()}, From)
	if pool.Provider(Identity{Roles: []Role{hub, roleNamed("two")}, STS: server.at()}, From) != two {
		t.Error("the same identity has two providers")
	}
	other := roleNamed("two")
	other.ExternalID = "another"
	if pool.Provider(Identity{Roles: []Role{hub, other}, STS: server.at()}, From) == two {
		t.Error("two identities have one provider")
	}
	for _, p := range []*Provider{one, two} {
		if err := get(t, p, &plugintest.Environment{}); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, q := range server.questions() {
		got = append(got, q.key+" "+q.token+" "+q.Get("RoleArn")[len("arn:aws:iam::123456789012:role/path/"):])
	}
	want := "AKIDBASE  hub, AKIDhub token of hub one, AKIDhub token of hub two"
	if strings.Join(got, ", ") != want {
		t.Errorf("STS: got %q, want %q", strings.Join(got, ", "), want)
	}
	if one.Identity().AccessKeyID != "AKIDone" || two.Identity().AccessKeyID != "AKIDtwo" {
		t.Error("the last role's credentials do not sign")
	}
}

func TestAWebIdentityIsExchangedForTheFirstRole(t *testing.T) {
	token := filepath.Join(cleanEnvironment(t), "token")
	server := startSTS(t)
	synctest.Test(t, func(t *testing.T) {
		p := NewPool("lambda").Provider(Identity{
			Source: Source{TokenFile: token, TokenRole: roleNamed("first")}, Roles: []Role{roleNamed("last")}, STS: server.at(),
		}, From)
		environment := &plugintest.Environment{}
		if err := get(t, p, environment); err == nil {
			t.Error("got credentials without a token")
		}
		if got := fmt.Sprint(environment.Warnings()); !strings.Contains(got, token) || !strings.Contains(got, "role/path/first") {
			t.Errorf("log: got %s, want the file and the role that it is for", got)
		}
		write(t, token, "ey.one\n")
		time.Sleep(time.Minute)
		if err := get(t, p, environment); err != nil {
			t.Fatal(err)
		}
	})
	asked := server.questions()
	if len(asked) != 2 || asked[0].Get("Action") != "AssumeRoleWithWebIdentity" || asked[0].Get("WebIdentityToken") != "ey.one" ||
		asked[0].key != "" || asked[1].Get("Action") != "AssumeRole" || asked[1].key != "AKIDfirst" {
		t.Errorf("STS: got %+v, want the token exchanged for first, and with it last assumed", asked)
	}
}

func TestARefusedRoleIsNamedWithTheErrorCode(t *testing.T) {
	environmentKeys(t)
	server := startSTS(t)
	server.refuse["caller"] = "AccessDenied"
	caller := roleNamed("caller")
	caller.ExternalID = "a-secret-to-some"
	for name, roles := range map[string][]Role{
		"alone":      {caller},
		"in a chain": {caller, roleNamed("last")},
	} {
		t.Run(name, func(t *testing.T) {
			environment := &plugintest.Environment{}
			if err := get(t, NewPool("lambda").Provider(Identity{Roles: roles, STS: server.at()}, From), environment); err == nil {
				t.Error("got credentials from nowhere")
			}
			got := environment.Warnings()
			if len(got) != 1 || !strings.Contains(got[0], "role/path/caller") || !strings.Contains(got[0], "STS AssumeRole answers AccessDenied") ||
				strings.Contains(got[0], "secret") {
				t.Errorf("log: got %q, want the role and the error code, no message", got)
			}
		})
	}
}

func TestCredentialsThatSTSRefusesAreFetchedAnew(t *testing.T) {
	environmentKeys(t)
	server := startSTS(t)
	server.refuse["caller"] = "ExpiredToken"
	keys := &source{found: Credentials{AccessKeyID: "one", SecretAccessKey: "secret"}}
	from := func(Source, STS) Fetch { return keys.fetch }
	synctest.Test(t, func(t *testing.T) {
		pool, environment := NewPool("lambda"), &plugintest.Environment{}
		base := pool.Provider(Identity{STS: server.at()}, from)
		if err := get(t, base, environment); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		keys.set(func(s *source) { s.found.AccessKeyID = "two" })
		if err := get(t, pool.Provider(Identity{Roles: []Role{roleNamed("caller")}, STS: server.at()}, from), environment); err == nil {
			t.Error("got credentials from nowhere")
		}
		synctest.Wait()
		if got := base.Identity().AccessKeyID; got != "two" {
			t.Errorf("the key is %s: they were not fetched anew", got)
		}
	})
}

func TestUnreachableSTS(t *testing.T) {
	environmentKeys(t)
	at := STS{Region: "eu-west-1", Endpoint: nobodyAt(t)}
	environment := &plugintest.Environment{}
	synctest.Test(t, func(t *testing.T) { // The SDK pauses between its attempts.
		start := time.Now()
		if err := get(t, NewPool("lambda").Provider(Identity{Roles: []Role{roleNamed("caller")}, STS: at}, From), environment); err == nil {
			t.Error("got credentials from nowhere")
		}
		if took := time.Since(start); took > keep.Deadline+time.Second {
			t.Errorf("took %s, want at most %s", took, keep.Deadline)
		}
	})
	if got := fmt.Sprint(environment.Warnings()); !strings.Contains(got, "role/path/caller") || !strings.Contains(got, "STS AssumeRole does not answer") {
		t.Errorf("log: got %s", got)
	}
}

// A clock that is two hours slow or fast does not make credentials of an hour last three or none.
func TestTheEndOfCredentialsIsByOurClock(t *testing.T) {
	for _, ahead := range []time.Duration{-2 * time.Hour, 0, 2 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			environmentKeys(t)
			server := startSTS(t)
			server.ahead = ahead
			p := NewPool("lambda").Provider(Identity{Roles: []Role{roleNamed("caller")}, STS: server.at()}, From)
			if err := get(t, p, &plugintest.Environment{}); err != nil {
				t.Fatal(err)
			}
			if left := time.Until(p.Expires()); (left - time.Hour).Abs() > 10*time.Second {
				t.Errorf("got an end in %s, want in an hour", left)
			}
		})
	}
}

// hosts notes where a client of STS goes.
type hosts struct{ got string }

// Do implements sts.HTTPClient.
func (h *hosts) Do(r *http.Request) (*http.Response, error) {
	h.got = r.URL.Scheme + "://" + r.URL.Host
	return nil, context.Canceled
}

func TestWhereSTSIs(t *testing.T) {
	cases := map[string]struct {
		at          STS
		environment map[string]string
		want        string
	}{
		"a region":                 {STS{Region: "us-east-1"}, nil, "https://sts.us-east-1.amazonaws.com"},
		"FIPS":                     {STS{Region: "us-east-2", FIPS: true}, nil, "https://sts-fips.us-east-2.amazonaws.com"},
		"GovCloud":                 {STS{Region: "us-gov-west-1"}, nil, "https://sts.us-gov-west-1.amazonaws.com"},
		"GovCloud, FIPS":           {STS{Region: "us-gov-west-1", FIPS: true}, nil, "https://sts.us-gov-west-1.amazonaws.com"},
		"China":                    {STS{Region: "cn-north-1"}, nil, "https://sts.cn-north-1.amazonaws.com.cn"},
		"an isolated region":       {STS{Region: "us-iso-east-1"}, nil, "https://sts.us-iso-east-1.c2s.ic.gov"},
		"the sovereign cloud":      {STS{Region: "eusc-de-east-1"}, nil, "https://sts.eusc-de-east-1.amazonaws.eu"},
		"an endpoint":              {STS{Region: "us-east-1", Endpoint: "http://localhost:1"}, nil, "http://localhost:1"},
		"the environment's":        {STS{Region: "us-east-1"}, map[string]string{"AWS_ENDPOINT_URL_STS": "http://localhost:2"}, "http://localhost:2"},
		"ours, not the former":     {STS{Region: "us-east-1", Endpoint: "http://localhost:1"}, map[string]string{"AWS_ENDPOINT_URL_STS": "http://localhost:2"}, "http://localhost:1"},
		"not another region's":     {STS{Region: "us-east-1"}, map[string]string{"AWS_REGION": "eu-west-1"}, "https://sts.us-east-1.amazonaws.com"},
		"ours, FIPS elsewhere":     {STS{Region: "us-east-1", Endpoint: "http://localhost:1"}, map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "http://localhost:1"},
		"ours, dual stack as well": {STS{Region: "us-east-1", Endpoint: "http://localhost:1"}, map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "http://localhost:1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cleanEnvironment(t)
			for key, value := range c.environment {
				t.Setenv(key, value)
			}
			client, err := c.at.client(context.Background(), &clock{}, aws.AnonymousCredentials{})
			if err != nil {
				t.Fatal(err)
			}
			var there hosts
			_, _ = client.AssumeRoleWithWebIdentity(context.Background(), &sts.AssumeRoleWithWebIdentityInput{
				RoleArn: aws.String("arn"), RoleSessionName: aws.String("one"), WebIdentityToken: aws.String("token"),
			}, func(o *sts.Options) { o.HTTPClient, o.RetryMaxAttempts = &there, 1 })
			if there.got != c.want {
				t.Errorf("got %q, want %q", there.got, c.want)
			}
		})
	}
}

func TestAnAnswerOfSTSWithoutCredentialsIsNamed(t *testing.T) {
	environmentKeys(t)
	at := STS{Region: "eu-west-1", Endpoint: answers(t, http.StatusOK, "text/xml", "").URL}
	environment := &plugintest.Environment{}
	if err := get(t, NewPool("lambda").Provider(Identity{Roles: []Role{roleNamed("caller")}, STS: at}, From), environment); err == nil {
		t.Error("got credentials from nowhere")
	}
	if got := fmt.Sprint(environment.Warnings()); !strings.Contains(got, "role/path/caller cannot be had: the answer of STS has no credentials in it") {
		t.Errorf("log: got %s", got)
	}
}
