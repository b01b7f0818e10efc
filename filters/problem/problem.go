// Package problem is how filters tell clients of errors: application/problem+json, RFC 9457.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/funcroute/funcroute/filters/host"
	"github.com/funcroute/funcroute/plugins"
)

// body is that of every error a client sees: application/problem+json, RFC 9457.
type body struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"`
}

// maxDetail is how many bytes of an error's detail clients see. It may repeat what the client has sent, such as the name of a member.
const maxDetail = 2 << 10

// Body returns the body of an error.
func Body(e *plugins.Error) []byte {
	status := e.HTTPStatus()
	// Neither a number nor a text can fail to be encoded.
	encoded, _ := json.Marshal(body{status, http.StatusText(status), clipped(e.Detail)})
	return append(encoded, '\n')
}

// clipped cuts off what is too much of a text, between two characters.
func clipped(text string) string {
	if len(text) <= maxDetail {
		return text
	}
	end := maxDetail
	for end > maxDetail-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// Headers returns the headers of an error.
func Headers(e *plugins.Error) [][2]string {
	headers := [][2]string{{"content-type", "application/problem+json"}, {"cache-control", "no-store"}}
	if e.RetryAfter > 0 {
		seconds := math.Ceil(e.RetryAfter.Seconds())
		headers = append(headers, [2]string{"retry-after", strconv.FormatFloat(seconds, 'f', 0, 64)})
	}
	return headers
}

// Reply answers the client with an error.
func Reply(stream host.Stream, e *plugins.Error) host.Action {
	stream.SendReply(e.HTTPStatus(), Headers(e), Body(e), "funcroute_"+string(e.Reason))
	return host.Replied
}

// Tell brings an error into its form for clients, and tells operators of its cause.
func Tell(log func(host.Level, string), err error) *plugins.Error {
	var failure *plugins.Error
	if !errors.As(err, &failure) {
		failure = plugins.Errorf(plugins.InternalError, "The proxy failed to handle this request.").Because(err)
	}
	if failure.Cause != nil {
		level := host.Debug
		if failure.Reason == plugins.InternalError {
			level = host.Error
		}
		log(level, fmt.Sprintf("funcroute: %v", failure))
	}
	return failure
}
