package lambda

import (
	"fmt"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws"
	"github.com/funcroute/funcroute/plugins/lambda/format"
)

// settings are what a cluster's or a route's `funcroute` metadata may say.
type settings struct {
	Region string `setting:"region" doc:"AWS region of the functions; by default the ARN's, else AWS_REGION, AWS_DEFAULT_REGION or the profile's."`
	aws.EndpointSettings
	aws.IdentitySettings
	format.Settings
	Qualifier            string `setting:"qualifier" doc:"Version or alias for targets that name none; a target with one of its own must agree."`
	Invocation           string `setting:"invocation" one_of:"request-response,response-stream,event,dry-run" default:"request-response" doc:"Whether the client waits for the function's answer, gets it while it is being made, gets a 202 once AWS has taken the event, or a 204 once AWS has checked that it would take it."`
	FunctionError        string `setting:"function_error" one_of:"map,pass" default:"map" doc:"Whether the client of a function that failed sees a 502 or 504 without details, or the 200 with message and stack trace that AWS gives."`
	LogType              string `setting:"log_type" one_of:"none,tail" default:"none" doc:"Whether AWS is asked for the end of the function's log, whose report then stands in dynamic metadata."`
	TenantID             string `setting:"tenant_id" doc:"The tenant of a function with tenant isolation, a text with {parameter}s."`
	ClientContext        string `setting:"client_context" doc:"A JSON object with {parameter}s in its strings, which is the clientContext of the function's context."`
	DurableExecutionName string `setting:"durable_execution_name" doc:"The name of a durable function's execution, a text with {parameter}s."`
}

// The values of the settings that are a choice.
const (
	invocationEvent   = "event"
	invocationStream  = "response-stream"
	invocationDryRun  = "dry-run"
	functionErrorPass = "pass"
	logTypeTail       = "tail"
)

// options are settings that have been checked.
type options struct {
	settings
	format format.Options
}

func readOptions(given plugins.Settings) (options, error) {
	var o options
	if err := given.Decode(&o.settings); err != nil {
		return options{}, err
	}
	if err := aws.CheckRegion(o.Region); err != nil {
		return options{}, err
	}
	if o.Qualifier != "" && !validQualifier(o.Qualifier) {
		return options{}, fmt.Errorf("setting %q must be %s, not %q", "qualifier", qualifierForm, o.Qualifier)
	}
	if err := o.EndpointSettings.Check(); err != nil {
		return options{}, err
	}
	if err := o.IdentitySettings.Check(); err != nil {
		return options{}, err
	}
	var err error
	o.format, err = o.Settings.Check()
	return o, err
}
