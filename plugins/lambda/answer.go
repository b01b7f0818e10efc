package lambda

import (
	"net/http"
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

// outcome is what the headers of an answer say. It is kept in the request's State until the body is there.
type outcome struct {
	// functionError is "Handled" or "Unhandled" if the function failed, "" if not.
	functionError string
}

// Headers implements the same method as documented on plugins.Responder.
func (f *function) Headers(r *plugins.Response) (needsBody bool, err error) {
	annotate(r, "request_id", requestIDHeader)
	annotate(r, "executed_version", executedVersionHeader)
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
	removeForeignAnswer(r.Headers)
	return f.invocation.status != 0 || f.payload.buffers() && !f.invocation.streamed, nil
}

// Body implements the same method as documented on plugins.Responder.
func (f *function) Body(r *plugins.Response) error {
	if o, failed := r.Request.State.(outcome); failed {
		err := functionFailed(r, o.functionError)
		if f.passErrors {
			removeForeignAnswer(r.Headers)
			r.Headers.Set(functionErrorHeader, o.functionError) // All that tells a client of the failure.
			return nil
		}
		return err
	}
	if f.invocation.status == 0 {
		return f.payload.answer(r)
	}
	// AWS answers 202 or 204 without a body; an emulator that knows neither runs the function and answers 200.
	r.Headers.Set(":status", strconv.Itoa(f.invocation.status))
	r.Headers.Remove("content-type")
	r.SetBody(nil)
	return nil
}

func annotate(r *plugins.Response, key, header string) {
	if value := r.Headers.Get(header); value != "" {
		r.Annotate(key, strings.Clone(value))
	}
}

// removeForeignAnswer removes what the Lambda API says to us, not to the client.
func removeForeignAnswer(headers plugins.Headers) {
	var names []string
	headers.Range(func(name, _ string) bool {
		if strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-amzn-") {
			names = append(names, name)
		}
		return true
	})
	for _, name := range names {
		headers.Remove(name)
	}
}
