package keep

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// Found is what a fetch has found.
type Found[T any] struct {
	Value T
	// Expires is when the value can no longer be used. It is zero if the value does not expire.
	Expires time.Time
	// Recheck is how long after its fetch a value is looked up again. 0 stands for a minute if the value does not expire, and for some time
	// before its end if it does. If Recheck is given and the value does not expire, one that was idle for much longer is not used before it has
	// been looked up again.
	Recheck time.Duration
}

// Gone is the error of a fetch that has learned for certain that there is no value any more, as it was deleted. The one that was found
// before does then not serve on, as it does while its source is down.
type Gone struct{ Cause error }

func (g Gone) Error() string { return g.Cause.Error() }

// Unwrap returns the cause.
func (g Gone) Unwrap() error { return g.Cause }

// Fetch gets a value from its source. It may block until its context ends, which is after [Deadline]. Its error is for operators and
// must not hold secrets.
type Fetch[T any] func(context.Context) (Found[T], error)

// Deadline is how long one fetch may take.
const Deadline = 10 * time.Second

// Grace is how long before its deadline a fetch gives up that uses [InTime].
const Grace = 500 * time.Millisecond

// InTime returns a context that ends [Grace] before the deadline of another one. So a fetch has time to say what it has been waiting
// for.
func InTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-Grace))
}

// maxHanging is how many fetches may hang that heed no deadline, such as one that reads a file on a dead network share.
const maxHanging = 4

// fetchSafely runs a fetch with a deadline. It turns a panic, a fetch that hangs, and a value that cannot be used into errors.
func (v *Value[T]) fetchSafely(environment plugins.Environment) (Found[T], error) {
	if v.hanging.Load() >= maxHanging {
		return Found[T]{}, errors.New("earlier attempts still hang")
	}
	ctx, cancel := context.WithTimeout(context.Background(), Deadline)
	defer cancel()
	type result struct {
		found Found[T]
		err   error
	}
	done := make(chan result, 1)
	v.hanging.Add(1)
	plugins.Go(environment, func() {
		defer v.hanging.Add(-1)
		found, err := v.of.Fetch.recovered(ctx, environment)
		done <- result{found, err}
	})
	select {
	case r := <-done:
		return check(ctx, r.found, r.err)
	case <-ctx.Done():
		return Found[T]{}, errTooLate
	}
}

var errTooLate = fmt.Errorf("no answer within %s", Deadline)

func (f Fetch[T]) recovered(ctx context.Context, environment plugins.Environment) (found Found[T], err error) {
	defer func() {
		if value := recover(); value != nil {
			environment.TellPanic(value, debug.Stack())
			found, err = Found[T]{}, fmt.Errorf("panic (%T) while they were fetched", value) // The value may be a secret.
		}
	}()
	return f(ctx)
}

func check[T any](ctx context.Context, found Found[T], err error) (Found[T], error) {
	switch {
	case err != nil && ctx.Err() != nil:
		return Found[T]{}, fmt.Errorf("%w: %w", errTooLate, err)
	case err != nil:
		return Found[T]{}, err
	case !found.Expires.IsZero() && !time.Now().Before(found.Expires):
		return Found[T]{}, errors.New("those that were found have expired")
	}
	return found, nil
}
