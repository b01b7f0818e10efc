package lambda

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/funcroute/funcroute/plugins"
)

// settings are what a cluster's or a route's `funcroute` metadata may say. The README explains each.
type settings struct {
	// Region is the AWS region of the functions. It may be left out where targets are ARNs; otherwise AWS_REGION,
	// AWS_DEFAULT_REGION and the region of the shared configuration's profile count, in this order.
	Region string `setting:"region"`
	// Endpoint is the URL of an emulator or a VPC endpoint, `http://127.0.0.1:4566`. It says which host is named in the
	// request and signed; where the connection goes is the cluster's business. By default it is that of the region.
	Endpoint string `setting:"endpoint"`
	endpointVariant
	identitySettings
	// Qualifier is the version or alias to call. A target with a qualifier of its own must agree.
	Qualifier string `setting:"qualifier"`
	// Invocation is whether the client waits for the function's answer, gets it while it is being made, gets a 202 once
	// AWS has taken the event, or a 204 once AWS has checked that it would take it.
	Invocation string `setting:"invocation" one_of:"request-response,response-stream,event,dry-run" default:"request-response"`
	// Payload is the form in which the function gets the request and gives its answer.
	Payload string `setting:"payload" one_of:"apigateway-v2,apigateway-v1,function-url,alb,alb-multi-value,envoy,cloudevent,body" default:"apigateway-v2"`
	// TextTypes are content types whose bodies reach the function as text, besides the format's own: `type/subtype`,
	// `type/*`, `*/*`, `*/*+json`.
	TextTypes []string `setting:"text_types"`
	// BinaryTypes are content types whose bodies reach the function in base64. They win over all text types.
	BinaryTypes []string `setting:"binary_types"`
	// JWTPayloadHeader is the header that holds the claims which jwt_authn has verified, see [tokens].
	JWTPayloadHeader string `setting:"jwt_payload_header"`
	// JWTPayloadInMetadata is the provider's payload_in_metadata: only where jwt_authn has left this, the header counts.
	JWTPayloadInMetadata string `setting:"jwt_payload_in_metadata"`
	// FunctionError is whether the client sees a mapped status when the function fails, or the 200 and the error's
	// message and stack trace that AWS gives.
	FunctionError string `setting:"function_error" one_of:"map,pass" default:"map"`
	// LogType is whether AWS hands over the end of the function's log, whose report then goes into dynamic metadata.
	LogType string `setting:"log_type" one_of:"none,tail" default:"none"`
	// TenantID is the tenant of a function with tenant isolation, a text with {parameter}s.
	TenantID string `setting:"tenant_id"`
	// ClientContext is a JSON object for the function's context, in whose strings {parameter}s may stand.
	ClientContext string `setting:"client_context"`
	// DurableExecutionName is the name of a durable function's execution, a text with {parameter}s.
	DurableExecutionName string `setting:"durable_execution_name"`
}

// The values of the settings that are a choice.
const (
	invocationEvent   = "event"
	invocationStream  = "response-stream"
	invocationDryRun  = "dry-run"
	functionErrorPass = "pass"
	logTypeTail       = "tail"

	payloadBody          = "body"
	payloadRESTAPI       = "apigateway-v1"
	payloadFunctionURL   = "function-url"
	payloadALB           = "alb"
	payloadALBMultiValue = "alb-multi-value"
	payloadEnvoy         = "envoy"
	payloadCloudEvent    = "cloudevent"
)

var regionForm = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)

// options are settings that have been checked.
type options struct {
	settings
	endpoint *endpoint // nil if it is that of the region
	types    contentTypes
	tokens   tokens
}

func readOptions(given plugins.Settings) (options, error) {
	var o options
	if err := given.Decode(&o.settings); err != nil {
		return options{}, err
	}
	if o.Region != "" && !regionForm.MatchString(o.Region) {
		return options{}, fmt.Errorf("setting %q must be a region like us-east-1, not %q", "region", o.Region)
	}
	if o.Qualifier != "" && !validQualifier(o.Qualifier) {
		return options{}, fmt.Errorf("setting %q must be %s, not %q", "qualifier", qualifierForm, o.Qualifier)
	}
	var err error
	if o.Endpoint != "" {
		if o.endpoint, err = parseEndpoint(o.Endpoint); err != nil {
			return options{}, fmt.Errorf("setting %q must be a URL like http://127.0.0.1:4566: %w", "endpoint", err)
		}
	}
	if err := o.checkIdentity(); err != nil {
		return options{}, err
	}
	if o.types.text, err = parseContentTypes(o.TextTypes); err != nil {
		return options{}, fmt.Errorf("setting %q %w", "text_types", err)
	}
	if o.types.binary, err = parseContentTypes(o.BinaryTypes); err != nil {
		return options{}, fmt.Errorf("setting %q %w", "binary_types", err)
	}
	o.tokens = tokens{header: strings.ToLower(o.JWTPayloadHeader), key: o.JWTPayloadInMetadata}
	return o, o.tokens.check()
}
