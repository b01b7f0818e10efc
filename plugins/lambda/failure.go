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

// rejected is the error for an answer that comes from the Lambda API itself instead of the function. What it says goes
// to operators, for it may tell of accounts, roles and functions.
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

// retryAfter reads whole seconds. Without them nothing is known, and nothing is said to the client.
func retryAfter(header string) time.Duration {
	const most = 24 * 60 * 60
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 || seconds > most {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// functionFailed is the error for a function that failed or was stopped. Its message and its stack trace are not for
// clients, and may hold what should not stand in a log.
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

// word makes of a text from outside one that can stand in a log: the part before a colon ("InvalidRequestException:
// http://…"), and of that the letters and digits that names of errors have.
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

// warnOf tells operators of a mistake in the configuration that only a request could show.
func (f *function) warnOf(err error) {
	var failure *plugins.Error
	if !errors.As(err, &failure) || failure.Reason != plugins.ConfigError {
		return
	}
	if _, due := f.warned.Due(string(plugins.ConfigError)); due {
		f.environment.Warn(fmt.Sprintf("funcroute: config_error: lambda: function %q: %v", f.name, failure.Cause))
	}
}

// excepted is the error for an exception that AWS puts into a stream in the place of its end.
func (f *function) excepted(r *plugins.Answer, exception string) error {
	if exception = word(exception); exception != "" {
		r.Annotate("error_type", exception)
	}
	return plugins.Errorf(plugins.UpstreamRejected, "AWS Lambda ended the call.")
}
