package plugins

import (
	"fmt"
	"net/http"
	"time"
)

// Reason says why a request was not answered by its function. It is part of the response code detail
// (`funcroute_REASON`) and of a counter's name (`funcroute.errors.REASON`).
type Reason string

// The reasons. Their statuses are the table in the README.
const (
	ConfigError            Reason = "config_error"
	NoFunction             Reason = "no_function"
	UnknownFunction        Reason = "unknown_function"
	BadParameter           Reason = "bad_parameter"
	BadBody                Reason = "bad_body"
	BodyTooLarge           Reason = "body_too_large"
	CredentialsUnavailable Reason = "credentials_unavailable"
	FunctionError          Reason = "function_error"
	FunctionTimeout        Reason = "function_timeout"
	FunctionThrottled      Reason = "function_throttled"
	UpstreamRejected       Reason = "upstream_rejected"
	InvalidAnswer          Reason = "invalid_answer"
	InvalidEvent           Reason = "invalid_event"
	InternalError          Reason = "internal_error"
)

// statuses also fixes the order of Reasons.
var statuses = []struct {
	reason Reason
	status int
}{
	{ConfigError, http.StatusInternalServerError},
	{NoFunction, http.StatusNotFound},
	{UnknownFunction, http.StatusNotFound},
	{BadParameter, http.StatusBadRequest},
	{BadBody, http.StatusBadRequest},
	{BodyTooLarge, http.StatusRequestEntityTooLarge},
	{CredentialsUnavailable, http.StatusServiceUnavailable},
	{FunctionError, http.StatusBadGateway},
	{FunctionTimeout, http.StatusGatewayTimeout},
	{FunctionThrottled, http.StatusTooManyRequests},
	{UpstreamRejected, http.StatusBadGateway},
	{InvalidAnswer, http.StatusBadGateway},
	{InvalidEvent, http.StatusBadRequest},
	{InternalError, http.StatusInternalServerError},
}

// Reasons lists all reasons.
func Reasons() []Reason {
	reasons := make([]Reason, len(statuses))
	for i, s := range statuses {
		reasons[i] = s.reason
	}
	return reasons
}

// Status is the HTTP status a client sees for the reason unless an [Error] says another.
func (r Reason) Status() int {
	for _, s := range statuses {
		if s.reason == r {
			return s.status
		}
	}
	return http.StatusInternalServerError
}

// Error is a request's failure, fit to be shown to its client.
type Error struct {
	Reason Reason
	// Status overrides the reason's own if not 0.
	Status int
	// Detail is for the client: never a secret, a stack trace or an internal address.
	Detail string
	// RetryAfter becomes a Retry-After header if not 0; it is rounded up to whole seconds.
	RetryAfter time.Duration
	// Cause is for the operator: it goes to the log if it is not nil.
	Cause error
}

// Errorf returns an error with a detail for the client.
func Errorf(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Because returns the error with a cause for the operator's log.
func (e *Error) Because(cause error) *Error {
	e.Cause = cause
	return e
}

// HTTPStatus is the status the client sees.
func (e *Error) HTTPStatus() int {
	if e.Status != 0 {
		return e.Status
	}
	return e.Reason.Status()
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Reason, e.Detail, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Reason, e.Detail)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }
