package lambda

import (
	"fmt"

	"github.com/funcroute/funcroute/parameters"
	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
)

// callHeader is an x-amz-* header of a call.
type callHeader struct {
	name string
	// value is the header's value, unless expand is not nil: then expand makes it of the request's parameters.
	value  string
	expand func(parameters.Values) (string, error)
}

// maxCallHeaders is how many such headers a call has at most.
const maxCallHeaders = 5

// compileHeaders lists the headers that the settings ask for, sorted by name, as signing wants them.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestSyntax
func compileHeaders(o options, call invocation, set *parameters.Set) ([]callHeader, error) {
	var headers []callHeader
	if o.ClientContext != "" {
		if call.header == "Event" { // AWS would take it and not hand it over.
			return nil, fmt.Errorf("setting %q does not reach a function that is called with invocation: event", "client_context")
		}
		header, err := compileClientContext(o.ClientContext, set)
		if err != nil {
			return nil, fmt.Errorf("setting %q: %w", "client_context", err)
		}
		headers = append(headers, header)
	}
	if o.DurableExecutionName != "" {
		header, err := durableExecutionName.compile(o.DurableExecutionName, set)
		if err != nil {
			return nil, err
		}
		headers = append(headers, header)
	}
	headers = append(headers, callHeader{name: "x-amz-invocation-type", value: call.header})
	if o.LogType == logTypeTail && call.status == 0 { // A function that is not waited for has no log yet.
		headers = append(headers, callHeader{name: "x-amz-log-type", value: "Tail"})
	}
	if o.TenantID != "" {
		header, err := tenantID.compile(o.TenantID, set)
		if err != nil {
			return nil, err
		}
		headers = append(headers, header)
	}
	return headers, nil
}

// expandHeaders adds the headers of one request to a list.
func expandHeaders(to []sigv4.Header, headers []callHeader, values parameters.Values) ([]sigv4.Header, error) {
	for i := range headers {
		value := headers[i].value
		if headers[i].expand != nil {
			var err error
			if value, err = headers[i].expand(values); err != nil {
				return nil, plugins.Errorf(plugins.BadParameter, "%v", err)
			}
		}
		to = append(to, sigv4.Header{Name: headers[i].name, Value: value})
	}
	return to, nil
}

// headerText is a setting that becomes a header as it is.
type headerText struct {
	setting, header string
	valid           func(string) bool
	// form is what a valid one looks like, for messages.
	form string
}

// The patterns are those of the Lambda API's model.
var (
	tenantID = headerText{
		setting: "tenant_id", header: "x-amz-tenant-id", valid: validTenant,
		form: "1 to 256 letters, digits, spaces (not at its ends) and . _ : / = + - @",
	}
	durableExecutionName = headerText{
		setting: "durable_execution_name", header: "x-amz-durable-execution-name", valid: validExecution,
		form: "1 to 64 letters, digits, - and _",
	}
)

func (h headerText) compile(template string, set *parameters.Set) (callHeader, error) {
	text, err := parameters.CompileText(template, set)
	if err != nil {
		return callHeader{}, fmt.Errorf("setting %q: %w", h.setting, err)
	}
	if constant, is := text.Constant(); is {
		if !h.valid(constant) {
			return callHeader{}, fmt.Errorf("setting %q must be %s, not %q", h.setting, h.form, constant)
		}
		return callHeader{name: h.header, value: constant}, nil
	}
	return callHeader{name: h.header, expand: func(values parameters.Values) (string, error) {
		value, err := text.Expand(values)
		if err == nil && !h.valid(value) {
			err = fmt.Errorf("%s must be %s", h.setting, h.form)
		}
		return value, err
	}}, nil
}

// validTenant refuses spaces at the ends, which the pattern allows. Headers lose them on their way, so " a" would be the tenant "a".
func validTenant(text string) bool {
	const longest = 256
	return len(text) <= longest && text != "" && text[0] != ' ' && text[len(text)-1] != ' ' && all(text, func(c byte) bool {
		switch c {
		case ':', '/', '=', '+', '@', ' ':
			return true
		}
		return isNameByte(c)
	})
}

func validExecution(text string) bool {
	const longest = 64
	return len(text) <= longest && all(text, func(c byte) bool { return c != '.' && isNameByte(c) })
}
