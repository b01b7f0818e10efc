package lambda

import (
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/lambda/credentials"
	"github.com/funcroute/funcroute/plugins/lambda/sigv4"
)

// function is one compiled function. All that does not depend on the request has been made when it was compiled.
type function struct {
	// name is what the cluster calls it.
	name       string
	invocation invocation
	payload    payload
	// host, path and signed are what the call has as :authority, as :path and as x-amz-* headers.
	host, path string
	signed     []sigv4.Header
	signer     *sigv4.Signer

	credentials *credentials.Provider
	clock       *clock
	environment plugins.Environment
	now         func() time.Time
	warned      *warnings
}

var (
	_ plugins.Function   = (*function)(nil)
	_ plugins.BodyReader = (*function)(nil)
	_ plugins.Awaiter    = (*function)(nil)
	_ plugins.Responder  = (*function)(nil)
)

// invocation is the way a function is called.
type invocation struct {
	// header is the value of x-amz-invocation-type.
	header string
	// limit is the largest event. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	limit int
	// answered says that the client gets the function's answer, not just word that it will run.
	answered bool
}

func invocationOf(setting string) invocation {
	if setting == invocationEvent {
		return invocation{header: "Event", limit: 1 << 20}
	}
	return invocation{header: "RequestResponse", limit: 6 << 20, answered: true}
}

// NeedsBody implements the same method as documented on plugins.BodyReader. A signature covers the whole body.
func (f *function) NeedsBody() bool { return true }

// Ready implements the same method as documented on plugins.Awaiter.
func (f *function) Ready() bool { return f.credentials.Ready(f.environment) }

// Await implements the same method as documented on plugins.Awaiter.
func (f *function) Await(done func(error)) (stop func()) {
	return f.credentials.Await(f.environment, done)
}
