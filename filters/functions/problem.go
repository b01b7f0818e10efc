package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// problem is the body of every error a client sees: application/problem+json, RFC 9457.
type problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

func problemBody(e *plugins.Error) []byte {
	status := e.HTTPStatus()
	// Neither a number nor a text can fail to be encoded.
	body, _ := json.Marshal(problem{status, http.StatusText(status), e.Detail})
	return append(body, '\n')
}

func problemHeaders(e *plugins.Error) [][2]string {
	headers := [][2]string{{"content-type", "application/problem+json"}, {"cache-control", "no-store"}}
	if e.RetryAfter > 0 {
		seconds := math.Ceil(e.RetryAfter.Seconds())
		headers = append(headers, [2]string{"retry-after", strconv.FormatFloat(seconds, 'f', 0, 64)})
	}
	return headers
}

// fail answers the client with an error, before anything has been sent.
func (s *stream) fail(err error) host.Action {
	failure := s.count(err)
	s.host.SendReply(failure.HTTPStatus(), problemHeaders(failure), problemBody(failure), "funcroute_"+string(failure.Reason))
	return host.Replied
}

// failAnswer puts an error in the place of the upstream's answer. bodyOver says that no more of the answer will come.
//
// In a listener it is a local reply, whose response code detail tells the reason. In a cluster a local reply would go
// past Envoy's retries and statistics, so the answer itself is changed.
func (s *stream) failAnswer(err error, bodyOver bool) host.Action {
	s.annotateAll(s.response.Annotations())
	s.response = nil
	if !s.host.Upstream() {
		return s.fail(err)
	}
	s.failure = s.count(err)
	if !bodyOver {
		return host.Buffer
	}
	s.host.SetResponseBody(s.replaceAnswer())
	return host.Continue
}

// replaceAnswer turns the answer's headers into those of the failure and returns the body that goes with them.
func (s *stream) replaceAnswer() []byte {
	headers := s.host.ResponseHeaders()
	var names []string
	headers.Range(func(name, _ string) bool {
		names = append(names, name)
		return true
	})
	for _, name := range names {
		if name[0] != ':' {
			headers.Remove(name)
		}
	}
	headers.Set(":status", strconv.Itoa(s.failure.HTTPStatus()))
	for _, header := range problemHeaders(s.failure) {
		headers.Set(header[0], header[1])
	}
	body := problemBody(s.failure)
	setContentLength(headers, len(body))
	if s.head {
		body = nil
	}
	s.failure = nil
	return body
}

// count brings an error into its form for clients, and tells operators of it.
func (s *stream) count(err error) *plugins.Error {
	var failure *plugins.Error
	if !errors.As(err, &failure) {
		failure = plugins.Errorf(plugins.InternalError, "The proxy failed to handle this request.").Because(err)
	}
	s.host.Add(s.config.metrics.errors[failure.Reason], 1)
	s.annotate("error", string(failure.Reason))
	if failure.Cause != nil {
		level := host.Debug
		if failure.Reason == plugins.InternalError {
			level = host.Error
		}
		s.host.Log(level, fmt.Sprintf("funcroute: %v", failure))
	}
	return failure
}

func setContentLength(headers host.Headers, length int) {
	headers.Set("content-length", strconv.Itoa(length))
}
