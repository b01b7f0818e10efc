package queue

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/funcroute/funcroute/plugins"
)

const (
	// dialTimeout is how long an attempt to connect may take.
	dialTimeout = 5 * time.Second
	// firstPause is how long after an attempt that has failed the next one begins, at most; each further one doubles it.
	firstPause = 100 * time.Millisecond
	// longestPause bounds it. A broker that is there again is found by then.
	longestPause = 5 * time.Second
	// lookInterval is how often a connection is looked after for secrets that were replaced.
	lookInterval = 10 * time.Second
)

// keep connects, and connects again, until the context ends. A connection that ends with notice is replaced before.
func (c *Client[C]) keep(ctx context.Context) {
	defer func() { c.retire(c.set(nil, errStopped)) }()
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		connection, err := c.dial(ctx)
		switch {
		case ctx.Err() != nil:
			if err == nil {
				connection.Close()
			}
			return
		case err != nil:
			c.failed(err)
		default:
			c.environment.Count(c.of.Connected)
			serving := &held[C]{connection: connection}
			c.retire(c.set(serving, nil))
			c.watch(ctx, serving)
			if time.Since(began) > longestPause {
				pause = firstPause
				c.pause(ctx, pause) // All proxies lose a broker at the same time.
				continue
			}
		}
		c.pause(ctx, pause)
		pause = min(2*pause, longestPause)
	}
}

// pause waits for up to that long, and for at least half of it.
func (c *Client[C]) pause(ctx context.Context, longest time.Duration) {
	timer := time.NewTimer(longest/2 + rand.N(longest/2)) //nolint:gosec // Chance spreads load here, and hides nothing.
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// dial is an attempt. A panic in it has failed.
func (c *Client[C]) dial(ctx context.Context) (connection C, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("connecting has failed unexpectedly (%T)", value)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return c.of.Dial(ctx, c.tell)
}

// failed tells those who wait and the log of an attempt that has failed. A connection that is there goes on serving.
func (c *Client[C]) failed(err error) {
	c.environment.Count(c.of.Failed)
	c.mutex.Lock()
	serving := c.current
	c.mutex.Unlock()
	if serving == nil || serving.connection.Alive().Err() != nil {
		c.set(serving, err)
	}
	c.tell(err.Error())
}

func (c *Client[C]) tell(what string) {
	if _, due := c.told.Due(what); due {
		c.environment.Warn(fmt.Sprintf("funcroute: %s: %s", c.of.Subject, what))
	}
}

// watch returns when a connection is to be replaced by another one.
func (c *Client[C]) watch(ctx context.Context, h *held[C]) {
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.connection.Leaving():
			return
		case <-h.connection.Alive().Done():
			c.environment.Count(c.of.Lost)
			c.tell("the connection is lost, and is opened again")
			c.retire(c.set(nil, nil))
			return
		case <-look.C:
			if c.of.Changed != nil && c.of.Changed() {
				return
			}
		}
	}
}

// start has a client keep its connection until it is stopped.
func (c *Client[C]) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	plugins.Go(&c.environment, func() { c.keep(ctx) })
	return cancel
}
