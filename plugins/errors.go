package plugins

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Reason says why a request was not answered by its function. It is part of the response code detail
// (`funcroute_REASON`) and of a counter's name (`funcroute.errors.REASON`). Reasons are made by [NewReason].
type Reason string

// The reasons of the filters, and those that several types share. The README has them in a table. Types have further ones.
var (
	ConfigError            = NewReason("config_error", http.StatusInternalServerError)
	NoFunction             = NewReason("no_function", http.StatusNotFound)
	UnknownFunction        = NewReason("unknown_function", http.StatusNotFound)
	BadParameter           = NewReason("bad_parameter", http.StatusBadRequest)
	BadBody                = NewReason("bad_body", http.StatusBadRequest)
	BodyTooLarge           = NewReason("body_too_large", http.StatusRequestEntityTooLarge)
	CredentialsUnavailable = NewReason("credentials_unavailable", http.StatusServiceUnavailable)
	Overloaded             = NewReason("overloaded", http.StatusServiceUnavailable)
	FunctionError          = NewReason("function_error", http.StatusBadGateway)
	FunctionTimeout        = NewReason("function_timeout", http.StatusGatewayTimeout)
	FunctionThrottled      = NewReason("function_throttled", http.StatusTooManyRequests)
	UpstreamRejected       = NewReason("upstream_rejected", http.StatusBadGateway)
	InvalidAnswer          = NewReason("invalid_answer", http.StatusBadGateway)
	InvalidEvent           = NewReason("invalid_event", http.StatusBadRequest)
	InternalError          = NewReason("internal_error", http.StatusInternalServerError)
)

// NewReason makes a reason known, with the HTTP status that a client sees for it. Several types may have the same reason. Like [Register],
// it must be called while packages are initialized, because Envoy takes no new counters later. It panics on a mistake: a name that is not
// in snake_case, or one that is known with another status.
func NewReason(name string, status int) Reason {
	known, taken := registered.reasons[Reason(name)]
	if !isSnakeCase(name) || status < 400 || status > 599 || taken && known != status {
		panic(fmt.Sprintf("plugins: reason %q with status %d is none, or is known with another", name, status))
	}
	registered.reasons[Reason(name)] = status
	return Reason(name)
}

func isSnakeCase(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == "" && !strings.HasPrefix(name, "_") && !strings.HasSuffix(name, "_")
}

// Reasons lists all reasons in alphabetical order.
func Reasons() []Reason { return slices.Sorted(maps.Keys(registered.reasons)) }

// Status is the HTTP status that a client sees for the reason, unless an [Error] has a status of its own.
func (r Reason) Status() int {
	if status, known := registered.reasons[r]; known {
		return status
	}
	return http.StatusInternalServerError
}

// Error is a request's failure, fit to be shown to its client.
type Error struct {
	Reason Reason
	// Status overrides the reason's status, unless it is 0.
	Status int
	// Detail is shown to the client. It must hold no secret, no stack trace and no internal address.
	Detail string
	// RetryAfter becomes a Retry-After header in whole seconds, rounded up, unless it is 0.
	RetryAfter time.Duration
	// Cause is for the operator. It is written to the log, unless it is nil.
	Cause error
}

// Errorf returns an error with a detail for the client.
func Errorf(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Because gives the error a cause for the operator's log, and returns it.
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
