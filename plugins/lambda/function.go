package lambda

import (
	"net/http"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/aws"
	"github.com/funcroute/funcroute/plugins/kit/aws/sigv4"
	"github.com/funcroute/funcroute/plugins/lambda/format"
	"github.com/funcroute/funcroute/reminder"
)

// function is one compiled function. All that does not depend on the request is made when it is compiled.
type function struct {
	// name is what the cluster calls it.
	name       string
	invocation invocation
	format     format.Format
	// host and path are what the call has as :authority and as :path.
	host, path string
	// headers are the call's x-amz-* headers that the signer does not add itself, in alphabetical order.
	headers []callHeader
	signer  *sigv4.Signer
	// passErrors says that the client sees the function's errors as AWS gives them.
	passErrors bool

	// caller signs the call.
	caller      *aws.Caller
	environment plugins.Environment
	now         func() time.Time
	warned      *reminder.Reminder
}

var (
	_ plugins.Planner  = (*function)(nil)
	_ plugins.Awaiter  = (*function)(nil)
	_ plugins.Streamer = (*function)(nil)
)

// invocation is the way a function is called.
type invocation struct {
	// header is the value of x-amz-invocation-type.
	header string
	// limit is the largest event. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	limit int
	// status is what the client gets in place of the function's answer. It is 0 if the client gets the answer.
	status int
	// streamed says that the answer comes while the function is making it.
	streamed bool
}

const (
	maxSynchronous  = 6 << 20
	maxAsynchronous = 1 << 20
)

func invocationOf(setting string) invocation {
	switch setting {
	case invocationEvent:
		return invocation{header: "Event", limit: maxAsynchronous, status: http.StatusAccepted}
	case invocationDryRun:
		return invocation{header: "DryRun", limit: maxSynchronous, status: http.StatusNoContent}
	case invocationStream:
		return invocation{header: "RequestResponse", limit: maxSynchronous, streamed: true}
	default:
		return invocation{header: "RequestResponse", limit: maxSynchronous}
	}
}

// path is the API's path for a function, escaped.
func (i invocation) path(name string) string {
	if i.streamed {
		// https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
		return "/2021-11-15/functions/" + name + "/response-streaming-invocations"
	}
	// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
	return "/2015-03-31/functions/" + name + "/invocations"
}

// Plan asks for the whole body, for a signature covers it.
func (f *function) Plan() plugins.Plan {
	switch {
	case f.needsAnswer():
		return plugins.Plan{Request: plugins.Whole, Answer: plugins.Whole}
	case f.invocation.streamed:
		return plugins.Plan{Request: plugins.Whole, Answer: plugins.Pieces}
	}
	return plugins.Plan{Request: plugins.Whole, Answer: plugins.HeadersOnly, Routine: handedOn}
}

func (f *function) Ready() bool { return f.caller.Ready() }

func (f *function) Await(done func(error)) (stop func()) { return f.caller.Await(done) }
