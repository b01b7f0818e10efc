package lambda

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/funcroute/funcroute/plugins"
)

// The headers of the Lambda API's answers. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
const (
	requestIDHeader       = "x-amzn-requestid"
	executedVersionHeader = "x-amz-executed-version"
	functionErrorHeader   = "x-amz-function-error"
	errorTypeHeader       = "x-amzn-errortype"
	logResultHeader       = "x-amz-log-result"
)

// outcome is what the headers of an answer say. The request's State keeps it until the body is there.
type outcome struct {
	// functionError is "Handled" or "Unhandled" if the function failed, "" if not.
	functionError string
}

// annotated are the headers that always become annotations.
var annotated = []plugins.HeaderAnnotation{
	{Header: requestIDHeader, Key: "request_id"},
	{Header: executedVersionHeader, Key: "executed_version"},
}

// foreignAnswer begins the names of headers with which the Lambda API tells something to us and not to the client.
var foreignAnswer = []string{"x-amz-", "x-amzn-"}

// handedOn is what Headers does with the answer of a function that has succeeded, if the answer's body is not needed.
var handedOn = &plugins.Routine{
	Status:   http.StatusOK,
	Without:  []string{functionErrorHeader, logResultHeader},
	Annotate: annotated,
	Remove:   foreignAnswer,
}

// needsAnswer reports whether the answer's body is needed even if nothing has failed.
func (f *function) needsAnswer() bool {
	return f.invocation.status != 0 || !f.format.Raw() && !f.invocation.streamed
}

func (f *function) Headers(r *plugins.Answer) (needsBody bool, err error) {
	for _, a := range annotated {
		if value := r.Headers.Get(a.Header); value != "" {
			r.Annotate(a.Key, strings.Clone(value))
		}
	}
	status, _ := strconv.Atoi(r.Headers.Get(":status"))
	if log := r.Headers.Get(logResultHeader); log != "" {
		annotateReport(r, log)
	}
	functionError := r.Headers.Get(functionErrorHeader)
	switch {
	case status < http.StatusOK || status >= http.StatusMultipleChoices:
		return false, f.rejected(r, status)
	case functionError != "":
		r.Request.State = outcome{functionError: strings.Clone(functionError)}
		return true, nil
	}
	r.Headers.RemoveFunc(isForeignAnswer)
	return f.needsAnswer(), nil
}

func (f *function) Body(r *plugins.Answer) error {
	if o, failed := r.Request.State.(outcome); failed {
		err := functionFailed(r, o.functionError)
		if f.passErrors {
			r.Headers.RemoveFunc(isForeignAnswer)
			r.Headers.Set(functionErrorHeader, o.functionError) // All that tells a client of the failure.
			return nil
		}
		return err
	}
	if f.invocation.status == 0 {
		return f.format.Answer(r)
	}
	// AWS answers 202 or 204 without a body; an emulator that knows neither runs the function and answers 200.
	r.Headers.Set(":status", strconv.Itoa(f.invocation.status))
	r.Headers.Remove("content-type")
	r.SetBody(nil)
	return nil
}

// isForeignAnswer reports whether a header tells something to us and not to the client.
func isForeignAnswer(name string) bool {
	return slices.ContainsFunc(foreignAnswer, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
