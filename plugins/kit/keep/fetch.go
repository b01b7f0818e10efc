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
	// Expires is when the value is of no use any more, zero if it does not expire.
	Expires time.Time
	// Recheck is after how long a value is looked up anew. At 0 it is a minute for one that does not expire, and else some time before it
	// does. One that gives it and does not expire is also not used after a longer idle time before it has been looked up.
	Recheck time.Duration
}

// Gone is the error of a fetch that has learned for certain that there is no value any more, as it was deleted. The one that was found
// before does then not serve on, as it does while its source is down.
type Gone struct{ Cause error }

func (g Gone) Error() string { return g.Cause.Error() }

// Unwrap returns the cause.
func (g Gone) Unwrap() error { return g.Cause }

// Fetch gets a value from where it comes. It may block until its context ends, which is after [Deadline]. Its error is for operators: it
// must not hold secrets.
type Fetch[T any] func(context.Context) (Found[T], error)

// Deadline is how long one fetch may take.
const Deadline = 10 * time.Second

// Grace is how long before its deadline a fetch that uses [InTime] gives up.
const Grace = 500 * time.Millisecond

// InTime returns a context that ends before another one's deadline, so that a fetch can still say what it has been waiting for.
func InTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-Grace))
}

// maxHanging bounds the fetches that heed no deadline, a file on a dead network share for instance.
const maxHanging = 4

// fetchSafely runs a fetch with a deadline, and turns whatever is not good into an error.
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
