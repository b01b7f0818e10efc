// Package lambda is the function type for AWS Lambda: a request becomes a signed call of the Lambda API's Invoke, which
// leaves on Envoy's own connection, and the function's result becomes the answer. README.md is its manual.
//
//	settings.go, target.go          what the configuration says, checked
//	function.go, request.go         the call: size, headers, signature
//	headers.go, client_context.go   the call's x-amz-* headers
//	answer.go, failure.go           the Lambda API's answer and its errors
//	report.go                       what the end of a function's log reports
//	stream.go                       an answer that comes while the function is making it
//	format                          the event that a function gets and what its result means, one file per format
//	eventstream                     the frames in which a streamed result comes
//
// Credentials, hosts and signatures are those of plugins/kit/aws.
package lambda

import (
	"errors"
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/plugins/lambda/format"
	"github.com/funcroute/funcroute/reminder"
)

func init() { plugins.Register(newType()) }

// lambda is the function type.
type lambda struct {
	callers      *aws.Callers
	certificates *format.Certificates
}

var (
	_ plugins.Type      = (*lambda)(nil)
	_ plugins.CallsOnly = (*lambda)(nil)
)

func newType() *lambda {
	return &lambda{callers: aws.NewCallers("lambda"), certificates: format.NewCertificates()}
}

func (l *lambda) Name() string { return "lambda" }

func (l *lambda) Settings() []plugins.Setting { return plugins.SettingsOf(settings{}) }

// A cluster of the Lambda API understands nothing but signed calls.
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

var _ plugins.Upstream = (*upstream)(nil)

func (u *upstream) NewFunction(spec plugins.FunctionSpec) (plugins.Function, error) {
	o, err := readOptions(spec.Settings)
	if err != nil {
		return nil, fmt.Errorf("lambda: %w", err)
	}
	if spec.AnswerTemplate != "" {
		return nil, errors.New("lambda: it takes no response template; the function's answer says it all")
	}
	t, err := u.target(spec.Target, o)
	if err != nil {
		return nil, fmt.Errorf("lambda: target %q: %w", spec.Target, err)
	}
	host, err := o.Host("lambda", t.region)
	if err != nil {
		return nil, fmt.Errorf("lambda: target %q: %w", spec.Target, err)
	}
	identity, err := o.Identity(u.environment, t.region, o.FIPS)
	if err != nil {
		return nil, fmt.Errorf("lambda: target %q: %w", spec.Target, err)
	}
	invoked := invocationOf(o.Invocation)
	f := &function{
		name:       spec.Name,
		invocation: invoked,
		format: format.Of(o.format, format.Function{
			Region: t.region, Account: t.account, Path: spec.Parameters.PathTemplate(), Certificates: u.lambda.certificates,
		}),
		host:        host,
		path:        invoked.path(sigv4.Escape(t.functionName())),
		environment: u.environment,
		now:         u.lambda.callers.Now,
		caller:      u.lambda.callers.Caller(u.environment, host, identity),
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
	return t.locate(o.Region, func() string { return u.lambda.callers.Region(o.SharedProfile()) })
}
