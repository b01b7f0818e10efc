package credentials

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

// Credentials are what a fetch has found.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	// Expires is zero if they do not expire.
	Expires time.Time
	// Recheck is after how long credentials that do not expire are looked up anew, 0 for a minute. Those that give it
	// are also not used after a longer idle time before they have been looked up.
	Recheck time.Duration
}

// It keeps the secrets out of logs.
func (c Credentials) String() string { return "credentials of " + c.AccessKeyID }

func (c Credentials) GoString() string { return c.String() }

// Fetch gets credentials from where they come. It may block until its context ends.
type Fetch func(context.Context) (Credentials, error)

// grace is how long before its deadline a fetch gives up, so that it can still say what it has been waiting for.
const grace = 500 * time.Millisecond

// inTime returns a context that ends before another one's deadline.
func inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if !bounded {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-grace))
}

// maxHanging bounds the fetches that heed no deadline, a file on a dead network share for instance.
const maxHanging = 4

// fetchSafely runs a fetch with a deadline, and turns whatever is not good into an error.
func (p *Provider) fetchSafely(environment plugins.Environment) (Credentials, error) {
	if p.hanging.Load() >= maxHanging {
		return Credentials{}, errors.New("earlier attempts still hang")
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchDeadline)
	defer cancel()
	type result struct {
		found Credentials
		err   error
	}
	done := make(chan result, 1)
	p.hanging.Add(1)
	plugins.Go(environment, func() {
		defer p.hanging.Add(-1)
		found, err := p.fetch.recovered(ctx, environment)
		done <- result{found, err}
	})
	select {
	case r := <-done:
		return check(ctx, r.found, r.err)
	case <-ctx.Done():
		return Credentials{}, errTooLate
	}
}

var errTooLate = fmt.Errorf("no answer within %s", fetchDeadline)

func (f Fetch) recovered(ctx context.Context, environment plugins.Environment) (found Credentials, err error) {
	defer func() {
		if value := recover(); value != nil {
			environment.TellPanic(value, debug.Stack())
			found, err = Credentials{}, fmt.Errorf("panic (%T) while they were fetched", value) // The value may be a secret.
		}
	}()
	return f(ctx)
}

func check(ctx context.Context, found Credentials, err error) (Credentials, error) {
	switch {
	case err != nil && ctx.Err() != nil:
		return Credentials{}, fmt.Errorf("%w: %w", errTooLate, err)
	case err != nil:
		return Credentials{}, err
	case !found.Expires.IsZero() && !time.Now().Before(found.Expires):
		return Credentials{}, errors.New("those that were found have expired")
	}
	return fit(found)
}
