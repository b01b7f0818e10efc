package documents

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// Part is a part of a document, such as an operation, that is only prepared when it is used: what is wrong with it harms no other, and
// a large document of which little is used costs little. It is safe for concurrent use.
type Part interface {
	// Ready reports whether it is prepared, or cannot be.
	Ready() bool
	// Prepare prepares it, and notes that it is used. It may take its time.
	Prepare()
}

// Lazy is a value that is made when it is first needed, or the reason why it cannot be: what a [Part] consists of.
type Lazy[V any] struct {
	once  sync.Once
	done  atomic.Bool // value and err are known
	used  atomic.Bool
	value V
	err   error
}

// Ready reports whether the value has been made, or could not be.
func (l *Lazy[V]) Ready() bool { return l.done.Load() }

// Use notes that the value is used, so that a new version of the document has it made beforehand.
func (l *Lazy[V]) Use() { l.used.Store(true) }

// Used reports whether Use was called.
func (l *Lazy[V]) Used() bool { return l.used.Load() }

// Get returns the value. It is made when Get is first called; all who call it meanwhile wait. A panic is an error.
func (l *Lazy[V]) Get(prepare func() (V, error)) (V, error) {
	l.once.Do(func() {
		defer l.done.Store(true)
		defer func() {
			if value := recover(); value != nil {
				l.err = fmt.Errorf("it cannot be understood: %v", value)
			}
		}()
		l.value, l.err = prepare()
	})
	return l.value, l.err
}

// Fail says that the value cannot be made, unless it has been.
func (l *Lazy[V]) Fail(err error) {
	_, _ = l.Get(func() (V, error) {
		var none V
		return none, err
	})
}
