package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// fault is something that goes wrong with a call.
type fault struct {
	name string
	// share is how many of a thousand calls it befalls.
	share int
	// answer takes the place of the kind's.
	answer func(w http.ResponseWriter, r *http.Request, k *kind, text string)
	// allows says whether a client may see that.
	allows func(k *kind, o *outcome) bool
}

// outcome is what a client has seen.
type outcome struct {
	status int
	body   string
	// problem is that the body is one of ours.
	problem bool
	// failed is why the answer is not whole, or why there is none.
	failed error
}

func (o *outcome) String() string {
	if o.failed != nil {
		return fmt.Sprintf("status %d, %v", o.status, o.failed)
	}
	return fmt.Sprintf("status %d, %.200q", o.status, o.body)
}

const (
	// timeout is the routes'; slowest is how long a slow function takes at most.
	timeout = 5 * time.Second
	slowest = 6 * time.Second
)

var faults = []fault{
	{
		name: "the connection ends before the answer", share: 15,
		answer: func(http.ResponseWriter, *http.Request, *kind, string) { panic(http.ErrAbortHandler) },
		allows: upstreamErrors,
	},
	{
		name: "the connection ends behind the headers", share: 10,
		answer: func(w http.ResponseWriter, _ *http.Request, _ *kind, _ string) {
			w.Header().Set("content-length", "1000")
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		allows: breaksOff,
	},
	{
		name: "the connection ends within the body", share: 10,
		answer: func(w http.ResponseWriter, _ *http.Request, k *kind, text string) {
			if k.status != 0 {
				// There is no body. If the connection ended after a whole answer, it would befall Envoy's next request on it.
				panic(http.ErrAbortHandler)
			}
			k.answer(&cut{ResponseWriter: w}, text)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		allows: breaksOff,
	},
	{
		name: "the function is slow", share: 15,
		answer: func(w http.ResponseWriter, r *http.Request, k *kind, text string) {
			select {
			case <-time.After(rand.N(slowest)):
				k.answer(w, text)
			case <-r.Context().Done():
			}
		},
		allows: func(_ *kind, o *outcome) bool { return o.status == http.StatusGatewayTimeout },
	},
	{
		name: "the function fails", share: 20,
		answer: func(w http.ResponseWriter, _ *http.Request, _ *kind, _ string) {
			w.Header().Set("x-amz-function-error", "Unhandled")
			_, _ = w.Write([]byte(`{"errorMessage":"secret","errorType":"Error"}`))
		},
		// A function that is not waited for cannot fail, and one that streams fails in a frame.
		allows: func(k *kind, o *outcome) bool {
			return o.problem && o.status == http.StatusBadGateway || k.status != 0 && o.status == http.StatusOK || breaksOff(k, o) ||
				handedOn(k, o)
		},
	},
	{
		name: "the function is called too often", share: 10,
		answer: func(w http.ResponseWriter, _ *http.Request, _ *kind, _ string) {
			w.Header().Set("x-amzn-errortype", "TooManyRequestsException")
			w.Header().Set("retry-after", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		},
		allows: func(k *kind, o *outcome) bool {
			return o.problem && o.status == http.StatusTooManyRequests || handedOn(k, o)
		},
	},
	{
		name: "AWS refuses the call", share: 10,
		answer: func(w http.ResponseWriter, _ *http.Request, _ *kind, _ string) {
			w.Header().Set("x-amzn-errortype", "ServiceException")
			w.WriteHeader(http.StatusInternalServerError)
		},
		allows: func(k *kind, o *outcome) bool {
			return o.problem && o.status == http.StatusBadGateway || handedOn(k, o)
		},
	},
	{
		name: "the answer is no answer", share: 10,
		answer: func(w http.ResponseWriter, _ *http.Request, _ *kind, _ string) {
			_, _ = w.Write([]byte(garbage))
		},
		allows: func(k *kind, o *outcome) bool {
			return handedOn(k, o) || o.body == garbage || o.body == "" && k.status != 0 || // Handed on, for any text may be an answer.
				o.problem && slices.Contains([]int{http.StatusInternalServerError, http.StatusBadGateway}, o.status)
		},
	},
}

const garbage = `{"statusCode": 200, "headers": [`

// drawFault draws a fault, nil for none.
func drawFault() *fault {
	n := rand.IntN(1000)
	for i := range faults {
		if n -= faults[i].share; n < 0 {
			return &faults[i]
		}
	}
	return nil
}

// handedOn reports whether the client sees an answer to which only AWS gives a meaning, or a template's view of it.
func handedOn(k *kind, o *outcome) bool {
	return !signed(k.cluster) && o.failed == nil && (o.problem && o.status == http.StatusBadGateway ||
		!o.problem && slices.Contains([]int{http.StatusOK, http.StatusTooManyRequests, http.StatusInternalServerError}, o.status))
}

// upstreamErrors are Envoy's own answers to an upstream that is gone.
func upstreamErrors(_ *kind, o *outcome) bool {
	return o.failed == nil && slices.Contains([]int{http.StatusBadGateway, http.StatusServiceUnavailable}, o.status)
}

// breaksOff allows them too, and that an answer whose headers have gone ahead ends before its body does.
func breaksOff(k *kind, o *outcome) bool {
	return upstreamErrors(k, o) || k.streams && o.failed != nil && o.status == http.StatusOK
}

// cut writes the first half of a body, as the first part of a longer one.
type cut struct {
	http.ResponseWriter
}

func (c *cut) Write(body []byte) (int, error) {
	c.Header().Set("content-length", fmt.Sprint(len(body)+1))
	_, err := c.ResponseWriter.Write(body[:len(body)/2])
	return len(body), err
}

// isProblem reports whether an answer is an error of ours: RFC 9457, and nothing in it that only the function knows.
func isProblem(header http.Header, body []byte, status int) bool {
	var problem struct {
		Status        int
		Title, Detail string
	}
	return header.Get("content-type") == "application/problem+json" && json.Unmarshal(body, &problem) == nil &&
		problem.Status == status && problem.Title != "" && problem.Detail != ""
}
