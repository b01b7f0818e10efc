// Package lambda is the function type for AWS Lambda: a request becomes a signed call of the Lambda API's Invoke, which
// leaves on Envoy's own connection, and the function's result becomes the answer. README.md is its manual.
//
//	settings.go, target.go, endpoint.go, content_type.go   what the configuration says, checked
//	identity.go, clock.go, reconsider.go                   with whose credentials and by which clock a call is signed
//	function.go, request.go                                the call: size, headers, signature
//	headers.go, client_context.go                          the call's x-amz-* headers
//	payload.go, payload_*.go                               the event a function gets, one file per format
//	event.go, context.go, route.go, escape.go              what the events have in common
//	claims.go, certificate.go, certificates.go             what they tell of who calls
//	answer.go, failure.go, report.go                       the Lambda API's answer, its errors, its log
//	answer_format.go, answer_*.go                          what a function's result means, one file per format
//	groups.go, json_*.go                                   lists by name; JSON, written and read in one pass
package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/credentials"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/reminder"
)

func init() { plugins.Register(newType()) }

// lambda is the function type.
type lambda struct {
	credentials *credentials.Pool
	clocks      *clocks
	// certificates are those of clients.
	certificates *certificates
	// Tests replace these.
	fetch       func(credentials.Source, credentials.STS) credentials.Fetch
	now         func() time.Time
	chainRegion func(profile string) string
}

var (
	_ plugins.Type      = (*lambda)(nil)
	_ plugins.CallsOnly = (*lambda)(nil)
)

func newType() *lambda {
	return &lambda{
		credentials: credentials.NewPool(),
		clocks:      newClocks(),

		certificates: newCertificates(),
		fetch:        credentials.From,
		now:          time.Now,
		chainRegion:  func(profile string) string { return credentials.DefaultRegion(context.Background(), profile) },
	}
}

func (l *lambda) Name() string { return "lambda" }

func (l *lambda) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

// A cluster of the Lambda API understands
// nothing but signed calls.
func (l *lambda) CallsOnly() {}

func (l *lambda) NewUpstream(environment plugins.Environment, given plugins.Settings) (plugins.Upstream, error) {
	if _, err := readOptions(given); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	return &upstream{lambda: l, environment: environment}, nil
}

// upstream is a cluster. All it offers is decided per function, for a route may override every setting.
type upstream struct {
	lambda      *lambda
	environment plugins.Environment
}

func (u *upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	o, err := readOptions(spec.Settings)
	if err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	if spec.Response != "" {
		return nil, errors.New("lambda: it takes no response template; the function's answer says it all")
	}
	t, err := u.target(spec.Target, o)
	if err != nil {
		return nil, fmt.Errorf("lambda: target %q: %w", spec.Target, err)
	}
	at, err := o.locate(t.region)
	if err != nil {
		return nil, fmt.Errorf("lambda: target %q: %w", spec.Target, err)
	}
	identity, err := o.identity(t.region, o.FIPS)
	if err != nil {
		return nil, fmt.Errorf("lambda: target %q: %w", spec.Target, err)
	}
	invoked := invocationOf(o.Invocation)
	f := &function{
		name:        spec.Name,
		invocation:  invoked,
		payload:     payloadOf(o, t, spec.Parameters, u.lambda.certificates),
		payloads:    o.tokens.header,
		host:        at.host,
		path:        invoked.path(sigv4.Escape(t.functionName())),
		environment: u.environment,
		now:         u.lambda.now,
		credentials: u.lambda.credentials.Provider(identity, u.lambda.fetch),
		clock:       u.lambda.clocks.of(at.host),
		warned:      new(reminder.Reminder),
		passErrors:  o.FunctionError == functionErrorPass,
	}
	if f.headers, err = compileHeaders(o, f.invocation, spec.Parameters); err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	query := ""
	if t.qualifier != "" {
		query = "Qualifier=" + sigv4.Escape(t.qualifier)
	}
	f.signer = sigv4.New(sigv4.Operation{
		Method: "POST", Host: f.host, Path: f.path, Query: query, Region: t.region, Service: "lambda",
	})
	if query != "" {
		f.path += "?" + query
	}
	return f, nil
}

func (u *upstream) target(text string, o options) (target, error) {
	t, err := parseTarget(text)
	if err != nil {
		return target{}, err
	}
	if t, err = t.qualify(o.Qualifier); err != nil {
		return target{}, err
	}
	return t.locate(o.Region, func() string { return u.lambda.chainRegion(o.chainProfile()) })
}
