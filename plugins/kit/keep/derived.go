package keep

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/reminder"
)

// Derived is what is made of a secret, such as a key or an identity: made once for each value of the secret. It has the methods of a
// [Value], and what it does not say is as there. It is safe for concurrent use.
type Derived[T any] struct {
	secret  plugins.Secret
	from    func(plugins.Secret) (T, error)
	subject string
	current atomic.Pointer[derived[T]]
	told    reminder.Reminder
}

// derived is what was made of one version of the secret, or why nothing could be.
type derived[T any] struct {
	version uint64
	value   T
	err     error
}

// Derive returns what from makes of a secret. Its error is for operators: it says what is wrong with the secret, and nothing of what is
// in it. The subject is what the log calls it.
func Derive[T any](secret plugins.Secret, subject string, from func(plugins.Secret) (T, error)) *Derived[T] {
	return &Derived[T]{secret: secret, from: from, subject: subject}
}

// look returns what is made of the secret as it is, nil if it is not there.
func (d *Derived[T]) look() *derived[T] {
	version := d.secret.Version()
	if version == 0 {
		return nil
	}
	if c := d.current.Load(); c != nil && c.version == version {
		return c
	}
	made := &derived[T]{version: version}
	made.value, made.err = d.from(d.secret)
	if d.secret.Version() == version { // Else it may have expired meanwhile, which says nothing of this version once it is renewed.
		d.current.Store(made)
	}
	return made
}

// Get returns the value. It reports false if there is none that is valid now.
func (d *Derived[T]) Get() (value T, valid bool) {
	if c := d.look(); c != nil && c.err == nil {
		return c.value, true
	}
	return value, false
}

// Expires returns when the value expires, zero if it does not.
func (d *Derived[T]) Expires() time.Time { return d.secret.Expires() }

// Ready reports whether there is nothing to wait for.
func (d *Derived[T]) Ready(environment plugins.Environment) bool {
	if !d.secret.Ready() {
		return false
	}
	d.tell(environment)
	return true
}

// Await calls done when the secret is there, or when it is known that it is not.
func (d *Derived[T]) Await(environment plugins.Environment, done func(error)) (stop func()) {
	return d.secret.Await(func(err error) {
		if err == nil {
			d.tell(environment)
		}
		done(err)
	})
}

// tell tells the log of a secret of which nothing can be made.
func (d *Derived[T]) tell(environment plugins.Environment) {
	c := d.look()
	switch {
	case c == nil:
	case c.err == nil:
		d.told.Forget()
	default:
		if _, due := d.told.Due(c.err.Error()); due {
			environment.Warn(fmt.Sprintf("funcroute: %s cannot be used: %v", d.subject, c.err))
		}
	}
}

// Rejected has the secret read anew.
func (d *Derived[T]) Rejected(plugins.Environment) { d.secret.Rejected() }

// Retrieve returns the value, once the secret is there.
func (d *Derived[T]) Retrieve(ctx context.Context) (value T, err error) {
	done := make(chan error, 1)
	stop := d.secret.Await(func(err error) { done <- err })
	defer stop()
	select {
	case <-ctx.Done():
		return value, errors.New("no answer yet")
	case err := <-done:
		if err != nil {
			return value, fmt.Errorf("%s cannot be had", d.secret)
		}
	}
	c := d.look()
	switch {
	case c == nil:
		return value, errors.New("they have expired")
	case c.err != nil:
		return value, c.err
	}
	return c.value, nil
}
