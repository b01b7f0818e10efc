package secrets

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/funcroute/funcroute/plugins"
	"github.com/funcroute/funcroute/plugins/kit/keep"
	"github.com/funcroute/funcroute/reminder"
)

// source reads one secret of a store. It is called by one goroutine at a time, but for calls that have not heeded their deadline.
type source interface {
	// fetch returns the secret and for how long it is good. It may block until the context ends. The error is for operators, names the link
	// that failed, and holds nothing secret.
	fetch(context.Context) (keep.Found[*content], error)
	// rejected tells that the secret that was fetched last is refused, so that a fetch must not hold on to it.
	rejected()
}

// kept is a secret of a store, which all references share that differ in their key alone.
type kept struct {
	value    *keep.Value[*content]
	source   source
	versions atomic.Uint64
	// environment is that of who has opened it last.
	environment atomic.Pointer[plugins.Environment]
	// told keeps what is wrong with it from filling the log.
	told reminder.Reminder
}

func (k *kept) log() plugins.Environment { return *k.environment.Load() }

// newKept returns a secret that is fetched from a source, as the log knows it by its name.
func newKept(from source, name string, maxStale time.Duration, of counters) *kept {
	k := &kept{source: from}
	k.value = keep.New(keep.Options[*content]{
		Fetch:            k.fetch,
		Same:             sameContent,
		Subject:          "secret " + name,
		Unavailable:      func() error { return plugins.SecretUnavailable(errors.New("secret " + name + " cannot be had")) },
		Refreshed:        of.refreshed,
		Failed:           of.failed,
		MaxStale:         maxStale,
		WaitWhenRejected: true,
	})
	return k
}

func (k *kept) fetch(ctx context.Context) (keep.Found[*content], error) {
	ctx, cancel := keep.InTime(ctx)
	defer cancel()
	found, err := k.source.fetch(ctx)
	if err == nil {
		numbered := *found.Value
		numbered.version = k.versions.Add(1)
		found.Value = &numbered
	}
	return found, err
}

// secret is a kept secret as a reference names it. Two of the same are equal.
type secret struct {
	*kept
	reference reference
}

var _ plugins.Secret = secret{}

func (s secret) String() string { return "secret " + s.reference.String() }

func (s secret) GoString() string { return s.String() }

func (s secret) Ready() bool { return s.value.Ready(s.log()) }

func (s secret) Await(done func(error)) (stop func()) { return s.value.Await(s.log(), done) }

func (s secret) Value() (string, error) {
	found, err := s.current()
	if err != nil {
		return "", err
	}
	text, err := found.value()
	if err != nil {
		return "", s.unfit(err)
	}
	return text, nil
}

func (s secret) Members() (map[string]string, error) {
	found, err := s.current()
	if err != nil {
		return nil, err
	}
	members, err := found.members()
	if err != nil {
		return nil, s.unfit(err)
	}
	return members, nil
}

// current returns what the reference means of the value that serves.
func (s secret) current() (*content, error) {
	whole, valid := s.value.Get()
	if !valid {
		return nil, plugins.SecretUnavailable(fmt.Errorf("%s is not there, or has expired", s))
	}
	found, err := whole.pick(s.reference.key)
	if err != nil {
		return nil, s.unfit(err)
	}
	return found, nil
}

// unfit is the error for a secret that is not what its reference or its user takes it for. The log is told of it, as it is of one that
// cannot be had.
func (s secret) unfit(why error) error {
	if _, due := s.told.Due(s.reference.key + "\n" + why.Error()); due {
		s.log().Warn(fmt.Sprintf("funcroute: %s cannot be used: %v", s, why))
	}
	return plugins.SecretUnavailable(fmt.Errorf("%s: %w", s, why))
}

func (s secret) Version() uint64 {
	if found, valid := s.value.Get(); valid {
		return found.version
	}
	return 0
}

func (s secret) Expires() time.Time { return s.value.Expires() }

func (s secret) Rejected() {
	s.source.rejected()
	s.value.Rejected(s.log())
}

// picked is what a reference means of a kept secret, for a store that needs it itself.
type picked struct {
	*kept
	reference reference
}

func (p *picked) String() string { return "secret " + p.reference.String() }

// text returns the secret. With refused it is read anew first. The error is for operators.
func (p *picked) text(ctx context.Context, refused bool) (string, error) {
	if refused {
		p.source.rejected()
		p.value.Rejected(keep.Silent{})
	}
	whole, err := p.value.Retrieve(ctx)
	if err != nil {
		return "", fmt.Errorf("%s cannot be had: %w", p, err)
	}
	found, err := whole.pick(p.reference.key)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p, err)
	}
	text, err := found.value()
	if err != nil {
		return "", fmt.Errorf("%s: %w", p, err)
	}
	return text, nil
}
