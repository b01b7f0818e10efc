package credentials

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// maxSkew is how far our clock may be off before times of a server are corrected; the AWS SDKs tolerate as much
// (aws/retry/middleware.go, skewThreshold).
const maxSkew = 4 * time.Minute

// clock tells how far a server's clock is ahead of ours, by the Date header of its last answer. Without it, credentials
// that a server gives for an hour would have expired on arrival where our clock is an hour fast.
type clock struct{ ahead atomic.Int64 }

var _ smithyhttp.AfterTransmitInterceptor = (*clock)(nil)

func (c *clock) AfterTransmit(_ context.Context, exchange *smithyhttp.InterceptorContext) error {
	if exchange.Response == nil || exchange.Response.Response == nil {
		return nil
	}
	if date, err := http.ParseTime(exchange.Response.Header.Get("Date")); err == nil {
		c.ahead.Store(int64(time.Until(date)))
	}
	return nil
}

// ours turns a server's time into ours.
func (c *clock) ours(theirs time.Time) time.Time {
	ahead := time.Duration(c.ahead.Load())
	if -maxSkew <= ahead && ahead <= maxSkew {
		return theirs
	}
	return theirs.Add(-ahead)
}
