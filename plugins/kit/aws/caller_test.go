package aws

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/plugins/plugintest"
)

var noon = time.Date(2020, time.March, 4, 12, 0, 0, 0, time.UTC)

// newCaller returns a caller whose machine's clock shows noon, for ever.
func newCaller() (*Caller, *plugintest.Environment) {
	callers := NewCallers("sqs")
	callers.Now = func() time.Time { return noon }
	callers.Fetch = func(credentials.Source, credentials.STS) credentials.Fetch { return static }
	environment := &plugintest.Environment{}
	return callers.Caller(environment, "sqs.eu-west-1.amazonaws.com", credentials.Identity{}), environment
}

func static(context.Context) (credentials.Credentials, error) {
	return credentials.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "token"}, nil
}

func TestACallerSignsByTheHostsClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caller, _ := newCaller()
		signer := sigv4.New(sigv4.Operation{Method: "POST", Host: caller.host, Path: "/", Region: "eu-west-1", Service: "sqs"})
		var failure *plugins.Error
		if _, err := caller.Sign(signer, nil, nil); !errors.As(err, &failure) || failure.Reason != plugins.CredentialsUnavailable {
			t.Errorf("without credentials: got %v", err)
		}
		if caller.Ready() {
			t.Error("ready without credentials")
		}
		done := make(chan error, 1)
		defer caller.Await(func(err error) { done <- err })()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		caller.Reconsider("InvalidSignatureException", plugintest.NewHeaders([2]string{"date", at(time.Hour)}))
		got, err := caller.Sign(signer, nil, nil)
		if err != nil || got.Date != "20200304T130000Z" || got.SecurityToken != "token" || !strings.Contains(got.Authorization, "/20200304/eu-west-1/sqs/") {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestCallersShareCredentialsAndClocks(t *testing.T) {
	callers := NewCallers("sqs")
	of := func(host, region string) *Caller {
		return callers.Caller(&plugintest.Environment{}, host, credentials.Identity{STS: credentials.STS{Region: region}})
	}
	one, same, region, host := of("a", "eu-west-1"), of("a", "eu-west-1"), of("a", "us-east-1"), of("b", "eu-west-1")
	if one.credentials != same.credentials || one.credentials != host.credentials || one.credentials == region.credentials {
		t.Error("an identity has not one provider")
	}
	if one.clock != same.clock || one.clock != region.clock || one.clock == host.clock {
		t.Error("a host has not one clock")
	}
}
