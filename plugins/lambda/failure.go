package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// rejected returns the error for an answer of the Lambda API itself, which has not run the function. What the answer says goes to
// operators alone, for it may name accounts, roles and functions.
func (f *function) rejected(r *plugins.Answer, status int) error {
	errorType := word(r.Headers.Get(errorTypeHeader))
	if errorType != "" {
		r.Annotate("error_type", errorType)
	}
	if _, due := f.warned.Due(fmt.Sprint(status, errorType)); due {
		f.environment.Warn(fmt.Sprintf("funcroute: lambda: function %q (%s%s): AWS answers %d %s", f.name, f.host, f.path,
			status, errorType))
	}
	f.caller.Reconsider(errorType, r.Headers)
	switch status {
	case http.StatusBadRequest:
		// Where the client's body is the event, a 5xx would have whoever sends half a brace eject the host (outlier detection).
		if f.format.Raw() && errorType == "InvalidRequestContentException" {
			return plugins.Errorf(plugins.BadBody, "The function takes JSON.")
		}
	case http.StatusRequestEntityTooLarge:
		return plugins.Errorf(plugins.BodyTooLarge, "The event is larger than AWS Lambda allows.")
	case http.StatusTooManyRequests:
		err := plugins.Errorf(plugins.FunctionThrottled, "The function is called too often.")
		err.RetryAfter = retryAfter(r.Headers.Get("retry-after"))
		return err
	case http.StatusRequestTimeout:
		return plugins.Errorf(plugins.FunctionTimeout, "The function took too long to start.")
	}
	return plugins.Errorf(plugins.UpstreamRejected, "AWS Lambda did not accept the call.")
}

// retryAfter reads a Retry-After header of whole seconds. For any other value it returns 0, and the client is told none.
func retryAfter(header string) time.Duration {
	const most = 24 * 60 * 60
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 || seconds > most {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// functionFailed returns the error for a function that has failed or was stopped. The function's message and stack trace do not go to
// clients, and not to the log either, for they may hold what must not stand there.
func functionFailed(r *plugins.Answer, kind string) error {
	var result struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(r.Body(), &result) // Whatever is no such object tells nothing.
	r.Annotate("function_error", word(kind))
	return failedWith(r, result.ErrorType, result.ErrorMessage)
}

func failedWith(r *plugins.Answer, errorType, message string) error {
	if errorType := word(errorType); errorType != "" {
		r.Annotate("error_type", errorType)
	}
	if errorType == "Sandbox.Timedout" || strings.Contains(message, "Task timed out") {
		return plugins.Errorf(plugins.FunctionTimeout, "The function took too long.")
	}
	return plugins.Errorf(plugins.FunctionError, "The function failed.")
}

// word makes a text from outside fit for the log. It takes the part before a colon ("InvalidRequestException: http://…"), and of that
// only the letters and digits that names of errors have.
func word(text string) string {
	const longest = 128
	text, _, _ = strings.Cut(text, ":")
	var clean strings.Builder
	for i := range min(len(text), longest) {
		if isNameByte(text[i]) {
			clean.WriteByte(text[i])
		}
	}
	return clean.String()
}

// warnOf tells operators of a mistake in the configuration that only shows in a request.
func (f *function) warnOf(err error) {
	var failure *plugins.Error
	if !errors.As(err, &failure) || failure.Reason != plugins.ConfigError {
		return
	}
	if _, due := f.warned.Due(string(plugins.ConfigError)); due {
		f.environment.Warn(fmt.Sprintf("funcroute: config_error: lambda: function %q: %v", f.name, failure.Cause))
	}
}

// excepted returns the error for an exception that AWS puts into a stream in the place of its end.
func (f *function) excepted(r *plugins.Answer, exception string) error {
	if exception = word(exception); exception != "" {
		r.Annotate("error_type", exception)
	}
	return plugins.Errorf(plugins.UpstreamRejected, "AWS Lambda ended the call.")
}
